"""Charts of metrics over runs, as the coordinates of SVG elements."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from evalkit.history.metrics import label
from evalkit.report.palette import MARKS
from evalkit.report.printed import amount
from evalkit.report.ticks import nice_ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalkit.history.series import History, Series

LEFT, RIGHT, TOP, BOTTOM = 64.0, 40.0, 12.0, 54.0
CHARACTER = 7.0
"""The width of a character of a label in units of the chart."""
LONGEST_LABEL = 14
MOST_BANDS = 4
"""The bands of more models hide each other and the lines."""
RUNS = "Run (results file), in the order given"
DATES = "Date in the name of the results file"
POLYGONS = {
    "square": "-0.85,-0.85 0.85,-0.85 0.85,0.85 -0.85,0.85",
    "diamond": "0,-1.2 1.2,0 0,1.2 -1.2,0",
    "triangle": "0,-1.1 1.1,0.9 -1.1,0.9",
    "wedge": "-1.1,-0.9 1.1,-0.9 0,1.1",
    "plus": "-0.4,-1.2 0.4,-1.2 0.4,-0.4 1.2,-0.4 1.2,0.4 0.4,0.4 0.4,1.2 -0.4,1.2 -0.4,0.4"
    " -1.2,0.4 -1.2,-0.4 -0.4,-0.4",
    "cross": "-1.1,-0.6 -0.6,-1.1 0,-0.5 0.6,-1.1 1.1,-0.6 0.5,0 1.1,0.6 0.6,1.1 0,0.5 -0.6,1.1"
    " -1.1,0.6 -0.5,0",
    "star": "0,-1.3 0.31,-0.43 1.24,-0.4 0.5,0.16 0.76,1.05 0,0.53 -0.76,1.05 -0.5,0.16"
    " -1.24,-0.4 -0.31,-0.43",
}
"""The shapes of models around the origin; a model without one is a circle."""


@dataclass(frozen=True)
class Dot:
    """One run of a model: its place, and whether the level changes there."""

    x: float
    y: float
    is_change: bool


@dataclass(frozen=True)
class Line:
    """Consecutive runs of one model: the SVG points of the line and of the band around it.

    `shape` has the points of the model's mark around the origin, or is empty for a circle. `band`
    is empty where there are too many models.
    """

    css: str
    colour: str
    shape: str
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
    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def chart(
    history: History,
    metric: str,
    runs: Sequence[str],
    width: float = 1040.0,
    height: float = 320.0,
) -> Chart:
    """Return the chart of a metric.

    Parameters
    ----------
    history : of the metric.
    metric : one of its metrics.
    runs : the names of the runs as shown.
    width, height : the size in its own units; text is 12 units high.
    """
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
    days = dates(runs)
    places = places_of(runs if days is None else days)
    xs = [round(LEFT + (width - LEFT - RIGHT) * place, 1) for place in places]

    def y(value: float) -> float:
        share = (value - low) / (high - low)
        return round(height - BOTTOM - share * (height - TOP - BOTTOM), 1)

    named = label(metric)
    return Chart(
        width=width,
        height=height,
        left=LEFT,
        right=width - RIGHT,
        top=TOP,
        bottom=height - BOTTOM,
        x_title=RUNS if days is None else DATES,
        y_title=named.with_unit,
        lines=tuple(
            line
            for position, one in enumerate(series)
            for line in _lines(
                one, position % len(MARKS), xs, y, with_band=len(series) <= MOST_BANDS
            )
        ),
        x_ticks=_run_ticks(
            xs,
            runs,
            [i for one in series for i, point in enumerate(one.points) if point.change is not None],
        ),
        y_ticks=tuple(Tick(y(value), amount(value, named.unit)) for value in ticks),
    )


def dates(runs: Sequence[str]) -> list[date] | None:
    """Return the dates in ascending order that name all runs, None for other names.

    >>> dates(["2026-03-01", "2026-03-05"]), dates(["2026-03-05", "2026-03-01"]), dates(["main"])
    ([datetime.date(2026, 3, 1), datetime.date(2026, 3, 5)], None, None)
    """
    try:
        found = [date.fromisoformat(run) for run in runs]
    except ValueError:
        return None
    return found if all(one < other for one, other in pairwise(found)) else None


def places_of(runs: Sequence[str] | Sequence[date]) -> list[float]:
    """Return the place of each run on an axis from 0 to 1, by its date or in equal steps."""
    if len(runs) == 1:
        return [0.5]
    days = [run.toordinal() if isinstance(run, date) else i for i, run in enumerate(runs)]
    return [(day - days[0]) / (days[-1] - days[0]) for day in days]


def _run_ticks(
    xs: Sequence[float], names: Sequence[str], changes: Sequence[int]
) -> tuple[Tick, ...]:
    """Return ticks of the first and the last run, of changes, and of others while there is room."""
    labels = _short(names)
    halves = [CHARACTER * (len(text) + 1) / 2 for text in labels]
    shown: list[int] = []
    for i in dict.fromkeys((0, len(xs) - 1, *changes, *range(len(xs)))):
        if all(abs(xs[i] - xs[k]) >= halves[i] + halves[k] for k in shown):
            shown.append(i)
    return tuple(Tick(xs[i], labels[i]) for i in sorted(shown))


def _lines(
    one: Series,
    position: int,
    xs: Sequence[float],
    y: Callable[[float], float],
    *,
    with_band: bool,
) -> list[Line]:
    """Return one line per stretch of consecutive runs in which the metric has a value."""
    known = [i for i, point in enumerate(one.points) if point.estimate.value is not None]
    starts = [known[0]] if known else []
    starts += [after for before, after in pairwise(known) if after != before + 1]
    stretches = [
        [i for i in known if start <= i and (stop is None or i < stop)]
        for start, stop in zip(starts, [*starts[1:], None], strict=True)
    ]
    lines = [_line(one, stretch, position, xs, y) for stretch in stretches]
    return lines if with_band else [replace(line, band="") for line in lines]


def _line(
    one: Series,
    stretch: Sequence[int],
    position: int,
    xs: Sequence[float],
    y: Callable[[float], float],
) -> Line:
    line, above, below, dots = [], [], [], []
    for i in stretch:
        estimate = one.points[i].estimate
        assert estimate.value is not None
        line.append((xs[i], y(estimate.value)))
        above.append((xs[i], y(estimate.value if estimate.high is None else estimate.high)))
        below.append((xs[i], y(estimate.value if estimate.low is None else estimate.low)))
        dots.append(Dot(xs[i], y(estimate.value), one.points[i].change is not None))
    return Line(
        css=f"model-{position}",
        colour=f"--model-{position}-band",
        shape=POLYGONS.get(MARKS[position].shape, ""),
        line=_points(line),
        band=_points([*above, *reversed(below)]),
        dots=tuple(dots),
    )


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _short(names: Sequence[str]) -> list[str]:
    """Return the names without their common first words if they are long, and with their ends."""
    if max(map(len, names)) <= LONGEST_LABEL:
        return list(names)
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    words = re.match(r"(.*[\W_])?", "".join(letters[0] for letters in same) * (len(names) > 1))
    common = 0 if words is None else words.end()
    rests = [name[common:] for name in names]
    longest = LONGEST_LABEL - 1
    return [f"…{rest[-longest:]}" if common or len(rest) > longest else rest for rest in rests]
