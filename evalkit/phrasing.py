"""Formats of numbers in the sentences of findings, reports and the terminal.

Percentages have one decimal, and thousands a comma. The minus sign is U+2212.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


def percent(fraction: float, *, decimals: int = 1) -> str:
    """Return a fraction in percent, without the percent sign.

    >>> percent(0.48764)
    '48.8'
    """
    return f"{_clean(100 * fraction, decimals):.{decimals}f}".replace("-", MINUS)


def percent_sign(fraction: float, *, decimals: int = 1) -> str:
    """Return a fraction in percent, with a percent sign after a no-break space.

    >>> percent_sign(0.5).replace(NO_BREAK, " ")
    '50.0 %'
    """
    return f"{percent(fraction, decimals=decimals)}{NO_BREAK}%"


def confidence_text(fraction: float) -> str:
    """Return a confidence in percent, without trailing zeros.

    >>> confidence_text(0.95).replace(NO_BREAK, " ")
    '95 %'
    """
    return f"{100 * fraction:g}{NO_BREAK}%"


def percent_range(low: float, high: float) -> str:
    """Return an interval of fractions in percent.

    >>> percent_range(0.4782, 0.498)
    '47.8–49.8'
    """
    return f"{percent(low)}–{percent(high)}"


def points(difference: float, *, decimals: int = 1) -> str:
    """Return a difference of fractions in percentage points, with its sign.

    >>> points(-0.0009), points(0.0113, decimals=2), points(0.0)
    ('−0.1', '+1.13', '0.0')
    """
    value = _clean(100 * difference, decimals)
    if value == 0:
        return f"{0:.{decimals}f}"
    return f"{value:+.{decimals}f}".replace("-", MINUS)


def decimals_apart(low: float, high: float, *, least: int, most: int) -> int:
    """Return how many decimals tell the ends of an interval apart, and from 0 if it excludes 0.

    >>> decimals_apart(0.002, 0.004, least=1, most=4), decimals_apart(-0.01, 2.0, least=1, most=4)
    (3, 1)
    """
    different = {low, high} | ({0.0} if low > 0 or high < 0 else set())
    numbers = range(least, most)
    return next(
        (d for d in numbers if len({round(each, d) for each in different}) == len(different)), most
    )


def size_in_points(difference: float, *, decimals: int = 1) -> str:
    """Return the absolute value of a difference of fractions in percentage points.

    >>> size_in_points(-0.0123)
    '1.2'
    """
    return percent(abs(difference), decimals=decimals)


def points_range(low: float, high: float, *, decimals: int = 1) -> str:
    """Return an interval of differences in percentage points.

    >>> points_range(-0.0102, 0.0081)
    '−1.0 to +0.8'
    """
    return f"{points(low, decimals=decimals)} to {points(high, decimals=decimals)}"


def signed(value: float) -> str:
    """Return a number with its sign and three significant digits.

    >>> signed(-0.01234), signed(2.0), signed(0.0)
    ('−0.0123', '+2', '0')
    """
    return f"{value:+.3g}".replace("-", MINUS) if value else "0"


def p_value(p: float) -> str:
    """Return a p-value for a sentence.

    >>> p_value(0.8612), p_value(0.0312), p_value(0.00004), p_value(1.0)
    ('p = 0.86', 'p = 0.031', 'p < 0.001', 'p = 1')
    """
    if p < 0.001:
        return "p < 0.001"
    if p >= 0.995:
        return "p = 1" if p >= 0.9995 else "p > 0.99"
    return f"p = {p:.2f}" if p >= 0.0995 else f"p = {p:.3f}"


def count(number: float) -> str:
    """Return a count with thousands separators; a fractional one has two decimals.

    >>> count(10000), count(0.25)
    ('10,000', '0.25')
    """
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.2f}"


def beta_text(beta: float) -> str:
    """Return β with at most two significant digits.

    >>> beta_text(1.0), beta_text(0.1), beta_text(0.7123)
    ('1', '0.1', '0.71')
    """
    return f"{beta:.2g}"


def joined(items: Sequence[str]) -> str:
    """Return names joined by commas and "and".

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def plural(number: float, noun: str, many: str | None = None) -> str:
    """Return a count with its noun.

    >>> plural(1, "sample"), plural(2, "class", "classes")
    ('1 sample', '2 classes')
    """
    return f"{count(number)} {noun if number == 1 else many or noun + 's'}"


def _clean(value: float, decimals: int) -> float:
    rounded = round(value, decimals)
    return 0.0 if rounded == 0 else rounded
