"""Run the simulations and write the page of their rates.

python -m benchmarks.validity [--only MODULE ...] [--draws 1000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import pkgutil
import time
import zlib
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks import validity
from benchmarks.validity.simulation import DRAWS, SIMULATIONS, Cell

SEED = 20
NOT_SIMULATIONS = {"__main__", "simulation", "methods"}


def cells(only: list[str], draws: int) -> list[Cell]:
    """Return the cells of the simulations of the named modules, or of all."""
    stems = [m.name for m in pkgutil.iter_modules(validity.__path__)]
    for stem in stems:
        if stem not in NOT_SIMULATIONS and (not only or stem in only):
            import_module(f"benchmarks.validity.{stem}")
    found: list[Cell] = []
    for each in SIMULATIONS:
        started = time.perf_counter()
        name = f"{each.__module__}.{each.__name__}"
        rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
        new = list(each(rng, draws))
        print(f"{name}: {len(new)} cells, {time.perf_counter() - started:.1f} s", flush=True)
        for cell in new:
            print(
                f"  {'FAILS ' if cell.fails else ''}{cell.kind} {cell.subject} ({cell.method}), "
                f"{cell.population}: {cell.rate:.1%} of {cell.draws}, nominal {cell.nominal:.1%}",
                flush=True,
            )
        found += new
    return found


def main() -> None:
    """Simulate, print each cell, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="modules of this folder")
    parser.add_argument("--draws", type=int, default=DRAWS, help="data sets per cell")
    parser.add_argument("--json", type=Path, help="where to write the cells")
    options = parser.parse_args()
    found = cells(options.only, options.draws)
    if options.json:
        options.json.write_text(json.dumps([asdict(cell) for cell in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
