"""How a check's numbers are written, once for every rendering."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.gate.decide import Check, Decision

HEADS = ("rule", "outcome", "value", "interval", "candidate", "baseline", "how")


def cells_of(check: Check) -> tuple[str, ...]:
    """Return the cells of a check, in the order of `HEADS`."""
    return (
        check.rule,
        check.outcome.words,
        number(check.value),
        interval(check),
        number(check.candidate),
        number(check.baseline),
        check.method or "–",
    )


def number(value: float | None) -> str:
    """Return a number with four decimals, small ones with three digits.

    >>> number(0.91234), number(-0.00001234), number(0.0), number(None)
    ('0.9123', '-1.23e-05', '0.0000', '–')
    """
    if value is None:
        return "–"
    return f"{value:.4f}" if value == 0 or abs(value) >= 0.0005 else f"{value:.3g}"


def interval(check: Check) -> str:
    """Return both ends of a check's interval."""
    if check.low is None or check.high is None:
        return "–"
    return f"[{number(check.low)}, {number(check.high)}]"


def explanation(check: Check) -> str:
    """Return what a check found, in one line."""
    return (
        f"{check.outcome.words}: {check.rule}; value {number(check.value)} {interval(check)}, "
        f"candidate {number(check.candidate)}, baseline {number(check.baseline)}, "
        f"{check.method or 'no interval'}: {check.reason}"
    )


def footnote(decision: Decision) -> str:
    """Return what the intervals are."""
    level = f"{100 * (1 - decision.alpha):g} %"
    return (
        f"intervals at {level}; a rule passes where the whole interval keeps its bound and fails "
        "where all of it breaks the bound, corrected for the number of checks"
    )
