"""Section of the classes: metrics of each class and model with intervals, on one axis.

Of many classes the page holds the rows of those with the lowest recall; scripts add the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.phrasing import count
from evalkit.report.names import shortened, visible
from evalkit.report.printed import Printed, printed_estimate
from evalkit.report.terms import Term, term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.report.subject import ShownModel, Subject
    from evalkit.statistics.estimates import Estimate

DRAWN = "recall"
MOST_ROWS = 50
"""Beyond this many classes only those with the lowest recall stand in the page."""
LONGEST_UNCUT = 14
LONGEST_TITLE = 300
SLACK = 0.002
"""Intervals may end this far beyond the axis, which is less than a pixel."""


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high` with `steps` equal steps between ticks."""

    low: float
    high: float
    steps: int


AXES = (
    Axis(0.95, 1.0, 5),
    Axis(0.9, 1.0, 5),
    Axis(0.0, 0.2, 4),
    Axis(0.4, 0.6, 4),
    Axis(0.8, 1.0, 4),
    Axis(0.3, 0.6, 3),
    Axis(0.6, 0.9, 3),
    Axis(0.0, 0.4, 4),
    Axis(0.2, 0.6, 4),
    Axis(0.4, 0.8, 4),
    Axis(0.6, 1.0, 4),
    Axis(0.0, 0.6, 3),
    Axis(0.2, 0.8, 3),
    Axis(0.4, 1.0, 3),
    Axis(0.0, 0.8, 4),
    Axis(0.2, 1.0, 4),
    Axis(0.0, 1.0, 4),
)
"""From the narrowest to the widest."""


@dataclass(frozen=True)
class Whisker:
    """The positions of a dot and its whiskers, in percent of the axis."""

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
    """One class; `position` is its index in the declared order."""

    position: int
    name: str
    full_name: str
    support: str
    lines: tuple[ClassLine, ...]

    @property
    def anchor(self) -> str:
        """The id for links to the class."""
        return f"class-{self.position}"


@dataclass(frozen=True)
class Tick:
    """A tick of the axis: its label and its position in percent."""

    label: str
    place: float


@dataclass(frozen=True)
class Classes:
    """The content of the section."""

    terms: tuple[Term, ...]
    drawn: Term
    models: tuple[ShownModel, ...]
    rows: tuple[ClassRow, ...]
    n_classes: int
    steps: int
    ticks: tuple[Tick, ...]
    note: str


def collect(subject: Subject) -> Classes:
    """Return the section, with one row per class and one line per model."""
    comparison = subject.comparison
    terms = tuple(term(key) for key in comparison.models[0].per_class)
    axis = class_axis(subject)
    rows = tuple(
        ClassRow(
            position=k,
            name=subject.classes[k],
            full_name=full_name(subject, k),
            support=count(comparison.support[k]),
            lines=tuple(
                ClassLine(
                    model=shown,
                    figures=tuple(
                        printed_estimate(
                            model.per_class[metric.key][k],
                            metric.unit,
                            leads=leads(subject, shown.position, metric.key, k),
                        )
                        for metric in terms
                    ),
                    whisker=_whisker(model.per_class[DRAWN][k], axis),
                )
                for shown, model in zip(subject.models, comparison.models, strict=True)
            ),
        )
        for k in listed_classes(subject)
    )
    return Classes(
        terms=terms,
        drawn=term(DRAWN),
        models=subject.models,
        rows=rows,
        n_classes=subject.n_classes,
        steps=axis.steps,
        ticks=tuple(_ticks(axis)),
        note=_note(subject, rows),
    )


def listed_classes(subject: Subject) -> list[int]:
    """Return the classes with a row in the page: all in their order, or the lowest recalls first.

    The recall is the mean over the models; classes without samples come last.
    """
    if subject.n_classes <= MOST_ROWS:
        return list(range(subject.n_classes))
    recalls = [
        [np.nan if each.value is None else each.value for each in model.per_class[DRAWN]]
        for model in subject.comparison.models
    ]
    lowest: list[int] = np.argsort(np.mean(recalls, axis=0), kind="stable")[:MOST_ROWS].tolist()
    return lowest


def full_name(subject: Subject, k: int) -> str:
    """Return the name of a class in full, up to `LONGEST_TITLE` characters; empty if it is short.

    The name in the table may be cut to the width of its column.
    """
    name = visible(subject.comparison.classes[k])
    return shortened(name, LONGEST_TITLE) if len(name) > LONGEST_UNCUT else ""


def class_axis(subject: Subject) -> Axis:
    """Return the narrowest axis with round ends that holds all intervals."""
    reached = [
        bound
        for model in subject.comparison.models
        for estimates in model.per_class.values()
        for estimate in estimates
        for bound in (estimate.low, estimate.value, estimate.high)
        if bound is not None
    ]
    lowest, highest = min(reached, default=0.0), max(reached, default=1.0)
    return next(
        axis for axis in AXES if axis.low <= lowest + SLACK and highest <= axis.high + SLACK
    )


def leads(subject: Subject, position: int, key: str, k: int) -> bool:
    """Return whether a model is significantly better than every other in a class."""
    own = [pair for pair in subject.comparison.pairs if position in (pair.first, pair.second)]
    differences = [(pair, pair.per_class[key][k]) for pair in own]
    return bool(own) and all(
        difference.significant
        and difference.value is not None
        and (difference.value > 0) == (pair.second == position)
        for pair, difference in differences
    )


def _whisker(estimate: Estimate, axis: Axis) -> Whisker | None:
    if estimate.value is None:
        return None
    low = estimate.value if estimate.low is None else estimate.low
    high = estimate.value if estimate.high is None else estimate.high
    scale = 100 / (axis.high - axis.low)
    return Whisker(
        value=round((estimate.value - axis.low) * scale, 2),
        low=round((low - axis.low) * scale, 2),
        width=round((high - low) * scale, 2),
    )


def _ticks(axis: Axis) -> Iterator[Tick]:
    for step in range(axis.steps + 1):
        value = axis.low + (axis.high - axis.low) * step / axis.steps
        yield Tick(f"{100 * value:g}", round(100 * step / axis.steps, 2))


def _note(subject: Subject, rows: tuple[ClassRow, ...]) -> str:
    note = (
        f"Small print beside each value: {subject.confidence} interval; the whiskers are the same."
    )
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
