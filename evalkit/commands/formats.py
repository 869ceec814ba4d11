"""Print a comparison as a table, or in a format for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from evalkit.commands.help import option
from evalkit.commands.terminal import say, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison

Format = Literal["table", "json", "markdown", "csv"]


def format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--format``, passed on as ``text_format``."""
    return option(
        "Output",
        "--format",
        "text_format",
        type=click.Choice(["table", "json", "markdown", "csv"]),
        default="table",
        show_default=True,
        help="Print a table, all numbers as JSON, or tables in Markdown or CSV.",
    )(command)


def comparison_text(
    comparison: Comparison, text_format: Format = "table", *, in_full: bool = False
) -> str:
    """Return a comparison in a format.

    Parameters
    ----------
    text_format : ``"table"`` and ``"markdown"`` begin with the verdict, ``"csv"`` has one row per
        estimate, and ``"json"`` is results.json.
    in_full : whether tables include the metrics of each class.
    """
    if text_format == "json":
        return comparison.to_json().rstrip("\n")
    if text_format == "csv":
        return _csv(comparison, in_full=in_full)
    if text_format == "markdown":
        return _markdown(comparison, in_full=in_full)
    return _table(comparison, in_full=in_full)


def show_comparison(comparison: Comparison, text_format: Format, *, in_full: bool = False) -> None:
    """Print a comparison in a format; tables on a terminal are drawn to its width."""
    text = comparison_text(comparison, text_format, in_full=in_full)
    if text_format == "table":
        from evalkit.report.tables import terminal_tables

        show(text, *terminal_tables(comparison, by_class=in_full))
    else:
        say(text)


def _table(comparison: Comparison, *, in_full: bool) -> str:
    from evalkit.report.tables import class_rows
    from evalkit.terminal_tables import text_table

    summary = str(comparison)
    return f"{summary}\n\n{text_table(*class_rows(comparison))}" if in_full else summary


def _markdown(comparison: Comparison, *, in_full: bool) -> str:
    from evalkit.phrasing import confidence_text
    from evalkit.report.tables import class_rows
    from evalkit.tabular import markdown_cell, markdown_table

    verdict = comparison.verdict
    parts = [
        f"**{markdown_cell(verdict.headline)}** {markdown_cell(verdict.lede)}",
        comparison.to_markdown(),
        *([markdown_table(*class_rows(comparison))] if in_full else []),
        markdown_cell(f"In brackets: {confidence_text(comparison.settings.confidence)} intervals."),
    ]
    return "\n\n".join(parts)


def _csv(comparison: Comparison, *, in_full: bool) -> str:
    import pandas as pd

    from evalkit.tabular import csv_cell, printable_cell

    table = comparison.summary()
    if in_full:
        table = pd.concat([table, comparison.per_class()], ignore_index=True)
    table = table.map(
        lambda cell: csv_cell(printable_cell(cell)) if isinstance(cell, str) else cell
    )
    return table.to_csv(index=False, lineterminator="\n").rstrip("\n")
