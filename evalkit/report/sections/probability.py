"""Section of the probabilities: scores, ranking and calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import count, p_value, percent, plural, points
from evalkit.report.printed import (
    NOT_AVAILABLE,
    Printed,
    p_text,
    printed_difference,
    printed_estimate,
    span,
)
from evalkit.report.terms import Term, term
from evalkit.statistics.estimates import UNDEFINED_OF_TWO, Difference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.compare.records import Curve, ProbabilityResult, Reliability
    from evalkit.predictions import Sampling
    from evalkit.report.subject import ShownModel, Subject

FALSE_POSITIVE_RATES = (0.01, 0.05, 0.1, 0.2)
RECALLS = (0.25, 0.5, 0.75, 0.9)
LISTED_CLASSES = 100
LISTED_PAIRS = 10
"""More pairs are folded."""
FEW_SAMPLES = 500
"""With fewer samples or groups, the test of a heavy-tailed loss rejects too often."""


@dataclass(frozen=True)
class ScoreRow:
    """The probability metrics of one model, and its bins of confidence."""

    model: ShownModel
    figures: tuple[Printed, ...]
    bins: tuple[BinRow, ...]


@dataclass(frozen=True)
class BinRow:
    """One bin of confidence."""

    bin: str
    confidence: str
    accuracy: Printed
    right: str
    wrong: str


@dataclass(frozen=True)
class CalibrationRow:
    """Mean confidence and accuracy of one model, and the tests of its calibration."""

    model: ShownModel
    confidence: str
    accuracy: str
    gap: Printed
    p_gap: str
    debiased: str
    p_calibrated: str
    differing: str


@dataclass(frozen=True)
class DifferenceCell:
    """A difference and its p-value."""

    difference: Printed
    p: str


@dataclass(frozen=True)
class DifferenceRow:
    """The differences of two models in the probability metrics, second minus first."""

    first: ShownModel
    second: ShownModel
    cells: tuple[DifferenceCell, ...]


@dataclass(frozen=True)
class CurveRow:
    """One class of one model: AUC, average precision, and points of both curves."""

    model: ShownModel
    auc: Printed
    average_precision: Printed
    true_positive_rates: tuple[str, ...]
    precisions: tuple[str, ...]


@dataclass(frozen=True)
class CurveClass:
    """The curves of one class against the others."""

    name: str
    rows: tuple[CurveRow, ...]


@dataclass(frozen=True)
class Probability:
    """The content of the section, for models with probabilities."""

    terms: tuple[Term, ...]
    rows: tuple[ScoreRow, ...]
    classes: tuple[str, ...]
    curves: tuple[CurveClass, ...]
    false_positive_rates: tuple[str, ...]
    recalls: tuple[str, ...]
    without: tuple[ShownModel, ...]
    confidence: str
    calibrations: tuple[CalibrationRow, ...]
    few_samples: str
    differing: tuple[Term, ...]
    differences: tuple[DifferenceRow, ...]
    more_differences: tuple[DifferenceRow, ...]
    of_groups: bool


def collect(subject: Subject) -> Probability | None:
    """Return the section, or None if no model has probabilities."""
    known = [
        (shown, model.probability)
        for shown, model in zip(subject.models, subject.comparison.models, strict=True)
        if model.probability is not None
    ]
    if not known:
        return None
    keys = list(known[0][1].overall)
    terms = tuple(term(key) for key in keys)
    pairs = subject.comparison.pairs
    differing = tuple(term(key) for key in dict.fromkeys(k for p in pairs for k in p.probability))
    differences = tuple(_differences(subject, differing)) if differing else ()
    return Probability(
        terms=terms,
        rows=tuple(
            ScoreRow(
                shown,
                tuple(
                    printed_estimate(result.overall[metric.key], metric.unit)
                    if metric.key in result.overall
                    else Printed(NOT_AVAILABLE, reason="not computed for this model")
                    for metric in terms
                ),
                tuple(_bins(result)),
            )
            for shown, result in known
        ),
        classes=subject.classes,
        curves=tuple(
            CurveClass(name, tuple(_curve_row(shown, result, k) for shown, result in known))
            for k, name in enumerate(subject.classes[:LISTED_CLASSES])
        ),
        false_positive_rates=tuple(percent(rate, decimals=0) for rate in FALSE_POSITIVE_RATES),
        recalls=tuple(percent(rate, decimals=0) for rate in RECALLS),
        without=tuple(
            shown
            for shown, model in zip(subject.models, subject.comparison.models, strict=True)
            if model.probability is None
        ),
        confidence=subject.confidence,
        calibrations=tuple(_calibrations(subject)),
        few_samples=_few_samples(subject.comparison.n_samples, subject.comparison.sampling),
        differing=differing,
        differences=differences[:LISTED_PAIRS],
        more_differences=differences[LISTED_PAIRS:],
        of_groups=subject.is_of_groups,
    )


def _calibrations(subject: Subject) -> Iterator[CalibrationRow]:
    for shown, model in zip(subject.models, subject.comparison.models, strict=True):
        found = None if model.probability is None else model.probability.calibration
        if found is None:
            continue
        yield CalibrationRow(
            model=shown,
            confidence=percent(found.mean_confidence),
            accuracy=percent(found.accuracy),
            gap=printed_difference(found.confidence_gap),
            p_gap=p_text(found.confidence_gap),
            debiased=points(found.debiased).lstrip("+"),
            p_calibrated=NOT_AVAILABLE if found.p_value is None else p_value(found.p_value),
            differing=count(found.differing) if found.differing else "",
        )


def _differences(subject: Subject, metrics: tuple[Term, ...]) -> Iterator[DifferenceRow]:
    undefined = Difference(None, undefined=UNDEFINED_OF_TWO)
    for pair in subject.pairs_by_interest():
        found = [(pair.probability.get(metric.key, undefined), metric.unit) for metric in metrics]
        yield DifferenceRow(
            first=subject.models[pair.first],
            second=subject.models[pair.second],
            cells=tuple(
                DifferenceCell(printed_difference(difference, unit), p_text(difference))
                for difference, unit in found
            ),
        )


def _few_samples(n_samples: int, sampling: Sampling) -> str:
    """Return the number of independent units if it is small, else an empty string."""
    if sampling.groups is not None:
        return plural(sampling.groups, "group") if sampling.groups < FEW_SAMPLES else ""
    return plural(n_samples, "sample") if n_samples < FEW_SAMPLES else ""


def _bins(result: ProbabilityResult) -> list[BinRow]:
    bins = result.reliability
    rows = []
    for i, n in enumerate(bins.counts):
        if not n:
            continue
        confidence = bins.mean_confidence[i]
        rows.append(
            BinRow(
                bin=span(bins.edges[i], bins.edges[i + 1], "percent"),
                confidence=NOT_AVAILABLE if confidence is None else percent(confidence),
                accuracy=_bin_accuracy(bins, i),
                right=_histogram_count(result.histogram_right, i),
                wrong=_histogram_count(result.histogram_wrong, i),
            )
        )
    return rows


def _histogram_count(counts: tuple[float, ...], i: int) -> str:
    return count(counts[i]) if i < len(counts) else NOT_AVAILABLE


def _bin_accuracy(bins: Reliability, i: int) -> Printed:
    value, low, high = bins.accuracy[i], bins.low[i], bins.high[i]
    if value is None:
        return Printed(NOT_AVAILABLE, reason="no sample in this bin")
    interval = "" if low is None or high is None else span(low, high, "percent")
    return Printed(percent(value), interval, number=value)


def _curve_row(shown: ShownModel, result: ProbabilityResult, k: int) -> CurveRow:
    return CurveRow(
        model=shown,
        auc=printed_estimate(result.auc[k]),
        average_precision=printed_estimate(result.average_precision[k])
        if result.average_precision
        else Printed(NOT_AVAILABLE, reason="not in this file"),
        true_positive_rates=_values_at(result.roc[k], FALSE_POSITIVE_RATES),
        precisions=_values_at(result.precision_recall[k], RECALLS),
    )


def _values_at(curve: Curve | None, places: tuple[float, ...]) -> tuple[str, ...]:
    """Return the values of a step function at some places."""
    if curve is None:
        return (NOT_AVAILABLE,) * len(places)
    points = sorted(zip(curve.x, curve.y, strict=True))
    heights = []
    for place in places:
        below = [y for x, y in points if x <= place]
        heights.append(percent(below[-1]) if below else NOT_AVAILABLE)
    return tuple(heights)
