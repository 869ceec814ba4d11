"""Section of the slices: metrics on parts of the data, and the weakest slices."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from evalkit.phrasing import count, percent
from evalkit.report.names import shown_names
from evalkit.report.printed import Printed, p_text, printed_difference, printed_estimate
from evalkit.report.terms import Term, term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.records import SliceResult
    from evalkit.report.subject import ShownModel, Subject

MOST_WEAK = 10
MOST_ROWS = 200
TIMES = " × "


@dataclass(frozen=True)
class WeakSlice:
    """A slice on which a model is significantly less accurate than elsewhere."""

    name: str
    model: ShownModel
    accuracy: Printed
    from_rest: Printed
    p: str


@dataclass(frozen=True)
class SliceCell:
    """One model's accuracy on a slice."""

    accuracy: Printed
    is_weak: bool


@dataclass(frozen=True)
class SliceRow:
    """One slice: its size, the accuracy of each model, and the difference of the leading two."""

    name: str
    samples: str
    share: str
    cells: tuple[SliceCell, ...]
    difference: Printed | None
    p: str


@dataclass(frozen=True)
class MetricRow:
    """The metrics of one model on one slice."""

    name: str
    model: ShownModel
    figures: tuple[Printed, ...]


@dataclass(frozen=True)
class SliceTable:
    """The slices of one column, or of two crossed columns."""

    columns: str
    crossed: bool
    rows: tuple[SliceRow, ...]
    metrics: tuple[MetricRow, ...]
    left_out: int


@dataclass(frozen=True)
class Slices:
    """The content of the section."""

    weak: tuple[WeakSlice, ...]
    more_weak: int
    tables: tuple[SliceTable, ...]
    models: tuple[ShownModel, ...]
    terms: tuple[Term, ...]
    pair: tuple[ShownModel, ShownModel] | None
    tests: int
    is_tested: bool
    confidence: str


def collect(subject: Subject) -> Slices | None:
    """Return the section, or None where no slices were asked for."""
    found = subject.comparison.slice_results
    if not found:
        return None
    names = _names(found)
    weak = sorted(
        (
            (model.from_rest.value or 0.0, number, i)
            for number, each in enumerate(found)
            for i, model in enumerate(each.models)
            if model.is_weak
        ),
    )
    tested = sum(m.from_rest.p_value is not None for each in found for m in each.models)
    leading = subject.comparison.leading_pair if len(subject.models) > 1 else None
    terms = tuple(term(key) for key in found[0].models[0].overall)
    return Slices(
        weak=tuple(
            WeakSlice(
                name=f"{TIMES.join(shown_names(found[number].columns))}: {names[number]}",
                model=subject.models[i],
                accuracy=printed_estimate(found[number].models[i].overall["accuracy"]),
                from_rest=printed_difference(found[number].models[i].from_rest),
                p=p_text(found[number].models[i].from_rest),
            )
            for _, number, i in weak[:MOST_WEAK]
        ),
        more_weak=max(0, len(weak) - MOST_WEAK),
        tables=tuple(
            _table(subject, [(names[i], each) for i, each in own], terms)
            for _, own in groupby(enumerate(found), key=lambda item: item[1].columns)
        ),
        models=subject.models,
        terms=terms,
        pair=None
        if leading is None
        else (subject.models[leading.first], subject.models[leading.second]),
        tests=tested,
        is_tested=tested > 0,
        confidence=subject.confidence,
    )


def _names(found: Sequence[SliceResult]) -> list[str]:
    """Return the names of the slices, unique within their columns."""
    return [
        name
        for _, own in groupby(found, key=lambda each: each.columns)
        for name in shown_names([TIMES.join(each.values) for each in own])
    ]


def _table(
    subject: Subject, slices: Sequence[tuple[str, SliceResult]], terms: Sequence[Term]
) -> SliceTable:
    columns = slices[0][1].columns
    kept = slices[:MOST_ROWS]
    return SliceTable(
        columns=TIMES.join(shown_names(columns)),
        crossed=len(columns) > 1,
        rows=tuple(_row(subject, name, each) for name, each in kept),
        metrics=tuple(
            MetricRow(
                name,
                shown,
                tuple(printed_estimate(model.overall[unit.key], unit.unit) for unit in terms),
            )
            for name, each in kept
            for shown, model in zip(subject.models, each.models, strict=True)
        ),
        left_out=len(slices) - len(kept),
    )


def _row(subject: Subject, name: str, found: SliceResult) -> SliceRow:
    difference, p = None, ""
    if found.pairs:
        leading = subject.comparison.leading_pair
        (pair,) = (
            each
            for each in found.pairs
            if (each.first, each.second) == (leading.first, leading.second)
        )
        difference, p = printed_difference(pair.accuracy), p_text(pair.accuracy)
    return SliceRow(
        name=name,
        samples=count(found.n_samples),
        share=percent(found.share),
        cells=tuple(
            SliceCell(printed_estimate(model.overall["accuracy"]), model.is_weak)
            for model in found.models
        ),
        difference=difference,
        p=p,
    )
