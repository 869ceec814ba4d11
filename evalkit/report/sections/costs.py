"""Section of expected costs, by prediction and by the decision of least cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import MINUS
from evalkit.report.printed import NOT_AVAILABLE, Printed, p_text

if TYPE_CHECKING:
    from evalkit.compare.records import Costs as CostResult
    from evalkit.report.subject import ShownModel, Subject
    from evalkit.statistics.estimates import Difference, Estimate

LISTED_CLASSES = 30
SIGNIFICANT = 4


@dataclass(frozen=True)
class CostRow:
    """One model: the cost of its predictions and of decisions of least cost, and thresholds."""

    model: ShownModel
    expected: Printed
    decided: Printed
    threshold: str
    best: str


@dataclass(frozen=True)
class CostDifference:
    """The expected cost of the second model minus that of the first."""

    first: ShownModel
    second: ShownModel
    figure: Printed
    p: str


@dataclass(frozen=True)
class MatrixRow:
    """The costs of one actual class by predicted class."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Costs:
    """The content of the section."""

    rows: tuple[CostRow, ...]
    differences: tuple[CostDifference, ...]
    classes: tuple[str, ...]
    matrix: tuple[MatrixRow, ...]
    positive: str
    confidence: str
    has_decisions: bool
    has_thresholds: bool


def collect(subject: Subject) -> Costs | None:
    """Return the section, or None where no costs were given."""
    costs = subject.comparison.costs
    if costs is None:
        return None
    decimals = _decimals(costs)
    listed = subject.n_classes <= LISTED_CLASSES
    # The thresholds of the records are probabilities of the last of two classes.
    is_first = subject.n_classes == 2 and subject.comparison.positive == 0
    return Costs(
        rows=tuple(
            CostRow(
                model=shown,
                expected=_printed(found.expected, decimals),
                decided=_printed(found.decided, decimals),
                threshold=_probability(found.threshold, is_first=is_first),
                best=_probability(found.best_threshold, is_first=is_first),
            )
            for shown, found in zip(subject.models, costs.models, strict=True)
        ),
        differences=tuple(
            CostDifference(
                subject.models[pair.first],
                subject.models[pair.second],
                _printed_difference(found, decimals),
                p_text(found),
            )
            for pair, found in zip(subject.comparison.pairs, costs.pairs, strict=True)
        ),
        classes=subject.classes if listed else (),
        matrix=tuple(
            MatrixRow(name, tuple(f"{cell:g}".replace("-", MINUS) for cell in row))
            for name, row in zip(subject.classes, costs.matrix, strict=True)
        )
        if listed
        else (),
        positive=subject.classes[0 if is_first else -1],
        confidence=subject.confidence,
        has_decisions=any(found.decided is not None for found in costs.models),
        has_thresholds=any(found.threshold is not None for found in costs.models),
    )


def _decimals(costs: CostResult) -> int:
    """Return the number of decimals that gives the largest cost four significant digits."""
    values = [abs(found.expected.value or 0.0) for found in costs.models]
    largest = max(values)
    return max(0, SIGNIFICANT - 1 - math.floor(math.log10(largest))) if largest > 0 else 2


def _printed(estimate: Estimate | None, decimals: int) -> Printed:
    if estimate is None or estimate.value is None:
        return Printed(NOT_AVAILABLE, reason="no probabilities")
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        low, high = (_amount(end, decimals) for end in (estimate.low, estimate.high))
        interval = f"{low}–{high}" if estimate.low >= 0 else f"{low} to {high}"
    return Printed(_amount(estimate.value, decimals), interval, number=estimate.value)


def _printed_difference(found: Difference, decimals: int) -> Printed:
    if found.value is None or found.low is None or found.high is None:
        return Printed(NOT_AVAILABLE, reason=found.undefined or "undefined")
    value, low, high = (
        _amount(number, decimals, sign="+") for number in (found.value, found.low, found.high)
    )
    return Printed(value, f"{low} to {high}", leads=found.significant, number=found.value)


def _amount(value: float, decimals: int, *, sign: str = "-") -> str:
    rounded = round(value, decimals) + 0.0
    return f"{rounded:{sign}.{decimals}f}".replace("-", MINUS)


def _probability(threshold: float | None, *, is_first: bool) -> str:
    if threshold is None:
        return NOT_AVAILABLE
    return f"{1 - threshold if is_first else threshold:.3f}"
