"""Summary: one row per model with intervals; for two models also the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import count, joined, percent_range, plural
from evalkit.report.forest import UNFOLDED, Forest, forest
from evalkit.report.printed import Printed, p_text, printed_difference, printed_estimate
from evalkit.report.terms import Term, term

if TYPE_CHECKING:
    from evalkit.compare.records import PairResult
    from evalkit.report.names import Sentence
    from evalkit.report.subject import ShownModel, Subject
    from evalkit.statistics.estimates import Difference


@dataclass(frozen=True)
class SummaryRow:
    """One model; its figures are in the order of the terms of the summary."""

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
    """Second model minus first, for each term of the summary."""

    first: ShownModel
    second: ShownModel
    cells: tuple[DifferenceCell, ...]


@dataclass(frozen=True)
class Summary:
    """The content of the section."""

    picture: Forest
    unfolded: int
    caption: str
    confidence: str
    terms: tuple[Term, ...]
    rows: tuple[SummaryRow, ...]
    difference: DifferenceRow | None
    has_parameters: bool
    has_letters: bool
    notes: tuple[Sentence, ...]


def collect(subject: Subject) -> Summary:
    """Return the summary of a comparison."""
    comparison = subject.comparison
    keys = list(comparison.models[0].overall)
    terms = tuple(term(key) for key in keys)
    rows = tuple(
        SummaryRow(
            model=shown,
            figures=tuple(
                printed_estimate(
                    model.overall[key],
                    unit.unit,
                    leads=_leads(comparison.pairs, shown.position, key, unit),
                )
                for key, unit in zip(keys, terms, strict=True)
            ),
            parameters="" if model.parameters is None else count(model.parameters),
            letters=model.letters,
        )
        for shown, model in zip(subject.models, comparison.models, strict=True)
    )
    picture = forest(subject)
    return Summary(
        picture=picture,
        unfolded=UNFOLDED,
        caption=_caption(subject, picture),
        confidence=subject.confidence,
        terms=terms,
        rows=rows,
        difference=_difference_row(subject, terms) if subject.is_pair else None,
        has_parameters=any(row.parameters for row in rows),
        has_letters=len(rows) > 2 and any(row.letters for row in rows),
        notes=tuple(subject.sentence(note) for note in _notes(subject, rows, terms)),
    )


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
    if not picture.reference:
        return text
    corrected = ", corrected for all pairs" if len(picture.panels[0].lanes) > 2 else ""
    if any(lane.gap and lane.gap.figure.leads for lane in picture.panels[0].lanes):
        return f"{text} Bold: the difference is significant at {subject.alpha}{corrected}."
    return f"{text} No difference is significant at {subject.alpha}{corrected}."


def _leads(pairs: tuple[PairResult, ...], position: int, key: str, metric: Term) -> bool:
    """Return whether a model is significantly better than every other model."""
    own = [pair for pair in pairs if position in (pair.first, pair.second)]
    return bool(own) and all(_is_ahead(pair, position, pair.overall[key], metric) for pair in own)


def _is_ahead(pair: PairResult, position: int, difference: Difference, metric: Term) -> bool:
    if difference.value is None or not difference.significant:
        return False
    second_is_better = (difference.value > 0) == metric.higher_is_better
    return second_is_better == (pair.second == position)


def _difference_row(subject: Subject, terms: tuple[Term, ...]) -> DifferenceRow:
    pair = subject.comparison.pairs[0]
    return DifferenceRow(
        subject.models[pair.first],
        subject.models[pair.second],
        tuple(
            DifferenceCell(
                printed_difference(pair.overall[metric.key], metric.unit),
                p_text(pair.overall[metric.key]),
            )
            for metric in terms
        ),
    )


def _notes(subject: Subject, rows: tuple[SummaryRow, ...], terms: tuple[Term, ...]) -> list[str]:
    notes = [f"Small print beside each value: {subject.confidence} interval."]
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
        notes.append("Models that share a letter do not differ significantly in accuracy.")
    if len(rows) > 2:
        notes += _selected(subject)
    return [*notes, *_coverage(subject, terms)]


def _selected(subject: Subject) -> list[str]:
    """Return notes on the highest accuracy, which was selected from all models."""
    comparison = subject.comparison
    notes = []
    if len(comparison.best) < len(comparison.models):
        best = joined([comparison.models[i].name for i in comparison.best])
        notes.append(f"Not significantly below any other model in accuracy: {best}.")
    leader, corrected = comparison.models[comparison.ranking[0]], comparison.leader_accuracy
    text = (
        f"{leader.name} has the highest accuracy of {len(comparison.models)} models: its interval "
        "is not corrected for this selection"
    )
    if corrected is not None and corrected.low is not None and corrected.high is not None:
        limits = percent_range(corrected.low, corrected.high)
        text += f"; corrected, it is {limits}\N{NO-BREAK SPACE}% ({corrected.method}, Bonferroni)"
    return [*notes, f"{text}."]


def _coverage(subject: Subject, terms: tuple[Term, ...]) -> list[str]:
    """Return a note on averages over only some of the classes."""
    told: dict[str, list[str]] = {}
    for model in subject.comparison.models:
        for metric in terms:
            covered = model.overall[metric.key].classes_covered
            if covered is not None and covered < subject.n_classes:
                how_many = f"{covered} of {plural(subject.n_classes, 'class', 'classes')}"
                told.setdefault(f"{model.name} covers {how_many}", []).append(metric.plain)
    return [
        f"Of {who}: {joined(metrics)}; the others are undefined." for who, metrics in told.items()
    ]
