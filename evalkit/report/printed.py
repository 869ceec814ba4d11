"""Estimates and differences as the page prints them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import MINUS, decimals_apart, p_value, percent, points, points_range

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalkit.narrative.wording import Unit
    from evalkit.statistics.estimates import Difference, Estimate

NOT_AVAILABLE = "n/a"
DECIMALS = 3
COST_DIGITS = 4
MOST_DECIMALS = 4


@dataclass(frozen=True)
class Printed:
    """A number with its interval, as printed.

    Attributes
    ----------
    value, interval : ``"48.8"`` and ``"47.8–49.8"``; ``"n/a"`` and ``""`` where undefined.
    reason : why it is undefined, or a remark on it.
    leads : whether it is significantly better than that of every other model; printed in bold.
    number : the unrounded value, for sorting; None where undefined.
    """

    value: str
    interval: str = ""
    reason: str = ""
    leads: bool = False
    number: float | None = None

    @property
    def is_defined(self) -> bool:
        """Whether there is a value."""
        return self.number is not None


def printed_estimate(
    estimate: Estimate,
    unit: Unit = "percent",
    *,
    leads: bool = False,
    decimals: int | None = None,
) -> Printed:
    """Return an estimate in percent or with three decimals."""
    if estimate.value is None:
        return Printed(NOT_AVAILABLE, reason=estimate.undefined or "undefined")
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        interval = span(estimate.low, estimate.high, unit, decimals=decimals)
    value = amount(estimate.value, unit, decimals=decimals)
    return Printed(value, interval, leads=leads, number=estimate.value)


def printed_difference(
    difference: Difference, unit: Unit = "percent", *, decimals: int | None = None
) -> Printed:
    """Return a difference with its sign, in points or with three decimals."""
    if difference.value is None:
        return Printed(NOT_AVAILABLE, reason=difference.undefined or "undefined")
    low, high, interval, of_points = difference.low, difference.high, "", 1
    if low is not None and high is not None:
        if difference.significant:
            # The small differences of many samples are not printed as 0.
            of_points = decimals_apart(100 * low, 100 * high, least=1, most=MOST_DECIMALS)
            least = DECIMALS if decimals is None else decimals
            decimals = decimals_apart(low, high, least=least, most=least + DECIMALS)
        interval = (
            points_range(low, high, decimals=of_points)
            if unit == "percent"
            else f"{_signed(low, decimals)} to {_signed(high, decimals)}"
        )
    value = (
        points(difference.value, decimals=of_points)
        if unit == "percent"
        else _signed(difference.value, decimals)
    )
    return Printed(value, interval, leads=difference.significant, number=difference.value)


def p_text(difference: Difference) -> str:
    """Return the adjusted p-value if there is one, else the p-value."""
    p = difference.p_value if difference.p_adjusted is None else difference.p_adjusted
    return NOT_AVAILABLE if p is None else p_value(p)


def decimals_for(unit: Unit, values: Iterable[float | None]) -> int | None:
    """Return the decimals that give the largest cost four digits; None for other units.

    >>> decimals_for("cost", [0.0123, None]), decimals_for("cost", [250.0])
    (5, 1)
    """
    if unit != "cost":
        return None
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    return max(0, COST_DIGITS - 1 - math.floor(math.log10(largest))) if largest > 0 else 2


def amount(value: float, unit: Unit, *, decimals: int | None = None) -> str:
    """Return a value in its unit.

    >>> amount(0.48764, "percent"), amount(-0.25, "coefficient")
    ('48.8', '−0.250')
    """
    if unit == "percent":
        return percent(value)
    return _rounded(value, decimals, "-")


def span(low: float, high: float, unit: Unit, *, decimals: int | None = None) -> str:
    """Return an interval in its unit.

    >>> span(0.4782, 0.498, "percent"), span(-0.1, 0.2, "coefficient")
    ('47.8–49.8', '−0.100 to 0.200')
    """
    joint = "–" if low >= 0 else " to "
    return joint.join(amount(end, unit, decimals=decimals) for end in (low, high))


def _signed(value: float, decimals: int | None) -> str:
    return _rounded(value, decimals, "+")


def _rounded(value: float, decimals: int | None, sign: str) -> str:
    decimals = DECIMALS if decimals is None else decimals
    return f"{round(value, decimals) + 0.0:{sign}.{decimals}f}".replace("-", MINUS)
