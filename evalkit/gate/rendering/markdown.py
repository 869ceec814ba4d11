"""A decision as Markdown: the summary of a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evalkit.gate.decide import Outcome
from evalkit.gate.rendering.cells import HEADS, cells_of, footnote
from evalkit.report.terminal import shown

if TYPE_CHECKING:
    from evalkit.gate.decide import Decision

MARKS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.CANNOT_TELL: "❔"}


def markdown_text(decision: Decision) -> str:
    """Return a heading, a table with a row a check, and why checks did not pass."""
    rows = [
        [escaped(cells[0]), f"{MARKS[check.outcome]} {cells[1]}", *map(escaped, cells[2:])]
        for check in decision.checks
        for cells in [cells_of(check)]
    ]
    lines = [
        "<!-- generator: evalkit gate -->",
        f"### {MARKS[decision.outcome]} {escaped(decision.headline)}",
        "",
        f"| {' | '.join(HEADS)} |",
        "|---|---|--:|--:|--:|--:|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        *(
            f"- {escaped(check.rule)}: {escaped(check.reason)}"
            for check in decision.checks
            if check.outcome is not Outcome.PASS
        ),
        "",
        f"<sub>{escaped(footnote(decision))}</sub>",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    r"""Return text of which Markdown and HTML make nothing but text.

    >>> escaped("a|b <img> *c* @team"), escaped("recall[cat]")
    ('a\\|b &lt;img&gt; \\*c\\* @\u200bteam', 'recall\\[cat\\]')
    """
    plain = shown(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A zero-width space keeps a class called @team from calling a team.
    plain = re.sub(r"@(?=\w)", "@\u200b", plain)
    return re.sub(r"([\\`*_\[\]|~#!])", r"\\\1", plain)
