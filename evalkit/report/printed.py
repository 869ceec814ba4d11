"""Estimates and differences as the page prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import MINUS, p_value, percent, points, points_range

if TYPE_CHECKING:
    from evalkit.narrative.wording import Unit
    from evalkit.statistics.estimates import Difference, Estimate

NOT_AVAILABLE = "n/a"
DECIMALS = 3


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


def printed_estimate(estimate: Estimate, unit: Unit = "percent", *, leads: bool = False) -> Printed:
    """Return an estimate in percent or with three decimals."""
    if estimate.value is None:
        return Printed(NOT_AVAILABLE, reason=estimate.undefined or "undefined")
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        interval = span(estimate.low, estimate.high, unit)
    return Printed(amount(estimate.value, unit), interval, leads=leads, number=estimate.value)


def printed_difference(difference: Difference, unit: Unit = "percent") -> Printed:
    """Return a difference with its sign, in points or with three decimals."""
    if difference.value is None:
        return Printed(NOT_AVAILABLE, reason=difference.undefined or "undefined")
    interval = ""
    if difference.low is not None and difference.high is not None:
        interval = (
            points_range(difference.low, difference.high)
            if unit == "percent"
            else f"{_signed(difference.low)} to {_signed(difference.high)}"
        )
    value = points(difference.value) if unit == "percent" else _signed(difference.value)
    return Printed(value, interval, leads=difference.significant, number=difference.value)


def p_text(difference: Difference) -> str:
    """Return the adjusted p-value if there is one, else the p-value."""
    p = difference.p_value if difference.p_adjusted is None else difference.p_adjusted
    return NOT_AVAILABLE if p is None else p_value(p)


def amount(value: float, unit: Unit) -> str:
    """Return a value in its unit.

    >>> amount(0.48764, "percent"), amount(-0.25, "coefficient")
    ('48.8', '−0.250')
    """
    if unit == "percent":
        return percent(value)
    return f"{value:.{DECIMALS}f}".replace("-", MINUS)


def span(low: float, high: float, unit: Unit) -> str:
    """Return an interval in its unit.

    >>> span(0.4782, 0.498, "percent"), span(-0.1, 0.2, "coefficient")
    ('47.8–49.8', '−0.100 to 0.200')
    """
    joint = "–" if low >= 0 else " to "
    return f"{amount(low, unit)}{joint}{amount(high, unit)}"


def _signed(value: float) -> str:
    return f"{value:+.{DECIMALS}f}".replace("-", MINUS)
