"""The short table and the verdict for a terminal: plain text, aligned, safe in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.compare.tables import group_note, group_rows, summary_rows
from evalkit.phrasing import confidence_text
from evalkit.tabular import aligned, printable_cell

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

LONGEST_NAME = 32


def summary_text(comparison: Comparison) -> str:
    """Return the verdict and a row a model: accuracy and macro averages in percent, intervals."""
    heads, rows = summary_rows(comparison)
    table = [heads, *([shown_name(name), *cells] for name, *cells in rows)]
    confidence = confidence_text(comparison.settings.confidence)
    verdict = comparison.verdict
    return "\n".join(
        [
            printable_cell(verdict.headline),
            printable_cell(verdict.lede),
            "",
            *aligned(table),
            "",
            f"in brackets: {confidence} intervals".replace("\N{NO-BREAK SPACE}", " "),
            *_groups(comparison),
        ]
    )


def _groups(comparison: Comparison) -> list[str]:
    """Return the lines of the groups: the mean over runs with its interval and its spread."""
    if not comparison.groups:
        return []
    heads, rows = group_rows(comparison)
    table = [heads, *([shown_name(name), *cells] for name, *cells in rows)]
    warnings = [
        f"{shown_name(group.name)}: {group.warning}" for group in comparison.groups if group.warning
    ]
    return ["", *aligned(table), "", group_note(comparison), *warnings]


def shown_name(name: str) -> str:
    """Return a name short enough for a column."""
    name = printable_cell(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
