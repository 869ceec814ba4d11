"""The verdict and a summary table as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.compare.tables import group_note, group_rows, summary_rows
from evalkit.phrasing import confidence_text
from evalkit.tabular import printable_cell
from evalkit.terminal_tables import text_table

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

LONGEST_NAME = 32


def summary_text(comparison: Comparison) -> str:
    """Return the verdict and one row per model: accuracy and macro averages with intervals."""
    confidence = confidence_text(comparison.settings.confidence)
    verdict = comparison.verdict
    return "\n".join(
        [
            printable_cell(verdict.headline),
            printable_cell(verdict.lede),
            "",
            _table(*summary_rows(comparison)),
            "",
            f"in brackets: {confidence} intervals".replace("\N{NO-BREAK SPACE}", " "),
            *_groups(comparison),
        ]
    )


def _groups(comparison: Comparison) -> list[str]:
    """Return one line per group: the mean over runs with its interval and spread."""
    if not comparison.groups:
        return []
    warnings = [
        f"{shown_name(group.name)}: {group.warning}" for group in comparison.groups if group.warning
    ]
    return ["", _table(*group_rows(comparison)), "", group_note(comparison), *warnings]


def _table(heads: list[str], rows: list[list[str]]) -> str:
    return text_table(heads, [[shown_name(name), *cells] for name, *cells in rows])


def shown_name(name: str) -> str:
    """Return a name short enough for a column."""
    name = printable_cell(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
