"""An epoch of training, as ratios measured side by side in one run.

Every contestant trains on the same rows with the same batch size, in turns, so that
whatever else the machine does falls on all of them alike; each time is the best of the
rounds. The floor is the matrix products of the step alone, on batches that are already
there. Inputs are random unless a data set is named; timing does not depend on them.

    python benchmarks/training.py [--data cifar10:DIR] [--rounds 5] [--threads 2] [--json FILE]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from evalkit.training.learner import Learner, MakeLearner

NETWORKS = ((128,), (512, 256))
BATCH = 128
RATE = 0.1
CLASSES = 10


def main() -> None:
    """Measure, print a table a network, and write the numbers as JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", help="a data set's spec; random pixels of CIFAR-10's size if absent"
    )
    parser.add_argument("--rows", type=int, default=50_000, help="rows of an epoch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    options = parser.parse_args()
    # BLAS libraries read these when they are loaded, so nothing heavy is imported before.
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[variable] = str(options.threads)

    X, y = load_rows(options.data, options.rows)
    results = []
    for hidden in NETWORKS:
        best = best_seconds(contestants(X, y, hidden), options.rounds)
        result = ratios(best)
        results.append({"hidden": hidden, "rows": len(X), "threads": options.threads, **result})
        print_table(hidden, result)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


def load_rows(spec: str | None, rows: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return training inputs and codes: of a data set, or random."""
    import numpy as np

    if spec is None:
        generator = np.random.default_rng(0)
        X = generator.integers(0, 256, (rows, 3072), dtype=np.uint8)
        return X, generator.integers(0, CLASSES, rows)
    from evalkit.datasets import load_dataset

    dataset = load_dataset(spec)
    return dataset.X_train[:rows], dataset.y_train[:rows].astype(np.int64)


def contestants(
    X: NDArray[np.uint8], y: NDArray[np.int64], hidden: tuple[int, ...]
) -> dict[str, Callable[[], float]]:
    """Return by name what trains one epoch and returns its seconds."""
    from evalkit.training.numpy_trainer import NumpyLearner
    from evalkit.training.torch_learner import TorchLearner

    return {
        "floor": floor(X, hidden),
        "numpy trainer": our_trainer(X, y, hidden, NumpyLearner),
        "torch trainer": our_trainer(X, y, hidden, TorchLearner),
        "plain torch loop": plain_torch_loop(X, y, hidden),
        "scikit-learn": scikit_learn(X, y, hidden),
    }


def timed(epoch: Callable[[], None]) -> Callable[[], float]:
    """Return a function that runs the epoch and returns its seconds."""

    def run() -> float:
        began = time.perf_counter()
        epoch()
        return time.perf_counter() - began

    return run


def floor(X: NDArray[np.uint8], hidden: tuple[int, ...]) -> Callable[[], float]:
    """Time the products of forward and backward, with every operand in place."""
    import numpy as np

    generator = np.random.default_rng(0)
    widths = (X.shape[1], *hidden, CLASSES)
    rows = [generator.standard_normal((BATCH, w)).astype(np.float32) for w in widths]
    weights = [
        generator.standard_normal((o, i)).astype(np.float32) for i, o in itertools.pairwise(widths)
    ]
    gradients = [np.empty_like(W) for W in weights]
    out = [np.empty_like(r) for r in rows]

    def epoch() -> None:
        for _ in range(len(X) // BATCH):
            for i, W in enumerate(weights):
                np.matmul(rows[i], W.T, out=out[i + 1])
            for i, W in reversed(list(enumerate(weights))):
                np.matmul(rows[i + 1].T, rows[i], out=gradients[i])
                if i:
                    np.matmul(rows[i + 1], W, out=out[i])

    return timed(epoch)


def our_trainer(
    X: NDArray[np.uint8],
    y: NDArray[np.int64],
    hidden: tuple[int, ...],
    make_learner: MakeLearner,
) -> Callable[[], float]:
    """Time the steps of one of evalkit's trainers, gathering and normalising included."""
    import numpy as np

    from evalkit.training.batches import BatchStream, measure_normalisation
    from evalkit.training.initialisation import initial_weights
    from evalkit.training.settings import Settings

    settings = Settings(hidden=hidden, batch_size=BATCH, learning_rate=RATE)
    architecture = settings.architecture(X.shape[1], CLASSES)
    generator = np.random.default_rng(0)
    rows = np.arange(len(X))
    stream = BatchStream(
        X, y, measure_normalisation(X, rows), batch_size=BATCH, dtype=settings.dtype
    )
    learner: Learner = make_learner(architecture, settings, None)
    learner.load(initial_weights(architecture, settings.initialisation, generator))

    def epoch() -> None:
        for batch, codes in stream.batches(generator.permutation(rows)):
            learner.step(batch, codes, RATE)

    return timed(epoch)


def plain_torch_loop(
    X: NDArray[np.uint8], y: NDArray[np.int64], hidden: tuple[int, ...]
) -> Callable[[], float]:
    """Time what one writes by hand: the data as a float tensor, indexed by a permutation."""
    import torch
    from torch import nn

    inputs = (torch.from_numpy(X).float() - 120) / 64
    targets = torch.from_numpy(y)
    widths = (X.shape[1], *hidden)
    layers: list[nn.Module] = []
    for i, o in itertools.pairwise(widths):
        layers += [nn.Linear(i, o), nn.ELU()]
    network = nn.Sequential(*layers, nn.Linear(widths[-1], CLASSES))
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    cross_entropy = nn.CrossEntropyLoss()

    def epoch() -> None:
        order = torch.randperm(len(inputs))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            optimizer.zero_grad()
            loss = cross_entropy(network(inputs[batch]), targets[batch])
            loss.backward()
            optimizer.step()

    return timed(epoch)


def scikit_learn(
    X: NDArray[np.uint8], y: NDArray[np.int64], hidden: tuple[int, ...]
) -> Callable[[], float]:
    """One epoch of ``MLPClassifier`` by plain SGD; it has no ELU, so ReLU."""
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    inputs = (X.astype(np.float32) - 120) / 64
    classifier = MLPClassifier(
        hidden, solver="sgd", momentum=0, alpha=0, batch_size=BATCH, learning_rate_init=RATE
    )

    def epoch() -> None:
        classifier.partial_fit(inputs, y, classes=np.arange(CLASSES))

    return timed(epoch)


def best_seconds(epochs: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Return each contestant's best time over rounds in which all of them take turns."""
    times: dict[str, list[float]] = {name: [] for name in epochs}
    for _ in range(rounds + 1):
        for name, epoch in epochs.items():
            times[name].append(epoch())
    return {name: min(seconds[1:]) for name, seconds in times.items()}


def ratios(best: dict[str, float]) -> dict[str, Any]:
    """Return the seconds, and the ratios that this project makes claims about."""
    ours = best["numpy trainer"]
    return {
        "seconds": best,
        "ratios": {
            "plain torch loop / numpy trainer": best["plain torch loop"] / ours,
            "scikit-learn / numpy trainer": best["scikit-learn"] / ours,
            "numpy trainer / floor": ours / best["floor"],
            "torch trainer / plain torch loop": best["torch trainer"] / best["plain torch loop"],
        },
    }


def print_table(hidden: tuple[int, ...], result: dict[str, Any]) -> None:
    """Print the seconds and the ratios of one network."""
    print("-".join(map(str, (3072, *hidden, CLASSES))))
    for name, seconds in result["seconds"].items():
        print(f"  {name:<36}{seconds:8.3f} s an epoch")
    for name, ratio in result["ratios"].items():
        print(f"  {name:<36}{ratio:8.2f}")


if __name__ == "__main__":
    main()
