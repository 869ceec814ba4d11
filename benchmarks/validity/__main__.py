"""Run the simulations and write the page of their rates.

python -m benchmarks.validity [--only NAME ...] [--draws 1000] [--json FILE] [--output PAGE]
python -m benchmarks.validity --cells FILE ... --output docs/validity.md
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks.validity.page import page
from benchmarks.validity.simulation import DRAWS, SIMULATIONS, Cell

SEED = 20
MODULES = (
    "headline",
    "single",
    "pairs",
    "resampling",
    "probabilities",
    "average_precision",
    "slices",
    "seeds",
    "gate",
    "looks",
    "planning",
)
"""Modules of simulations, in the order of the page."""


def simulated(only: list[str], draws: int) -> list[Cell]:
    """Return the cells of the named modules and simulations, such as ``gate.needed``, or of all."""
    for stem in MODULES:
        import_module(f"benchmarks.validity.{stem}")
    found: list[Cell] = []
    for each in SIMULATIONS:
        started = time.process_time()
        name = f"{each.__module__}.{each.__name__}"
        stem = each.__module__.rsplit(".", 1)[-1]
        if only and not {stem, f"{stem}.{each.__name__}"} & set(only):
            continue
        rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
        new = list(each(rng, draws))
        print(f"{name}: {len(new)} cells, {time.process_time() - started:.1f} s", flush=True)
        for cell in new:
            print(
                f"  {'FAILS ' if cell.fails else ''}{cell.kind} {cell.subject} ({cell.method}), "
                f"{cell.population}: {cell.rate:.1%} of {cell.draws}, nominal {cell.nominal:.1%}",
                flush=True,
            )
        found += new
    return found


def read(files: list[Path]) -> list[Cell]:
    """Return the cells of files; a cell replaces an earlier one of the same population."""
    cells = (Cell(**each) for file in files for each in json.loads(file.read_text("utf-8")))
    return list({(c.kind, c.subject, c.method, c.population): c for c in cells}.values())


def main() -> None:
    """Simulate or read cells, and write the requested files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[], help="modules, or MODULE.SIMULATION")
    parser.add_argument("--draws", type=int, default=DRAWS, help="data sets per cell")
    parser.add_argument("--cells", nargs="+", type=Path, help="read cells, do not simulate")
    parser.add_argument("--json", type=Path, help="where to write the cells")
    parser.add_argument("--output", type=Path, help="where to write the page, as Markdown")
    options = parser.parse_args()
    found = read(options.cells) if options.cells else simulated(options.only, options.draws)
    if options.json:
        options.json.write_text(json.dumps([asdict(cell) for cell in found], indent=1) + "\n")
    if options.output:
        options.output.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
