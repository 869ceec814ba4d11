"""What a rule asks, as frozen records that print as the rule's text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Comparator = Literal[">=", "<=", ">", "<"]

_BARE = re.compile(r"\w[\w.\-/+]*")
EVERY = "*"


@dataclass(frozen=True)
class Quantity:
    """A metric of the candidate, or how much worse it is than the baseline's.

    Attributes
    ----------
    metric : a catalog name with its β and average: ``"f_beta[0.5]_macro"``.
    of_class : a class's name; None for a metric of the whole model.
    every_class : whether each class is meant.
    is_drop : whether the baseline's lead is meant: baseline − candidate where higher is better,
        candidate − baseline where lower is.
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
    """A quantity and the bound that it must keep.

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
    r"""Return a class as a rule writes it: bare where it can be, in quotes where not.

    >>> quoted("cat"), quoted('fire "truck"')
    ('cat', '"fire \\"truck\\""')
    """
    if _BARE.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
