"""The axis of a panel: its ends and ticks, and the constant prediction on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalkit.report.printed import amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.report.terms import Term

MARGIN = 0.06
FARTHEST = 2.0
"""The baseline is drawn if the axis becomes at most this many times as long."""


@dataclass(frozen=True)
class Tick:
    """A tick of an axis: its label, and its place in percent of the axis."""

    label: str
    place: float


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high` in the unit of the metric, with its ticks."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def place(self, value: float) -> float:
        """Return the place of a value in percent of the axis."""
        return round(100 * (value - self.low) / (self.high - self.low), 2)


@dataclass(frozen=True)
class Baseline:
    """The constant prediction on an axis: a line, or only its value if it is too far away.

    `side` is where its label stands: ``"start"``, ``"middle"`` or ``"end"`` of the text.
    """

    label: str
    place: float | None
    side: str

    @property
    def x(self) -> float:
        """The place of the label in percent of the axis."""
        return {"start": 0.0, "end": 100.0}[self.side] if self.place is None else self.place


def axis_of(bounds: Sequence[float], baseline: float | None, term: Term, most: int) -> Axis:
    """Return an axis that holds all bounds, and the baseline if it is not far away."""
    low, high = min(bounds, default=0.0), max(bounds, default=1.0)
    if high == low:
        low, high = low - 0.01, high + 0.01
    if baseline is not None:
        ends = min(low, baseline), max(high, baseline)
        if ends[1] - ends[0] <= FARTHEST * (high - low):
            low, high = ends
    margin = MARGIN * (high - low)
    low, high = low - margin, high + margin
    if term.unit == "percent":
        low, high = max(low, 0.0), min(high, 1.0)
    scale = 100 if term.unit == "percent" else 1
    step = _step(scale * (high - low), most)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(scale * low / step - 1e-9), math.floor(scale * high / step + 1e-9)
    bare = Axis(low, high, ())
    ticks = tuple(
        Tick(f"{i * step:.{decimals}f}".replace("-", "−"), bare.place(i * step / scale))
        for i in range(first, last + 1)
    )
    return replace(bare, ticks=ticks)


def _step(length: float, most: int) -> float:
    """Return the least step of 1, 2 or 5 times a power of ten that needs at most `most` ticks.

    >>> _step(13.0, 5), _step(0.4, 3)
    (5.0, 0.2)
    """
    power: float = 10.0 ** math.floor(math.log10(length / most))
    return next(step * power for step in (1, 2, 5, 10) if length / (step * power) <= most)


def baseline_on(
    baseline: float | None, axis: Axis, term: Term, decimals: int | None
) -> Baseline | None:
    """Return the constant prediction as an axis shows it; None where it is undefined."""
    if baseline is None:
        return None
    name = "cheapest class" if term.unit == "cost" else "majority class"
    text = f"{name} {amount(baseline, term.unit, decimals=decimals)}"
    place = axis.place(baseline)
    if place < 0:
        return Baseline(f"← {text}", None, "start")
    if place > 100:
        return Baseline(f"{text} →", None, "end")
    side = "start" if place < 30 else "end" if place > 70 else "middle"
    return Baseline(text, place, side)
