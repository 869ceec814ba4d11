"""Charts of metrics over runs, as the coordinates of SVG elements."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from evalkit.report.palette import MARKS
from evalkit.report.printed import amount
from evalkit.report.terms import term
from evalkit.report.ticks import nice_ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalkit.history.series import History, Series

WIDTH, HEIGHT = 720.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 12.0, 34.0
MOST_LABELS = 8
LONGEST_LABEL = 14


@dataclass(frozen=True)
class Dot:
    """One run of a model: its place, and whether the level changes there."""

    x: float
    y: float
    is_change: bool


@dataclass(frozen=True)
class Line:
    """Consecutive runs of one model: the SVG points of the line and of the band around it."""

    css: str
    colour: str
    line: str
    band: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Tick:
    """A tick of an axis and its label."""

    place: float
    label: str


@dataclass(frozen=True)
class Chart:
    """One metric of all models over the runs."""

    width: float
    height: float
    left: float
    right: float
    bottom: float
    top: float
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def chart(history: History, metric: str, runs: Sequence[str]) -> Chart:
    """Return the chart of a metric; `runs` are the names of the runs as shown."""
    series = history.of_metric(metric)
    ends = [
        end
        for one in series
        for point in one.points
        for end in (point.estimate.low, point.estimate.value, point.estimate.high)
        if end is not None
    ]
    ticks = nice_ticks(min(ends, default=0.0), max(ends, default=1.0))
    low, high = ticks[0], ticks[-1]
    across = (WIDTH - LEFT - RIGHT) / max(1, len(runs) - 1)

    def x(run: int) -> float:
        return round(LEFT + across * run if len(runs) > 1 else (WIDTH + LEFT - RIGHT) / 2, 1)

    def y(value: float) -> float:
        share = (value - low) / (high - low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    unit = term(metric).unit
    every = math.ceil(len(runs) / MOST_LABELS)
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        lines=tuple(
            line
            for position, one in enumerate(series)
            for line in _lines(one, position % len(MARKS), x, y)
        ),
        x_ticks=tuple(Tick(x(i), _short(runs[i])) for i in range(0, len(runs), every)),
        y_ticks=tuple(Tick(y(value), amount(value, unit)) for value in ticks),
    )


def _lines(
    one: Series, colour: int, x: Callable[[int], float], y: Callable[[float], float]
) -> list[Line]:
    """Return one line per stretch of consecutive runs in which the metric has a value."""
    known = [i for i, point in enumerate(one.points) if point.estimate.value is not None]
    starts = [known[0]] if known else []
    starts += [after for before, after in pairwise(known) if after != before + 1]
    stretches = [
        [i for i in known if start <= i and (stop is None or i < stop)]
        for start, stop in zip(starts, [*starts[1:], None], strict=True)
    ]
    return [_line(one, stretch, colour, x, y) for stretch in stretches]


def _line(
    one: Series,
    stretch: Sequence[int],
    colour: int,
    x: Callable[[int], float],
    y: Callable[[float], float],
) -> Line:
    line, above, below, dots = [], [], [], []
    for i in stretch:
        estimate = one.points[i].estimate
        assert estimate.value is not None
        line.append((x(i), y(estimate.value)))
        above.append((x(i), y(estimate.value if estimate.high is None else estimate.high)))
        below.append((x(i), y(estimate.value if estimate.low is None else estimate.low)))
        dots.append(Dot(x(i), y(estimate.value), one.points[i].change is not None))
    return Line(
        css=f"model-{colour}",
        colour=f"--model-{colour}-band",
        line=_points(line),
        band=_points([*above, *reversed(below)]),
        dots=tuple(dots),
    )


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1]}…"
