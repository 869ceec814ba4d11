"""A decision for a terminal: one table, plain in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.gate.decide import Outcome
from evalkit.gate.rendering.cells import HEADS, cells_of, footnote
from evalkit.rich_tables import RichTable
from evalkit.tabular import aligned, printable_cell

if TYPE_CHECKING:
    from evalkit.gate.decide import Decision

COLOURS = {Outcome.PASS: "32", Outcome.FAIL: "31", Outcome.CANNOT_TELL: "33"}
STYLES = {Outcome.PASS: "green", Outcome.FAIL: "red", Outcome.CANNOT_TELL: "yellow"}


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
    headline = printable_cell(decision.headline)
    return "\n".join(
        [
            _painted(headline, decision.outcome) if colour else headline,
            "",
            *lines,
            "",
            *map(printable_cell, _notes(decision)),
        ]
    )


def rich_table(decision: Decision) -> RichTable:
    """Return the same for rich, a row a check in the colour of its outcome."""
    return RichTable(
        heads=HEADS,
        rows=[cells_of(check) for check in decision.checks],
        title=decision.headline,
        caption=_notes(decision),
        words=("outcome", "how"),
        styles=[STYLES[check.outcome] for check in decision.checks],
    )


def _notes(decision: Decision) -> list[str]:
    """Return the reason of each check that did not pass, and what the intervals are."""
    reasons = [
        f"{check.rule}: {check.reason}"
        for check in decision.checks
        if check.outcome is not Outcome.PASS
    ]
    return [*reasons, footnote(decision)]


def _painted(line: str, outcome: Outcome) -> str:
    return f"\x1b[{COLOURS[outcome]}m{line}\x1b[0m"
