"""A decision for a terminal: one table, plain in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.gate.decide import Outcome
from evalkit.gate.rendering.cells import HEADS, cells_of, footnote
from evalkit.tabular import aligned, printable_cell

if TYPE_CHECKING:
    from evalkit.gate.decide import Decision

COLOURS = {Outcome.PASS: "32", Outcome.FAIL: "31", Outcome.CANNOT_TELL: "33"}


def terminal_text(decision: Decision, *, colour: bool = False) -> str:
    """Return the headline, a row a check, and the reason of each that did not pass.

    Parameters
    ----------
    colour : whether to colour the outcomes with ANSI codes.
    """
    rows = [list(HEADS)]
    rows += [[printable_cell(cell) for cell in cells_of(check)] for check in decision.checks]
    lines = aligned(rows)
    if colour:
        painted = zip(lines[1:], decision.checks, strict=True)
        lines[1:] = [_painted(line, check.outcome) for line, check in painted]
    reasons = [
        f"{printable_cell(check.rule)}: {printable_cell(check.reason)}"
        for check in decision.checks
        if check.outcome is not Outcome.PASS
    ]
    headline = printable_cell(decision.headline)
    return "\n".join(
        [
            _painted(headline, decision.outcome) if colour else headline,
            "",
            *lines,
            "",
            *reasons,
            footnote(decision),
        ]
    )


def _painted(line: str, outcome: Outcome) -> str:
    return f"\x1b[{COLOURS[outcome]}m{line}\x1b[0m"
