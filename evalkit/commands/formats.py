"""Print a comparison as a table, or in a format for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click

from evalkit.commands.help import option
from evalkit.commands.terminal import say, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison
    from evalkit.terminal_tables import TerminalTable

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


def show_comparison(comparison: Comparison, text_format: Format, *, in_full: bool = False) -> None:
    """Print a comparison in a format; tables on a terminal are drawn to its width.

    Parameters
    ----------
    text_format : ``"table"`` and ``"markdown"`` begin with the verdict, ``"csv"`` has one row per
        estimate, and ``"json"`` is results.json.
    in_full : whether tables include classes, probabilities, costs and slices.
    """
    if text_format == "json":
        say(comparison.to_json().rstrip("\n"))
    elif text_format == "csv":
        say(_csv(comparison, in_full=in_full))
    else:
        from evalkit.report.detail_tables import detail_tables
        from evalkit.report.tables import terminal_tables

        # Warnings are printed on standard error, with the notes.
        tables = [*terminal_tables(comparison), *(detail_tables(comparison) if in_full else [])]
        if text_format == "markdown":
            say("\n\n".join(map(_markdown, tables)))
        else:
            show("\n\n".join(map(str, tables)), *tables)


def _markdown(table: TerminalTable) -> str:
    from evalkit.tabular import markdown_cell, markdown_table

    above = " ".join([f"**{markdown_cell(table.title)}**", *map(markdown_cell, table.text)])
    caption = "; ".join(map(markdown_cell, table.caption))
    parts = [above.strip(), markdown_table(table.heads, table.rows), caption]
    return "\n\n".join(part for part in parts if part)


def _csv(comparison: Comparison, *, in_full: bool) -> str:
    import pandas as pd

    from evalkit.tabular import csv_cell, printable_cell

    tables = [comparison.summary()]
    if in_full:
        tables.append(comparison.per_class())
        if comparison.costs is not None:
            costs = comparison.expected_costs().rename(columns={"cost": "value"})
            tables.append(costs.assign(metric="expected_cost"))
        if comparison.slice_results:
            tables.append(comparison.slices())
    rows = [row for table in tables for row in table.to_dict("records")]
    table = pd.DataFrame(rows).map(
        lambda cell: csv_cell(printable_cell(cell)) if isinstance(cell, str) else cell
    )
    return table.to_csv(index=False, lineterminator="\n").rstrip("\n")
