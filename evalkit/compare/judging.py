"""When a difference is called significant: where the corrected test and the interval agree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalkit.statistics import holm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.results import Difference


def judged(difference: Difference, p_adjusted: float, alpha: float) -> Difference:
    """Return the difference with its corrected p-value, significant if its interval agrees."""
    excludes_zero = (
        difference.low is not None
        and difference.high is not None
        and (difference.low > 0 or difference.high < 0)
    )
    return replace(
        difference, p_adjusted=p_adjusted, significant=p_adjusted < alpha and excludes_zero
    )


def holm_judged(differences: Sequence[Difference], alpha: float) -> tuple[Difference, ...]:
    """Return differences judged after Holm's correction for all that were tested."""
    tested = [(i, d.p_value) for i, d in enumerate(differences) if d.p_value is not None]
    found = list(differences)
    for (i, _), p in zip(tested, holm([p for _, p in tested]), strict=True):
        found[i] = judged(differences[i], float(p), alpha)
    return tuple(found)
