"""P-values in columns of their own: the number alone, and one sentence where all are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.phrasing import NO_BREAK
from evalkit.report.printed import NOT_AVAILABLE, p_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.statistics.estimates import Difference

LEAST_ROWS = 3
"""Columns of fewer rows are printed even if all p-values are equal."""


def p_number(difference: Difference) -> str:
    """Return the p-value under a head that says p: ``"0.17"``, ``"1"`` or ``"< 0.001"``.

    >>> from evalkit.statistics.estimates import Difference
    >>> p_number(Difference(0.1, p_value=1.0)), p_number(Difference(0.1, p_value=1e-9))
    ('1', '< 0.001')
    """
    return p_text(difference).removeprefix("p = ").removeprefix("p ")


def common_p(numbers: Sequence[str]) -> str:
    """Return the p-value of all rows of a column for a sentence, or nothing if they differ.

    >>> common_p(["1", "1", "1"]).replace(NO_BREAK, " "), common_p(["1", "0.5", "1"])
    ('p = 1', '')
    """
    if len(numbers) < LEAST_ROWS or len(set(numbers)) > 1 or numbers[0] in ("", NOT_AVAILABLE):
        return ""
    relation = numbers[0] if numbers[0][0] in "<>" else f"= {numbers[0]}"
    return f"p {relation}".replace(" ", NO_BREAK)
