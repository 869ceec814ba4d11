"""Compare the time of a training epoch between trainers.

All contestants train on the same rows with the same batch size, each in its own process, so that
the threads of one library do not affect another. They alternate by epoch, so that other load on
the machine affects all equally; with shorter turns, the spinning threads of a BLAS library would
slow down the next contestant. The time of an epoch is the best of all rounds. The floor is the
time of the matrix products alone. Inputs are random unless a data set is given; times do not
depend on them.

    python -m benchmarks.training [--data cifar10:DIR] [--rounds 10] [--threads 2] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    import numpy as np
    from numpy.typing import NDArray

    from evalkit.training.learner import MakeLearner

    Inputs = NDArray[np.uint8]
    Codes = NDArray[np.int64]
    Hidden = tuple[int, ...]
    Turn = Callable[[], None]

NETWORKS = ((128,), (512, 256))
ROWS, FEATURES, CLASSES = 50_000, 3072, 10
BATCH = 128
RATE = 0.1
STEPS = ROWS // BATCH


def main() -> None:
    """Measure, print one table per network, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="a data set; by default random pixels")
    parser.add_argument("--rounds", type=int, default=10, help="epochs per contestant")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    options = parser.parse_args()
    # BLAS libraries read these variables on import, in the processes of the contestants.
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[variable] = str(options.threads)

    results = []
    for hidden in NETWORKS:
        result = ratios(epoch_seconds(hidden, options.data, options.rounds))
        results.append({"hidden": hidden, "threads": options.threads, **result})
        print_table(hidden, result)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


def epoch_seconds(hidden: Hidden, spec: str | None, rounds: int) -> dict[str, float]:
    """Return the best seconds per epoch of each contestant, after one warm-up epoch."""
    context = get_context("spawn")
    connections: dict[str, Connection] = {}
    processes = []
    for name in CONTESTANTS:
        connections[name], child = context.Pipe()
        processes.append(context.Process(target=take_turns, args=(child, name, hidden, spec)))
        processes[-1].start()
    best = dict.fromkeys(CONTESTANTS, float("inf"))
    for turn in range(rounds + 1):
        for name, connection in connections.items():
            connection.send(True)
            seconds = connection.recv()
            if turn:
                best[name] = min(best[name], seconds)
    for connection, process in zip(connections.values(), processes, strict=True):
        connection.send(False)
        process.join()
    return best


def take_turns(connection: Connection, name: str, hidden: Hidden, spec: str | None) -> None:
    """Run a contestant: on each request, train one epoch and send its seconds."""
    turn = CONTESTANTS[name](*load_rows(spec), hidden)
    while connection.recv():
        started = time.perf_counter()
        turn()
        connection.send(time.perf_counter() - started)


def load_rows(spec: str | None) -> tuple[Inputs, Codes]:
    """Return the training inputs and codes of a data set, or random ones."""
    import numpy as np

    if spec is None:
        generator = np.random.default_rng(0)
        X = generator.integers(0, 256, (ROWS, FEATURES), dtype=np.uint8)
        return X, generator.integers(0, CLASSES, ROWS)
    from evalkit.datasets import load_dataset

    dataset = load_dataset(spec)
    return dataset.X_train, dataset.y_train.astype(np.int64)


def floor(X: Inputs, y: Codes, hidden: Hidden) -> Turn:  # noqa: ARG001  products need no targets
    """Return the matrix products of the forward and backward passes, with allocated operands."""
    import numpy as np

    generator = np.random.default_rng(0)
    widths = (X.shape[1], *hidden, CLASSES)
    rows = [generator.standard_normal((BATCH, w)).astype(np.float32) for w in widths]
    weights = [
        generator.standard_normal((fan_out, fan_in)).astype(np.float32)
        for fan_in, fan_out in pairwise(widths)
    ]
    gradients = [np.empty_like(W) for W in weights]
    out = [np.empty_like(r) for r in rows]

    def turn() -> None:
        for _ in range(STEPS):
            for i, W in enumerate(weights):
                np.matmul(rows[i], W.T, out=out[i + 1])
            for i, W in reversed(list(enumerate(weights))):
                np.matmul(rows[i + 1].T, rows[i], out=gradients[i])
                if i:
                    np.matmul(rows[i + 1], W, out=out[i])

    return turn


def numpy_trainer(X: Inputs, y: Codes, hidden: Hidden) -> Turn:
    """Return the steps of evalkit's NumPy trainer."""
    from evalkit.training.numpy_trainer import NumpyLearner

    return evalkit_steps(X, y, hidden, NumpyLearner)


def torch_trainer(X: Inputs, y: Codes, hidden: Hidden) -> Turn:
    """Return the steps of evalkit's PyTorch trainer."""
    from evalkit.training.torch_learner import TorchLearner

    return evalkit_steps(X, y, hidden, TorchLearner)


def evalkit_steps(X: Inputs, y: Codes, hidden: Hidden, make_learner: MakeLearner) -> Turn:
    """Return the steps of a trainer, including gathering and normalising the batches."""
    import numpy as np

    from evalkit.training.batches import BatchStream, measure_normalisation
    from evalkit.training.initialisation import initial_weights
    from evalkit.training.settings import Settings

    settings = Settings(hidden=hidden, batch_size=BATCH, learning_rate=RATE)
    architecture = settings.architecture(X.shape[1], CLASSES)
    generator = np.random.default_rng(0)
    rows = np.arange(len(X))
    normalisation = measure_normalisation(X, rows)
    stream = BatchStream(X, y, normalisation, batch_size=BATCH, dtype=settings.dtype)
    learner = make_learner(architecture, settings, None)
    learner.load(initial_weights(architecture, "he", generator))

    def turn() -> None:
        order = generator.permutation(rows)[: STEPS * BATCH]
        for batch, codes in stream.batches(order):
            learner.step(batch, codes, RATE)

    return turn


def plain_torch_loop(X: Inputs, y: Codes, hidden: Hidden) -> Turn:
    """Return a plain PyTorch loop over a float tensor, indexed by a permutation."""
    import torch
    from torch import nn

    inputs = (torch.from_numpy(X).float() - 120) / 64
    targets = torch.from_numpy(y)
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise((X.shape[1], *hidden)):
        layers += [nn.Linear(fan_in, fan_out), nn.ELU()]
    network = nn.Sequential(*layers, nn.Linear(hidden[-1], CLASSES))
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    cross_entropy = nn.CrossEntropyLoss()

    def turn() -> None:
        order = torch.randperm(len(inputs))
        for step in range(STEPS):
            batch = order[step * BATCH : (step + 1) * BATCH]
            optimizer.zero_grad()
            loss = cross_entropy(network(inputs[batch]), targets[batch])
            loss.backward()
            optimizer.step()

    return turn


def scikit_learn(X: Inputs, y: Codes, hidden: Hidden) -> Turn:
    """Return ``MLPClassifier`` with plain SGD and ReLU, since it has no ELU."""
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    inputs = (X[: STEPS * BATCH].astype(np.float32) - 120) / 64
    targets = y[: len(inputs)]
    classifier = MLPClassifier(
        hidden, solver="sgd", momentum=0, alpha=0, batch_size=BATCH, learning_rate_init=RATE
    )

    def turn() -> None:
        classifier.partial_fit(inputs, targets, classes=np.arange(CLASSES))

    return turn


CONTESTANTS: dict[str, Callable[[Inputs, Codes, Hidden], Turn]] = {
    "floor": floor,
    "numpy trainer": numpy_trainer,
    "torch trainer": torch_trainer,
    "plain torch loop": plain_torch_loop,
    "scikit-learn": scikit_learn,
}


def ratios(seconds: dict[str, float]) -> dict[str, Any]:
    """Return the seconds, and the claimed ratios."""
    own, plain = seconds["numpy trainer"], seconds["plain torch loop"]
    return {
        "seconds": seconds,
        "ratios": {
            "plain torch loop / numpy trainer": plain / own,
            "scikit-learn / numpy trainer": seconds["scikit-learn"] / own,
            "numpy trainer / floor": own / seconds["floor"],
            "torch trainer / plain torch loop": seconds["torch trainer"] / plain,
        },
    }


def print_table(hidden: Hidden, result: dict[str, Any]) -> None:
    """Print the seconds and the ratios of one network."""
    print("-".join(map(str, (FEATURES, *hidden, CLASSES))))
    for name, seconds in result["seconds"].items():
        print(f"  {name:<36}{seconds:8.3f} s per epoch")
    for name, ratio in result["ratios"].items():
        print(f"  {name:<36}{ratio:8.2f}")


if __name__ == "__main__":
    main()
