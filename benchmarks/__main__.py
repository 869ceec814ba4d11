"""Run all benchmarks: ``python -m benchmarks`` or ``make bench``; each is also a script."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent
SLOW = {"validity"}
HELPERS = {"timing"}


def main() -> None:
    """Run the named benchmarks, or all except the slow ones."""
    stems = {path.stem for path in HERE.glob("[!_]*.py")} | {"validity"}
    known = sorted(stems - HELPERS)
    wanted = sys.argv[1:] or [name for name in known if name not in SLOW]
    for name in wanted:
        if name not in known:
            sys.exit(f"Unknown benchmark: {name}. Choose from {', '.join(known)}.")
    for name in wanted:
        print(f"\n=== {name}", flush=True)
        sys.argv = [name]
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")


if __name__ == "__main__":
    main()
