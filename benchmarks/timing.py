"""Time alternatives in turns, and print the ratios and claims as a table or JSON."""

from __future__ import annotations

import argparse
import json
import platform
import time
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PACKAGES = ("evalkit", "numpy", "pandas", "scikit-learn", "torch", "torchmetrics", "pyarrow")


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    work : the task.
    against : the alternative to evalkit.
    milliseconds, others : the best times of evalkit and of the alternative.
    claim : the claimed minimum of others / milliseconds, or None.
    """

    work: str
    against: str
    milliseconds: float
    others: float
    claim: float | None = None

    @property
    def ratio(self) -> float:
        """The time of the alternative divided by the time of evalkit."""
        return self.others / self.milliseconds


def best_milliseconds(
    contestants: Mapping[str, Callable[[], Any]], *, rounds: int
) -> dict[str, float]:
    """Return the best time of each contestant, run in turns so that noise affects all equally."""
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(rounds):
        for name, run in contestants.items():
            started = time.perf_counter()
            run()
            best[name] = min(best[name], 1e3 * (time.perf_counter() - started))
    return best


def compared(
    work: str,
    contestants: Mapping[str, Callable[[], Any]],
    *,
    rounds: int = 5,
    claims: Mapping[str, float] | None = None,
) -> list[Row]:
    """Return one row per contestant other than evalkit; evalkit must be one of them."""
    best = best_milliseconds(contestants, rounds=rounds)
    own = best.pop("evalkit")
    return [Row(work, name, own, other, (claims or {}).get(name)) for name, other in best.items()]


HEADING = f"{'work':<58} {'evalkit':>9} {'against':>15} {'':>9} {'ratio':>8}  claim"


def line(row: Row) -> str:
    """Return a row as text aligned with `HEADING`."""
    claim = "" if row.claim is None else f"≥ {row.claim:g}"
    missed = " missed" if row.claim is not None and row.ratio < row.claim else ""
    return (
        f"{row.work:<58} {row.milliseconds:>6.1f} ms {row.against:>15} {row.others:>6.0f} ms "
        f"{row.ratio:>7.2f}×  {claim}{missed}"
    )


def run(measure: Callable[[], Iterable[Row]], description: str) -> None:
    """Measure, print each row when it is available, and write JSON if requested."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    options = parser.parse_args()
    print(HEADING, flush=True)
    rows = []
    for row in measure():
        rows.append(row)
        print(line(row), flush=True)
    if options.json:
        record = {
            "machine": f"{platform.machine()}, {platform.system()}, Python "
            f"{platform.python_version()}",
            "versions": {name: _version(name) for name in PACKAGES},
            "rows": [{**asdict(row), "ratio": row.ratio} for row in rows],
        }
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
