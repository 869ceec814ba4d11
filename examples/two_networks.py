"""Compare a wide and a deep network with about the same number of parameters over several seeds.

python examples/two_networks.py cifar10:DIR
"""

from __future__ import annotations

import argparse
from pathlib import Path

from evalkit import load_dataset
from evalkit.cli import main as evalkit
from evalkit.training.architecture import Architecture
from evalkit.training.sizes import match_parameters, parameter_count

WIDE = (512, 256)
DEEP_FIRST, DEEP_REST = 512, 120


def main() -> None:
    """Train both networks with each seed, and write a report of the two groups."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", help="the data set, as in cifar10:DIR")
    parser.add_argument("--output", type=Path, default=Path("two-networks"))
    parser.add_argument("--backend", choices=["numpy", "torch"], default="numpy")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--lr", type=float, default=0.05, help="0.1 makes the deep one diverge")
    options = parser.parse_args()

    dataset = load_dataset(options.data)
    inputs, outputs = dataset.X_train.shape[1], len(dataset.classes)
    wide = Architecture(inputs, WIDE, outputs)
    deep = match_parameters(
        parameter_count(wide),
        lambda n: Architecture(inputs, (DEEP_FIRST, *[DEEP_REST] * n), outputs),
    )
    suffix = "pkl" if options.backend == "numpy" else "pt"
    groups = []
    for name, network in (("wide", wide), ("deep", deep)):
        print(
            f"{name}: {'–'.join(map(str, network.widths))}, {parameter_count(network):,} parameters"
        )
        folder = options.output / name
        shape = ",".join(map(str, network.hidden))
        training = ["--data", options.data, "--hidden", shape, "--epochs", str(options.epochs)]
        training += ["--lr", str(options.lr), "--output", str(folder)]
        seeds = ["--seeds", *map(str, options.seeds)]
        evalkit(["train", options.backend, *training, *seeds])
        groups += ["--group", f"{name}={folder}/*.{suffix}"]
    evalkit(["report", *groups, "--output", str(options.output / "report.html")])


if __name__ == "__main__":
    main()
