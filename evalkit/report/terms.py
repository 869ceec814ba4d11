"""Labels and units of metrics on the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.metrics.catalog import CATALOG
from evalkit.metrics.quantities import base_metric
from evalkit.narrative.wording import Unit, Wording, metric_label, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.records import SummaryMetric

HEADS: dict[Unit, str] = {
    "percent": ", %",
    "coefficient": "",
    "nats": ", nats",
    "cost": " per sample",
}
SHORTER = {
    "matthews_corrcoef": "MCC",
    "expected_calibration_error": "Calibration error",
}


@dataclass(frozen=True)
class Term:
    """The label of a metric.

    Attributes
    ----------
    key : as in `ModelResult`.
    label, beta : ``"Macro F"`` and ``"0.1"``, which is a subscript; ``""`` without a β.
    unit : how its values are printed.
    anchor : the id of its definition on the page.
    """

    key: str
    label: str
    beta: str
    unit: Unit
    anchor: str
    higher_is_better: bool

    @property
    def unit_suffix(self) -> str:
        """The unit after the label: ``", %"``, ``", nats"`` or nothing."""
        return HEADS[self.unit]

    @property
    def plain(self) -> str:
        """The label in one string, without the unit."""
        return f"{self.label}{self.beta}"


def term(key: str) -> Term:
    """Return the label of the metric of a key.

    >>> term("f_beta_macro[0.1]").plain, term("accuracy").unit_suffix
    ('Macro F0.1', ', %')
    """
    parts = re.fullmatch(r"(\w+?)(_macro)?(?:\[([\d.e+-]+)\])?", key)
    assert parts is not None, key
    base, macro, beta = parts[1], parts[2], parts[3] or ""
    metric = CATALOG[base]
    label = "F" if base == "f_beta" else SHORTER.get(base, metric.label)
    if macro:
        label = f"Macro {label if base == 'f_beta' else label.lower()}"
    if base == "top_k_accuracy" and beta:
        label, beta = f"Top-{beta} accuracy", ""
    return Term(
        key=key,
        label=label,
        beta=beta,
        unit=unit_of(base),
        anchor=f"define-{base.replace('_', '-')}",
        higher_is_better=metric.higher_is_better,
    )


def summary_term(metric: SummaryMetric, classes: Sequence[str]) -> Term:
    """Return the label of a metric of the summary; its class stands in quotation marks."""
    words = Wording.of(metric, classes)
    base = base_metric(metric.metric)
    label = SHORTER.get(base) or metric_label(metric.metric)
    if metric.of_class is not None:
        label += f' of "{classes[metric.of_class]}"'
    return Term(
        key=metric.metric,
        label=label,
        beta="",
        unit=words.unit,
        anchor=f"define-{base.replace('_', '-')}",
        higher_is_better=metric.higher_is_better,
    )
