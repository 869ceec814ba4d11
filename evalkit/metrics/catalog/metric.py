"""One metric, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.metrics.count.marginals import FloatArray

Needs = Literal["counts", "probabilities", "multilabel"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, in words.

    Attributes
    ----------
    key : its name in Python and in files: ``"recall"``.
    label : its name for people: ``"Recall"``.
    formula : plain text.
    low, high : the least and greatest value; infinite where there is no bound.
    higher_is_better : whether the better model has the higher value.
    needs : ``"counts"``, ``"probabilities"`` or ``"multilabel"`` indicators.
    by_class : whether it has a value for each class, and averages.
    definition : one line in plain words.
    use : when to look at it, and when not.
    undefined : when it has no value.
    of_counts : the function of counts (..., K, K); None where counts are not enough.
    """

    key: str
    label: str
    formula: str
    low: float
    high: float
    higher_is_better: bool
    needs: Needs
    by_class: bool
    definition: str
    use: str
    undefined: str
    of_counts: Callable[..., FloatArray] | None = None

    @property
    def range(self) -> str:
        """The range as text, ``"[0, 1]"``.

        Examples
        --------
        >>> from evalkit.metrics.catalog import CATALOG
        >>> CATALOG["log_loss"].range
        '[0, ∞)'
        """
        low = f"[{self.low:g}".replace("-", "−")
        return f"{low}, ∞)" if math.isinf(self.high) else f"{low}, {self.high:g}]"
