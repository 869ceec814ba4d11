"""A decision as Markdown: the summary of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.gate.decide import Outcome
from evalkit.gate.rendering.cells import HEADS, cells_of, footnote
from evalkit.tabular import markdown_cell

if TYPE_CHECKING:
    from evalkit.gate.decide import Decision

MARKS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.CANNOT_TELL: "❔"}


def markdown_text(decision: Decision) -> str:
    """Return a heading, a table with a row a check, and why checks did not pass."""
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
