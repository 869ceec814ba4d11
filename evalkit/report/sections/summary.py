"""Summary: the picture of its metrics, and a table of them with one row per model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.narrative.verdict import limits_text, words
from evalkit.phrasing import count, joined, plural
from evalkit.report.forest import UNFOLDED, Forest, Measure, forest, measure_of
from evalkit.report.printed import (
    NOT_AVAILABLE,
    Printed,
    amount,
    decimals_for,
    p_text,
    printed_difference,
    printed_estimate,
)
from evalkit.report.terms import Term, term

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import PairResult
    from evalkit.report.names import Sentence
    from evalkit.report.subject import ShownModel, Subject
    from evalkit.statistics.estimates import Difference, Estimate

WIDE = 7
"""With more columns than this, an interval stands below its value."""


@dataclass(frozen=True)
class Column:
    """One metric of the table: what it is called, its values and differences.

    `baseline` is the value of the constant prediction; None if it is undefined or, without
    `has_baseline`, unknown.
    """

    measure: Measure
    estimates: tuple[Estimate, ...]
    differences: tuple[Difference, ...]
    baseline: float | None = None
    has_baseline: bool = False

    @property
    def decimals(self) -> int | None:
        """The decimals of its values; None for those of its unit."""
        return decimals_for(self.measure.term.unit, [each.value for each in self.estimates])


@dataclass(frozen=True)
class SummaryRow:
    """One model; its figures are in the order of the columns."""

    model: ShownModel
    figures: tuple[Printed, ...]
    parameters: str
    letters: str


@dataclass(frozen=True)
class DifferenceCell:
    """A difference of two models in one metric, and its p-value."""

    figure: Printed
    p: str


@dataclass(frozen=True)
class DifferenceRow:
    """Second model minus first, for each column."""

    first: ShownModel
    second: ShownModel
    cells: tuple[DifferenceCell, ...]


@dataclass(frozen=True)
class Summary:
    """The content of the section: the picture, and the table that is folded below it."""

    picture: Forest
    unfolded: int
    caption: Sentence
    confidence: str
    measures: tuple[Measure, ...]
    rows: tuple[SummaryRow, ...]
    baseline: tuple[str, ...]
    difference: DifferenceRow | None
    has_parameters: bool
    has_letters: bool
    notes: tuple[Sentence, ...]

    @property
    def is_wide(self) -> bool:
        """Whether there are so many columns that an interval stands below its value."""
        return len(self.measures) + self.has_parameters + self.has_letters > WIDE


def collect(subject: Subject) -> Summary:
    """Return the summary of a comparison."""
    comparison = subject.comparison
    columns = _columns(subject)
    rows = tuple(
        SummaryRow(
            model=shown,
            figures=tuple(_figure(comparison, column, shown.position) for column in columns),
            parameters="" if model.parameters is None else count(model.parameters),
            letters=model.letters,
        )
        for shown, model in zip(subject.models, comparison.models, strict=True)
    )
    picture = forest(subject)
    return Summary(
        picture=picture,
        unfolded=UNFOLDED,
        caption=subject.sentence(_caption(subject, picture)),
        confidence=subject.confidence,
        measures=tuple(column.measure for column in columns),
        rows=rows,
        baseline=tuple(_baseline_text(column) for column in columns),
        difference=_difference_row(subject, columns) if subject.is_pair else None,
        has_parameters=any(row.parameters for row in rows),
        has_letters=len(rows) > 2 and any(row.letters for row in rows),
        notes=tuple(subject.sentence(note) for note in _notes(subject, rows, columns)),
    )


def _columns(subject: Subject) -> list[Column]:
    """Return the metrics of the summary; without a positive class also macro F of every other β."""
    comparison = subject.comparison
    columns = [
        Column(
            measure_of(metric, subject),
            metric.models,
            metric.pairs,
            metric.baseline,
            has_baseline=True,
        )
        for metric in comparison.summary_metrics
    ]
    if comparison.positive is not None:
        return columns
    keys = [column.measure.term.key for column in columns]
    place = keys.index("f1_macro") + 1 if "f1_macro" in keys else len(keys)
    columns[place:place] = [
        Column(
            Measure(term(key)),
            tuple(model.overall[key] for model in comparison.models),
            tuple(pair.overall[key] for pair in comparison.pairs),
        )
        for key in comparison.models[0].overall
        if key.startswith("f_beta") and key != "f_beta_macro[1]"
    ]
    return columns


def _figure(comparison: Comparison, column: Column, position: int) -> Printed:
    metric, differences = column.measure.term, column.differences
    own = [
        (pair, difference)
        for pair, difference in zip(comparison.pairs, differences, strict=True)
        if position in (pair.first, pair.second)
    ]
    leads = bool(own) and all(_is_ahead(pair, position, each, metric) for pair, each in own)
    estimate = column.estimates[position]
    return printed_estimate(estimate, metric.unit, leads=leads, decimals=column.decimals)


def _baseline_text(column: Column) -> str:
    if column.baseline is None:
        return NOT_AVAILABLE if column.has_baseline else ""
    return amount(column.baseline, column.measure.term.unit, decimals=column.decimals)


def _caption(subject: Subject, picture: Forest) -> str:
    """Return what the marks of the picture are."""
    methods = f" ({', '.join(picture.methods)})" if picture.methods else ""
    if picture.of_groups:
        text = (
            f"Dots are means over runs, small dots are runs, and whiskers are {subject.confidence} "
            "intervals over seeds and samples."
        )
    else:
        text = f"Whiskers are {subject.confidence} intervals{methods}."
    if any(panel.base and panel.base.place is not None for panel in picture.panels):
        text += " Dashed line: one class predicted for every sample."
    if not picture.reference:
        return text
    corrected = ", corrected for all pairs" if len(picture.panels[0].lanes) > 2 else ""
    if any(lane.gap and lane.gap.figure.leads for lane in picture.panels[0].lanes):
        return f"{text} Bold: the difference is significant at {subject.alpha}{corrected}."
    name = words(subject.comparison).name
    gaps = [lane.gap for lane in picture.panels[0].lanes if lane.gap]
    if gaps and all(gap.p == NOT_AVAILABLE for gap in gaps):
        return f"{text} Differences in {name} are not tested."
    return f"{text} No difference in {name} is significant at {subject.alpha}{corrected}."


def _is_ahead(pair: PairResult, position: int, difference: Difference, metric: Term) -> bool:
    if difference.value is None or not difference.significant:
        return False
    second_is_better = (difference.value > 0) == metric.higher_is_better
    return second_is_better == (pair.second == position)


def _difference_row(subject: Subject, columns: list[Column]) -> DifferenceRow:
    pair = subject.comparison.pairs[0]
    return DifferenceRow(
        subject.models[pair.first],
        subject.models[pair.second],
        tuple(
            DifferenceCell(
                printed_difference(
                    column.differences[0], column.measure.term.unit, decimals=column.decimals
                ),
                p_text(column.differences[0]),
            )
            for column in columns
        ),
    )


def _notes(subject: Subject, rows: tuple[SummaryRow, ...], columns: list[Column]) -> list[str]:
    notes = [f"Small print beside each value: {subject.confidence} interval."]
    if subject.is_pair:
        notes.append("Differences of percentages are in points.")
    if len(rows) > 1:
        corrected = "" if subject.is_pair else " after Holm's correction for all pairs"
        notes.append(
            f"Bold: ahead of every other model, significant at {subject.alpha}{corrected}."
            if any(figure.leads for row in rows for figure in row.figures)
            else "No value is marked as leading, because "
            + ("the" if subject.is_pair else "no model's")
            + f" difference{'s are not' if subject.is_pair else ' from every other is'} "
            f"significant at {subject.alpha}{corrected}."
        )
    if len(rows) > 2 and any(row.letters for row in rows):
        name = words(subject.comparison).name
        notes.append(f"Models that share a letter do not differ significantly in {name}.")
    if len(rows) > 2:
        notes += _selected(subject)
    return [*notes, *_coverage(subject, columns)]


def _selected(subject: Subject) -> list[str]:
    """Return notes on the best model, which was selected from all models."""
    comparison = subject.comparison
    notes, said = [], words(comparison)
    if len(comparison.best) < len(comparison.models):
        best = joined([comparison.models[i].name for i in comparison.best])
        notes.append(f"Not significantly worse than any other model in {said.name}: {best}.")
    leader, corrected = comparison.models[comparison.ranking[0]], comparison.leader_estimate
    text = (
        f"{leader.name} has the {said.best} {said.name} of {len(comparison.models)} models: its "
        "interval is not corrected for this selection"
    )
    if corrected is not None and corrected.low is not None and corrected.high is not None:
        limits = limits_text(said, corrected.low, corrected.high)
        text += f"; corrected, it is {limits} ({corrected.method}, Bonferroni)"
    return [*notes, f"{text}."]


def _coverage(subject: Subject, columns: list[Column]) -> list[str]:
    """Return a note on averages over only some of the classes."""
    told: dict[str, list[str]] = {}
    for position, model in enumerate(subject.comparison.models):
        for column in columns:
            covered = column.estimates[position].classes_covered
            if covered is not None and covered < subject.n_classes:
                how_many = f"{covered} of {plural(subject.n_classes, 'class', 'classes')}"
                name = column.measure.term.plain
                told.setdefault(f"{model.name} covers {how_many}", []).append(name)
    return [
        f"Of {who}: {joined(metrics)}; the others are undefined." for who, metrics in told.items()
    ]
