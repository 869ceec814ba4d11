"""A decision as a table for the terminal and as Markdown for a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.gate.decide import Outcome, percentage
from evalkit.notebook_html import table_html, text_html, view_html
from evalkit.statistics.decision_limits import EXACT
from evalkit.tabular import markdown_cell
from evalkit.terminal_tables import TerminalTable

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
    """Return a number with four decimals, or a small one with three digits.

    >>> number(0.91234), number(-0.00001234), number(0.0), number(None)
    ('0.9123', '-1.23e-05', '0.0000', '–')
    """
    if value is None:
        return "–"
    return f"{value:.4f}" if value == 0 or abs(value) >= 0.0005 else f"{value:.3g}"


def interval(check: Check) -> str:
    """Return the interval of a check as text."""
    if check.low is None or check.high is None:
        return "–"
    return f"[{number(check.low)}, {number(check.high)}]"


def explanation(check: Check) -> str:
    """Return the numbers and the outcome of a check in one line."""
    return (
        f"{check.outcome.words}: {check.rule}; value {number(check.value)} {interval(check)}, "
        f"candidate {number(check.candidate)}, baseline {number(check.baseline)}, "
        f"{check.method or 'no interval'}: {check.reason}"
    )


def footnote(decision: Decision) -> str:
    """Return a note on the intervals and on how they decide."""
    checks, alpha = len(decision.checks), f"α = {decision.alpha:g}"
    if decision.look is not None:
        alpha += f", of which look {decision.look} may spend {decision.level * checks:.2g}"
    shared = f", divided by {checks} checks" if checks > 1 else ""
    looks = " in any look" if decision.look is not None else ""
    # Gamma limits of many classes with few samples exceed their level a little.
    approximate = any(
        check.method.endswith("approximate") or not check.method.startswith(EXACT)
        for check in decision.checks
        if check.method
    )
    return (
        f"intervals at {percentage(1 - decision.level)} ({alpha}{shared}); a rule passes if its "
        "whole interval keeps the bound, and fails if the whole interval breaks it; the "
        f"probability of any wrong decision{looks} is {'about' if approximate else 'at most'} "
        f"{percentage(decision.alpha)}"
    )


STYLES = {Outcome.PASS: "green", Outcome.FAIL: "red", Outcome.CANNOT_TELL: "yellow"}


def decision_table(decision: Decision) -> TerminalTable:
    """Return the headline, one row per check, and the reason of each check that did not pass."""
    reasons = [
        f"{check.rule}: {check.reason}"
        for check in decision.checks
        if check.outcome is not Outcome.PASS
    ]
    return TerminalTable(
        heads=HEADS,
        rows=[cells_of(check) for check in decision.checks],
        title=decision.headline,
        caption=[*reasons, footnote(decision)],
        words=("outcome", "how"),
        styles=[STYLES[check.outcome] for check in decision.checks],
    )


def decision_html(decision: Decision) -> str:
    """Return a decision as HTML for a notebook: the headline, one row per check, the reasons."""
    table = decision_table(decision)
    return view_html(
        "decision",
        table_html(HEADS, (map(text_html, row) for row in table.rows)),
        headline=decision.headline,
        notes=table.caption,
        css="& td:nth-child(2){font-weight:600}"
        "& :is(td,th):is(:nth-child(2),:nth-child(7)){text-align:left}",
    )


MARKS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.CANNOT_TELL: "❔"}


def markdown_text(decision: Decision) -> str:
    """Return a heading, a table with one row per check, and the reasons of those not passed."""
    rows = [
        [
            markdown_cell(cells[0]),
            f"{MARKS[check.outcome]} {cells[1]}",
            *map(markdown_cell, cells[2:]),
        ]
        for check in decision.checks
        for cells in [cells_of(check)]
    ]
    lines = [
        "<!-- generator: evalkit gate -->",
        f"### {MARKS[decision.outcome]} {markdown_cell(decision.headline)}",
        "",
        f"| {' | '.join(HEADS)} |",
        "|---|---|--:|--:|--:|--:|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        *(
            f"- {markdown_cell(check.rule)}: {markdown_cell(check.reason)}"
            for check in decision.checks
            if check.outcome is not Outcome.PASS
        ),
        "",
        f"<sub>{markdown_cell(footnote(decision))}</sub>",
    ]
    return "\n".join(lines) + "\n"
