"""The metrics of a history: their names, as rules of the gate write them, and their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.metrics.quantities import COST, Quantity, parse_metric
from evalkit.narrative.wording import inside, metric_label, unit_of
from evalkit.nearest import suggestion
from evalkit.reading.tokens import RuleError
from evalkit.report.terms import HEADS, SHORTER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import ProbabilityResult
    from evalkit.narrative.wording import Unit
    from evalkit.statistics.estimates import Estimate

COUNTED = (
    "accuracy",
    "balanced_accuracy",
    "matthews_corrcoef",
    *(f"{key}{part}" for key in ("precision", "recall", "f1") for part in ("_macro", "[CLASS]")),
)
"""The metrics of counts that a message names; every file has all of the catalog."""
MOST_CLASSES = 30
"""A class of ``recall[*]`` is a series with tests of its own."""


@dataclass(frozen=True)
class Label:
    """How a metric is printed: in words, and the unit of its values."""

    text: str
    unit: Unit

    @property
    def with_unit(self) -> str:
        """The label of a column or an axis: ``"Accuracy, %"``."""
        return f"{self.text}{HEADS[self.unit]}"

    @property
    def in_sentence(self) -> str:
        """The label inside a sentence, without a capital unless it is an abbreviation."""
        return inside(self.text)


def metrics_of(name: str, newest: Comparison) -> list[Quantity]:
    """Return the metric of a name, or one per class of the newest run for ``recall[*]``.

    Raises
    ------
    InputError
        If the name is unknown, or stands for more than `MOST_CLASSES` classes.
    """
    try:
        found = parse_metric(name)
    except RuleError as error:
        problem = error.problem.partition(": available")[0]
        problem += "" if problem.endswith("?") else "."
        raise InputError(f"{problem} {what_is_held([newest])}") from None
    if not found.every_class:
        return [found]
    if len(newest.classes) > MOST_CLASSES:
        raise InputError(
            f"{name} stands for {len(newest.classes):,} classes, the limit is {MOST_CLASSES}. "
            f"Name the classes: {found.metric}[CLASS]."
        )
    return [Quantity(found.metric, of_class=each) for each in newest.classes]


def label(name: str) -> Label:
    """Return the label of a metric.

    >>> label("f_beta[0.5]_macro").with_unit, label("recall[cat]").in_sentence
    ('Macro F0.5, %', 'recall of "cat"')
    """
    quantity = parse_metric(name)
    text = SHORTER.get(quantity.metric) or metric_label(quantity.metric)
    if quantity.of_class is not None:
        text = f'{text} of "{quantity.of_class}"'
    return Label(text, unit_of(quantity.metric))


def what_is_held(results: Sequence[Comparison]) -> str:
    """Return a sentence with the metrics that a history of these results can show."""
    names = dict.fromkeys(name for result in results for name in _held(result))
    return f"The files hold {', '.join(names)}, and all other metrics of counts."


def missing(metric: Quantity, results: Sequence[Comparison]) -> str:
    """Return why no file has a metric: its class, or the metric itself, is not there."""
    classes = dict.fromkeys(name for result in results for name in result.classes)
    if metric.of_class is not None and metric.of_class not in classes:
        near = suggestion(metric.of_class, classes)
        return f'None of the files has a class "{metric.of_class}": {near}'
    return f"None of the files has {metric}. {what_is_held(results)}"


def by_class(held: ProbabilityResult) -> dict[str, tuple[Estimate, ...]]:
    """Return the metrics of probabilities that a file holds for every class."""
    areas = {"roc_auc": held.auc, "average_precision": held.average_precision}
    return {key: estimates for key, estimates in areas.items() if estimates}


def _held(result: Comparison) -> Iterator[str]:
    yield from COUNTED
    probabilities = [model.probability for model in result.models if model.probability is not None]
    for held in probabilities:
        areas = by_class(held)
        yield from (f"{key}_macro" if key in areas else key for key in held.overall)
        yield from (f"{key}[CLASS]" for key in areas)
    if result.costs is not None:
        yield COST
