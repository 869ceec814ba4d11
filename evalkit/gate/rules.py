"""Rules as frozen records that print as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

PROBABILITY_METRICS = (
    "log_loss",
    "brier_score",
    "expected_calibration_error",
    "roc_auc",
    "average_precision",
)
"""The metrics of probabilities that comparisons hold with an interval."""


def is_of_probabilities(key: str) -> bool:
    """Return whether a key names a metric of probabilities: ``"roc_auc_macro"``."""
    return key.removesuffix("_macro") in PROBABILITY_METRICS


Comparator = Literal[">=", "<=", ">", "<"]

_BARE = re.compile(r"\w[\w.\-/+]*")
EVERY = "*"


@dataclass(frozen=True)
class Quantity:
    """A metric of the candidate, or its drop from the baseline.

    Attributes
    ----------
    metric : a catalog name with its β and average: ``"f_beta[0.5]_macro"``.
    of_class : the name of a class; None for a metric of the whole model.
    every_class : whether the rule is checked for every class.
    is_drop : whether the drop is meant: baseline − candidate where higher values are better,
        candidate − baseline where lower values are better.
    """

    metric: str
    of_class: str | None = None
    every_class: bool = False
    is_drop: bool = False

    def __str__(self) -> str:
        value = self.metric
        if self.every_class:
            value += f"[{EVERY}]"
        elif self.of_class is not None:
            value += f"[{quoted(self.of_class)}]"
        return f"drop({value})" if self.is_drop else value


@dataclass(frozen=True)
class Rule:
    """A quantity, a comparator and a bound.

    Examples
    --------
    >>> str(Rule(Quantity("recall", "cat"), ">=", 0.9))
    'recall[cat] >= 0.9'
    """

    quantity: Quantity
    comparator: Comparator
    bound: float

    def __str__(self) -> str:
        return f"{self.quantity} {self.comparator} {self.bound!r}"


def quoted(name: str) -> str:
    r"""Return the name of a class as a rule writes it, in quotes where they are needed.

    >>> quoted("cat"), quoted('fire "truck"')
    ('cat', '"fire \\"truck\\""')
    """
    if _BARE.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
