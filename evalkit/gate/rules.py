"""Rules as frozen records that print as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from evalkit.metrics.quantities import Quantity

Comparator = Literal[">=", "<=", ">", "<"]


@dataclass(frozen=True)
class Rule:
    """A quantity, a comparator and a bound.

    Examples
    --------
    >>> from evalkit.metrics.quantities import Quantity
    >>> str(Rule(Quantity("recall", "cat"), ">=", 0.9))
    'recall[cat] >= 0.9'
    """

    quantity: Quantity
    comparator: Comparator
    bound: float

    def __str__(self) -> str:
        return f"{self.quantity} {self.comparator} {self.bound!r}"
