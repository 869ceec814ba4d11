"""Every speed that is claimed of the metrics, in one run: ``python -m benchmarks``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import counting, ranking
from benchmarks.timing import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.timing import Row


def measure() -> Iterator[Row]:
    """Yield the rows of every benchmark."""
    yield from counting.measure()
    yield from ranking.measure()


if __name__ == "__main__":
    run(measure, "Every speed that is claimed of the metrics.")
