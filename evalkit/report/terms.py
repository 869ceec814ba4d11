"""Labels and units of metrics on the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from evalkit.metrics.catalog import CATALOG

Unit = Literal["percent", "coefficient", "nats", "cost"]

UNITS: dict[str, Unit] = {
    "matthews_corrcoef": "coefficient",
    "cohen_kappa": "coefficient",
    "brier_score": "coefficient",
    "log_loss": "nats",
}
HEADS: dict[Unit, str] = {"percent": ", %", "coefficient": "", "nats": ", nats", "cost": ""}
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
        unit=UNITS.get(base, "percent"),
        anchor=f"define-{base.replace('_', '-')}",
        higher_is_better=metric.higher_is_better,
    )


def summary_term(metric: str) -> Term:
    """Return the label of a metric of the summary.

    >>> summary_term("f1_macro").plain, summary_term("expected_cost").plain
    ('Macro F1', 'Cost per sample')
    """
    if metric == "expected_cost":
        return Term(metric, "Cost per sample", "", "cost", "costs", higher_is_better=False)
    return term({"f1": "f_beta[1]", "f1_macro": "f_beta_macro[1]"}.get(metric, metric))
