"""Section of the slices: metrics on parts of the data, and the weakest slices."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from evalkit.phrasing import count, percent
from evalkit.report.names import shown_names
from evalkit.report.p_values import common_p, p_number
from evalkit.report.printed import Printed, amount, printed_difference, printed_estimate
from evalkit.report.terms import Term, term
from evalkit.report.ticks import nice_ticks
from evalkit.statistics.estimates import Difference, Estimate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import SliceModel, SliceResult, SliceSearch
    from evalkit.narrative.wording import Unit
    from evalkit.predictions import Sampling
    from evalkit.report.subject import ShownModel, Subject

MOST_WEAK = 10
MOST_ROWS = 200
MOST_OPEN = 12
TIMES = " × "
METRICS: dict[str, tuple[str, Unit]] = {
    "recall": ("Recall", "percent"),
    "false_positive_rate": ("False positive rate", "percent"),
    "precision": ("Precision", "percent"),
    "log_loss": ("Log loss", "nats"),
    "cost": ("Expected cost", "coefficient"),
    "equal_opportunity": ("Equal opportunity", "percent"),
    "equalized_odds": ("Equalized odds", "percent"),
    "selection_rate": ("Selection rate", "percent"),
}


@dataclass(frozen=True)
class WeakSlice:
    """A slice on which a model is significantly less accurate than elsewhere."""

    name: str
    model: ShownModel
    accuracy: Printed
    adjusted: Printed
    from_rest: Printed
    p: str


@dataclass(frozen=True)
class WeakMetric:
    """A slice on which another metric of a model is significantly worse than elsewhere."""

    name: str
    model: ShownModel
    metric: str
    of_class: str
    value: str
    trials: str
    from_rest: Printed
    p: str


@dataclass(frozen=True)
class GapRow:
    """The largest difference of a rate between two values of a column."""

    column: str
    model: ShownModel
    metric: str
    of_class: str
    lowest: str
    highest: str
    difference: Printed
    p: str


@dataclass(frozen=True)
class SliceCell:
    """One model's accuracy on a slice; its place and those of its limits in percent of the axis."""

    model: ShownModel
    accuracy: Printed
    is_weak: bool
    place: float | None
    low: float | None
    width: float | None


@dataclass(frozen=True)
class Tick:
    """A tick of the axis of accuracy: its label and its place in percent."""

    label: str
    place: float


@dataclass(frozen=True)
class SliceRow:
    """One slice: its size, the accuracy of each model, and the difference of two of them.

    `needed` is the number of samples that a test needs, or empty where there are enough.
    """

    name: str
    samples: str
    share: str
    needed: str
    cells: tuple[SliceCell, ...]
    difference: Printed | None
    p: str
    reason: str


@dataclass(frozen=True)
class MetricRow:
    """The metrics of one model on one slice."""

    name: str
    model: ShownModel
    figures: tuple[Printed, ...]


@dataclass(frozen=True)
class SliceTable:
    """The slices of one column, or of two crossed columns.

    `too_small` is how many samples a test needs if no slice has as many, else empty; `common_p` is
    what the p-values of all slices are if they are equal; `reasons` say why a cell is empty.
    """

    columns: str
    crossed: bool
    ticks: tuple[Tick, ...]
    rows: tuple[SliceRow, ...]
    too_small: str
    common_p: str
    reasons: tuple[str, ...]
    metrics: tuple[MetricRow, ...]
    left_out: int


@dataclass(frozen=True)
class Slices:
    """The content of the section."""

    weak: tuple[WeakSlice, ...]
    more_weak: int
    metrics: tuple[WeakMetric, ...]
    more_metrics: int
    gaps: tuple[GapRow, ...]
    more_gaps: int
    gaps_p: str
    gaps_open: bool
    tables: tuple[SliceTable, ...]
    models: tuple[ShownModel, ...]
    terms: tuple[Term, ...]
    pair: tuple[ShownModel, ShownModel] | None
    search: SliceSearch | None
    of_groups: bool
    dependent: str
    untested: str
    test: str
    has_small: bool
    confidence: str


def collect(subject: Subject) -> Slices | None:
    """Return the section, or None where no slices were asked for."""
    comparison = subject.comparison
    found = comparison.slice_results
    if not found:
        return None
    names = _names(found)
    full = [
        f"{TIMES.join(shown_names(each.columns))}: {name}"
        for each, name in zip(found, names, strict=True)
    ]
    leading = next(iter(subject.pairs_by_interest()), None)
    test = next((p.accuracy.test for each in found for p in each.pairs if p.accuracy.test), "")
    terms = tuple(term(key) for key in found[0].models[0].overall)
    weak, metrics, gaps = _weak(subject, full), _weak_metrics(subject, full), _gaps(subject)
    tables = tuple(
        _table(subject, [(names[i], each) for i, each in own], terms)
        for _, own in groupby(enumerate(found), key=lambda item: item[1].columns)
    )
    return Slices(
        weak=weak[:MOST_WEAK],
        more_weak=max(0, len(weak) - MOST_WEAK),
        metrics=metrics[:MOST_WEAK],
        more_metrics=max(0, len(metrics) - MOST_WEAK),
        gaps=gaps[:MOST_ROWS],
        more_gaps=max(0, len(gaps) - MOST_ROWS),
        gaps_p=common_p([gap.p for gap in gaps]),
        gaps_open=len(gaps) <= MOST_OPEN and any(gap.difference.leads for gap in gaps),
        tables=tables,
        models=subject.models,
        terms=terms,
        pair=None
        if leading is None
        else (subject.models[leading.first], subject.models[leading.second]),
        search=comparison.slice_search,
        of_groups=subject.is_of_groups,
        dependent=_dependent(comparison.sampling),
        untested=_untested(comparison),
        test=test,
        has_small=any(row.needed for table in tables for row in table.rows),
        confidence=subject.confidence,
    )


def _dependent(sampling: Sampling) -> str:
    """Return what makes samples dependent or unequal, or nothing."""
    if sampling.groups is not None:
        return "grouped"
    return "weighted" if sampling.weighted else ""


def _weak(subject: Subject, names: Sequence[str]) -> tuple[WeakSlice, ...]:
    """Return the slices of lower accuracy, the largest difference first."""
    found = sorted(
        (
            (model.adjusted.value or 0.0, number, i)
            for number, each in enumerate(subject.comparison.slice_results)
            for i, model in enumerate(each.models)
            if model.is_weak
        ),
    )
    rows = []
    for _, number, i in found:
        model = subject.comparison.slice_results[number].models[i]
        rows.append(
            WeakSlice(
                name=names[number],
                model=subject.models[i],
                accuracy=printed_estimate(model.overall["accuracy"]),
                adjusted=printed_difference(model.adjusted),
                # Of two intervals of one difference, only that of the claim is shown.
                from_rest=printed_difference(Difference(model.from_rest.value)),
                p=p_number(model.adjusted),
            )
        )
    return tuple(rows)


def _untested(comparison: Comparison) -> str:
    """Return why no slice could be tested."""
    reasons = [
        model.adjusted.undefined for each in comparison.slice_results for model in each.models
    ]
    if reasons and all(reasons):
        return "the classes of a slice do not occur outside it"
    few = "groups of samples" if comparison.sampling.groups else "samples"
    return f"each has too few {few}"


def _weak_metrics(subject: Subject, names: Sequence[str]) -> tuple[WeakMetric, ...]:
    """Return the slices on which other metrics are worse, the clearest first."""
    found = sorted(
        (test.from_rest.p_adjusted or 0.0, number, i, place)
        for number, each in enumerate(subject.comparison.slice_results)
        for i, model in enumerate(each.models)
        for place, test in enumerate(model.tests)
        if test.is_weak
    )
    rows = []
    for _, number, i, place in found:
        test = subject.comparison.slice_results[number].models[i].tests[place]
        label, unit = METRICS[test.metric]
        rows.append(
            WeakMetric(
                name=names[number],
                model=subject.models[i],
                metric=label,
                of_class="" if test.of_class is None else subject.classes[test.of_class],
                value=amount(test.value, unit) + (" %" if unit == "percent" else ""),
                trials=count(test.trials),
                from_rest=printed_difference(test.from_rest, unit),
                p=p_number(test.from_rest),
            )
        )
    return tuple(rows)


def _gaps(subject: Subject) -> tuple[GapRow, ...]:
    return tuple(
        GapRow(
            column=shown_names([gap.column])[0],
            model=subject.models[gap.model],
            metric=METRICS[gap.metric][0],
            of_class=subject.classes[gap.of_class],
            lowest=shown_names([gap.lowest or ""])[0],
            highest=shown_names([gap.highest or ""])[0],
            difference=_unsigned(gap.difference),
            p=p_number(gap.difference),
        )
        for gap in subject.comparison.slice_gaps
        if gap.difference.value is not None
    )


def _unsigned(difference: Difference) -> Printed:
    """Return a largest difference, which has no sign, in points."""
    estimate = Estimate(difference.value, difference.low, difference.high)
    return printed_estimate(estimate, leads=difference.significant)


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
    scale = _scale([model.overall["accuracy"] for _, each in kept for model in each.models])
    rows = tuple(_row(subject, name, each, scale) for name, each in kept)
    needed = {row.needed for row in rows}
    undefined = dict.fromkeys(row.reason for row in rows if row.reason)
    return SliceTable(
        columns=TIMES.join(shown_names(columns)),
        crossed=len(columns) > 1,
        ticks=tuple(Tick(f"{100 * tick:g}", _place(tick, scale)) for tick in scale),
        rows=rows,
        too_small="" if "" in needed else _range(needed),
        common_p=common_p([row.p for row in rows]),
        reasons=tuple(undefined),
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


def _scale(estimates: Sequence[Estimate]) -> list[float]:
    """Return the ticks of an axis that holds all intervals."""
    ends = [
        end for each in estimates for end in (each.low, each.value, each.high) if end is not None
    ]
    return nice_ticks(min(ends, default=0.0), max(ends, default=1.0))


def _place(value: float, scale: Sequence[float]) -> float:
    return round(100 * (value - scale[0]) / (scale[-1] - scale[0]), 2)


def _range(numbers: Iterable[str]) -> str:
    """Return the smallest and the largest of printed numbers."""
    ordered = sorted(numbers, key=lambda each: int(each.replace(",", "")))
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} to {ordered[-1]}"


def _cell(shown: ShownModel, model: SliceModel, scale: Sequence[float]) -> SliceCell:
    accuracy = model.overall["accuracy"]
    place = None if accuracy.value is None else _place(accuracy.value, scale)
    low = width = None
    if accuracy.low is not None and accuracy.high is not None:
        low = _place(accuracy.low, scale)
        width = round(_place(accuracy.high, scale) - low, 2)
    return SliceCell(shown, printed_estimate(accuracy), model.is_weak, place, low, width)


def _row(subject: Subject, name: str, found: SliceResult, scale: Sequence[float]) -> SliceRow:
    difference, p, reason = None, "", ""
    if found.pairs:
        leading = subject.pairs_by_interest()[0]
        (pair,) = (
            each
            for each in found.pairs
            if (each.first, each.second) == (leading.first, leading.second)
        )
        difference, p = printed_difference(pair.accuracy), p_number(pair.accuracy)
        reason = pair.accuracy.undefined or ""
    return SliceRow(
        name=name,
        samples=count(found.n_samples),
        share=percent(found.share),
        needed=_needed(found),
        cells=tuple(
            _cell(shown, model, scale)
            for shown, model in zip(subject.models, found.models, strict=True)
        ),
        difference=difference,
        p=p,
        reason=reason,
    )


def _needed(found: SliceResult) -> str:
    """Return how many samples a test needs if there are fewer and no model is weak."""
    needed = max((model.needed or 0 for model in found.models), default=0)
    is_weak = any(model.is_weak for model in found.models)
    return count(needed) if found.n_samples < needed and not is_weak else ""
