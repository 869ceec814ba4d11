"""Compare both trainers with their default options: python examples/defaults.py cifar10:DIR."""

from __future__ import annotations

import argparse
from pathlib import Path

from evalkit.cli import main as evalkit


def main() -> None:
    """Train a network in NumPy and one in PyTorch, and write a report that compares them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="the data set, as in cifar10:DIR")
    parser.add_argument("--output", type=Path, default=Path("defaults"), help="the folder to write")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    models = {"numpy": options.output / "numpy.pkl", "torch": options.output / "torch.pt"}
    for backend, path in models.items():
        evalkit(["train", backend, "--data", options.data, "--output", str(path)])
    page = options.output / "report.html"
    evalkit(["report", "--models", *map(str, models.values()), "--output", str(page)])


if __name__ == "__main__":
    main()
