"""The short table and the verdict for a terminal: plain text, aligned, safe in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.compare.phrasing import confidence_text, percent
from evalkit.compare.summary_rows import estimate_text, summary_columns, summary_rows
from evalkit.tabular import aligned, printable_cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evalkit.compare.comparison import Comparison

LONGEST_NAME = 32


def summary_text(comparison: Comparison) -> str:
    """Return the verdict and a row a model: accuracy and macro averages in percent, intervals."""
    columns = summary_columns(comparison.settings.betas)
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
            *_groups(comparison, columns),
        ]
    )


def _groups(comparison: Comparison, columns: Mapping[str, str]) -> list[str]:
    """Return the lines of the groups: the mean over runs with its interval and its spread."""
    if not comparison.groups:
        return []
    rows = [["group", "runs", *columns]]
    for group in comparison.groups:
        cells = [group.metrics[key] for key in columns.values()]
        rows.append(
            [
                shown_name(group.name),
                str(len(group.runs)),
                *(
                    estimate_text(cell.mean)
                    + (
                        ""
                        if cell.standard_deviation is None
                        else f" ±{percent(group.factor * cell.standard_deviation)}"
                    )
                    for cell in cells
                ),
            ]
        )
    warnings = [
        f"{shown_name(group.name)}: {group.warning}" for group in comparison.groups if group.warning
    ]
    factor = comparison.settings.factor
    return [
        "",
        *aligned(rows),
        "",
        f"in brackets: intervals over seeds and samples; ±: {factor:g} standard deviations",
        *warnings,
    ]


def shown_name(name: str) -> str:
    """Return a name short enough for a column."""
    name = printable_cell(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
