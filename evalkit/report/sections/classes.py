"""The classes: every metric of every class and model, with its interval, on one axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.compare.phrasing import count
from evalkit.report.printed import Printed, printed_estimate
from evalkit.report.terms import Term, term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.compare.results import Estimate
    from evalkit.report.subject import ShownModel, Subject

DRAWN = "recall"


@dataclass(frozen=True)
class Whisker:
    """A dot with whiskers as positions on the axis, in percent of its length."""

    value: float
    low: float
    width: float


@dataclass(frozen=True)
class ClassLine:
    """One model on one class."""

    model: ShownModel
    figures: tuple[Printed, ...]
    whisker: Whisker | None


@dataclass(frozen=True)
class ClassRow:
    """One class; `position` is its place in the declared order."""

    position: int
    name: str
    support: str
    lines: tuple[ClassLine, ...]

    @property
    def anchor(self) -> str:
        """The id that a deep link names."""
        return f"class-{self.position}"


@dataclass(frozen=True)
class Tick:
    """A mark on the axis: its label and its place in percent of the length."""

    label: str
    place: float


@dataclass(frozen=True)
class Classes:
    """The section's content."""

    terms: tuple[Term, ...]
    drawn: Term
    models: tuple[ShownModel, ...]
    rows: tuple[ClassRow, ...]
    ticks: tuple[Tick, ...]
    axis_low: float
    note: str


def collect(subject: Subject) -> Classes:
    """Return the section: a row a class, a line a model."""
    comparison = subject.comparison
    terms = tuple(term(key) for key in comparison.models[0].per_class)
    low = axis_low(subject)
    rows = tuple(
        ClassRow(
            position=k,
            name=name,
            support=count(comparison.support[k]),
            lines=tuple(
                ClassLine(
                    model=shown,
                    figures=tuple(
                        printed_estimate(
                            model.per_class[metric.key][k],
                            metric.unit,
                            leads=_leads(subject, shown.position, metric.key, k),
                        )
                        for metric in terms
                    ),
                    whisker=_whisker(model.per_class[DRAWN][k], low),
                )
                for shown, model in zip(subject.models, comparison.models, strict=True)
            ),
        )
        for k, name in enumerate(subject.classes)
    )
    return Classes(
        terms=terms,
        drawn=term(DRAWN),
        models=subject.models,
        rows=rows,
        ticks=tuple(_ticks(low)),
        axis_low=low,
        note=_note(subject, rows),
    )


def axis_low(subject: Subject) -> float:
    """Return where the axis begins: at zero, or higher where nothing lies below."""
    lows = [
        estimate.value if estimate.low is None else estimate.low
        for model in subject.comparison.models
        for estimates in model.per_class.values()
        for estimate in estimates
        if estimate.value is not None
    ]
    lowest = min(lows, default=0.0)
    return max((step for step in (0.0, 0.5, 0.8, 0.9) if step <= lowest), default=0.0)


def _leads(subject: Subject, position: int, key: str, k: int) -> bool:
    own = [pair for pair in subject.comparison.pairs if position in (pair.first, pair.second)]
    differences = [(pair, pair.per_class[key][k]) for pair in own]
    return bool(own) and all(
        difference.significant
        and difference.value is not None
        and (difference.value > 0) == (pair.second == position)
        for pair, difference in differences
    )


def _whisker(estimate: Estimate, axis: float) -> Whisker | None:
    if estimate.value is None:
        return None
    low = estimate.value if estimate.low is None else estimate.low
    high = estimate.value if estimate.high is None else estimate.high
    scale = 100 / (1 - axis)
    return Whisker(
        value=round((estimate.value - axis) * scale, 2),
        low=round((low - axis) * scale, 2),
        width=round((high - low) * scale, 2),
    )


def _ticks(low: float) -> Iterator[Tick]:
    steps = 5 if math.isclose(low, 0.5) else 4
    for step in range(steps + 1):
        value = low + (1 - low) * step / steps
        yield Tick(f"{100 * value:g}" if low < 0.9 else f"{100 * value:.1f}".removesuffix(".0"), 100 * step / steps)


def _note(subject: Subject, rows: tuple[ClassRow, ...]) -> str:
    note = f"Small print beside each value: {subject.confidence} interval; the whiskers are the same."
    if len(subject.models) < 2:
        return note
    if any(figure.leads for row in rows for line in row.lines for figure in line.figures):
        return (
            f"{note} Bold: ahead of every other model in that class, significant at "
            f"{subject.alpha} after Holm's correction over the classes."
        )
    return (
        f"{note} No value is bold, because no class shows a difference that is significant at "
        f"{subject.alpha} after Holm's correction over the classes."
    )
