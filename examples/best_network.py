"""Train the best multilayer perceptron found for CIFAR-10, without convolutions or extra data.

python examples/best_network.py cifar10:DIR
"""

from __future__ import annotations

import argparse
from pathlib import Path

from evalkit.cli import main as evalkit

SETTINGS = (
    "--hidden 1024,512 --activation relu --batch-norm --dropout 0.4 --optimizer adam --lr 0.001 "
    "--schedule one_cycle --validation 0.02"
)


def main() -> None:
    """Train the network and write its report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", help="the data set, as in cifar10:DIR")
    parser.add_argument("--output", type=Path, default=Path("best-network"))
    parser.add_argument("--backend", choices=["numpy", "torch"], default="torch")
    parser.add_argument("--epochs", type=int, default=36)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    model = options.output / ("best.pkl" if options.backend == "numpy" else "best.pt")
    training = [*SETTINGS.split(), "--epochs", str(options.epochs), "--data", options.data]
    evalkit(["train", options.backend, *training, "--output", str(model)])
    evalkit(["report", str(model), "--output", str(options.output / "report.html")])


if __name__ == "__main__":
    main()
