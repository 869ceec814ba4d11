"""How the metrics of the summary read in sentences and tables: names, units, values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from evalkit.metrics.catalog import lookup
from evalkit.metrics.quantities import COST, base_metric
from evalkit.phrasing import MINUS, decimals_apart, percent_sign, points, points_range, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.records import SummaryMetric
    from evalkit.statistics.estimates import Estimate

Unit = Literal["percent", "coefficient", "nats", "cost"]

UNITS: dict[str, Unit] = {
    "matthews_corrcoef": "coefficient",
    "cohen_kappa": "coefficient",
    "informedness": "coefficient",
    "markedness": "coefficient",
    "negative_likelihood_ratio": "coefficient",
    "positive_likelihood_ratio": "coefficient",
    "brier_score": "coefficient",
    "log_loss": "nats",
    COST: "cost",
}
PROPER = ("ROC", "F", "Brier", "Cohen", "Matthews", "Jaccard")
"""Beginnings of labels that keep their capital inside a sentence."""
MOST_DECIMALS = 4


def unit_of(metric: str) -> Unit:
    """Return the unit of a metric or of an average of it.

    >>> unit_of("recall_macro"), unit_of("log_loss"), unit_of("informedness_macro")
    ('percent', 'nats', 'coefficient')
    """
    return UNITS.get(base_metric(metric), "percent")


def metric_label(metric: str) -> str:
    """Return the name of a metric at the beginning of a line.

    >>> metric_label("f1_macro"), metric_label("expected_cost"), metric_label("roc_auc")
    ('Macro F1', 'Expected cost', 'ROC AUC')
    """
    if metric == COST:
        return "Expected cost"
    name, _, average = lookup(metric).label.partition(", ")
    return f"{average.capitalize()} {inside(name)}" if average else name


def inside(label: str) -> str:
    """Return a label as it stands inside a sentence."""
    return label if label.startswith(PROPER) else label[:1].lower() + label[1:]


@dataclass(frozen=True)
class Wording:
    """The words for one metric of the summary.

    Attributes
    ----------
    name : inside a sentence: ``'recall of "fraud"'``.
    unit : how its values are printed.
    better : ``"higher"`` or ``"lower"``, whichever is better.
    """

    name: str
    unit: Unit
    better: Literal["higher", "lower"]

    @classmethod
    def of(cls, metric: SummaryMetric, classes: Sequence[str]) -> Wording:
        """Return the words for a metric."""
        name = inside(metric_label(metric.metric))
        if metric.of_class is not None:
            name += f' of "{classes[metric.of_class]}"'
        return cls(name, unit_of(metric.metric), "higher" if metric.higher_is_better else "lower")

    @property
    def best(self) -> str:
        """The superlative of `better`."""
        return "highest" if self.better == "higher" else "lowest"

    def value(self, estimate: Estimate, *, decimals: int = 1) -> str:
        """Return a value with its unit; ``"n/a"`` if undefined."""
        if estimate.value is None:
            return "n/a"
        if self.unit == "percent":
            return percent_sign(estimate.value, decimals=decimals)
        if self.unit == "cost":
            return f"{estimate.value:.{2 + decimals}g}".replace("-", MINUS)
        return f"{estimate.value:.{2 + decimals}f}".replace("-", MINUS)

    def values(self, *estimates: Estimate) -> list[str]:
        """Return values with as many decimals as are needed to tell different values apart."""
        different = len({each.value for each in estimates})
        texts: list[str] = []
        for decimals in range(1, MOST_DECIMALS + 1):
            texts = [self.value(each, decimals=decimals) for each in estimates]
            if len(set(texts)) >= different:
                break
        return texts

    def gap(self, value: float) -> str:
        """Return a difference with its sign and unit."""
        if self.unit != "percent":
            return signed(value)
        decimals = next(
            (d for d in range(1, MOST_DECIMALS) if round(100 * value, d) != 0 or value == 0),
            MOST_DECIMALS,
        )
        return f"{points(value, decimals=decimals)} points"

    def span(self, low: float, high: float) -> str:
        """Return an interval of differences, without the unit.

        It has as many decimals as are needed to tell its ends apart, and from 0 if it excludes 0.

        >>> Wording("accuracy", "percent", "higher").span(0.00002, 0.00004)
        '+0.002 to +0.004'
        """
        if self.unit != "percent":
            return f"{signed(low)} to {signed(high)}"
        decimals = decimals_apart(100 * low, 100 * high, least=1, most=MOST_DECIMALS)
        return points_range(low, high, decimals=decimals)
