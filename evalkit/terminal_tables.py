"""Tables for a terminal and as plain text. Rich is imported when a table is rendered."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from evalkit.tabular import printable_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table
    from rich.text import Text

    from evalkit.tabular import Rows

GAP = 2
"""Spaces between columns."""
SHARE = 3
"""In a narrow console, the first column takes at most 1 / SHARE of the width."""
_UNLIMITED = 1 << 20


def text_table(heads: Sequence[str], rows: Rows) -> str:
    """Return a table as plain text; columns after the first are right-aligned.

    >>> print(text_table(["class", "n"], [["cat", "10"], ["dog", "5"]]))
    class   n
    cat    10
    dog     5
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False)
    for i, head in enumerate(heads):
        table.add_column(_cell(head), justify="right" if i else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(_cell, row))
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=_UNLIMITED,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        legacy_windows=False,
    )
    console.print(table, crop=False)
    return "\n".join(line.rstrip() for line in stream.getvalue().rstrip("\n").split("\n"))


@dataclass(frozen=True, kw_only=True)
class TerminalTable:
    """A table with a title and a caption for rich; ``str`` returns it as plain text.

    Markup in cells is not interpreted, and numbers are not broken. In a narrow console, cells wrap
    between words. Columns that still do not fit are printed in further tables, each with the first
    column.

    Attributes
    ----------
    heads, rows : as in `text_table`.
    title : line above the table.
    caption : lines below the table.
    words : heads of other columns to left-align in a terminal.
    styles : rich style of each row; empty without styles.
    """

    heads: Sequence[str]
    rows: Rows
    title: str = ""
    caption: Sequence[str] = ()
    words: Sequence[str] = ()
    styles: Sequence[str] = ()

    def __str__(self) -> str:
        caption = "\n".join(map(printable_cell, self.caption))
        parts = [printable_cell(self.title), text_table(self.heads, self.rows), caption]
        return "\n\n".join(part for part in parts if part)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        if self.title:
            yield Text(f"{printable_cell(self.title)}\n", "bold")
        widths = self._widths(options.max_width)
        for part in _parts(widths, options.max_width):
            yield self._drawn([0, *part], widths)
            yield ""
        if self.caption:
            yield Text("\n".join(map(printable_cell, self.caption)))

    def _widths(self, available: int) -> list[int]:
        """Return the width of each column: of its cells, or of its words in a narrow console.

        Rich alone would shorten all columns and break numbers. Columns of words are narrowed first,
        so that intervals stay on one line if possible.
        """
        from rich.cells import cell_len

        columns = [
            [printable_cell(cell) for cell in column]
            for column in zip(self.heads, *self.rows, strict=True)
        ]
        whole = [max(map(cell_len, column)) for column in columns]
        if _width(whole) <= available:
            return whole
        by_word = [
            max((cell_len(word) for cell in column for word in cell.split()), default=0)
            for column in columns
        ]
        of_words = [i for i, head in enumerate(self.heads) if i and head in self.words]
        widths = [by_word[i] if i in of_words else width for i, width in enumerate(whole)]
        if (left := available - _width(widths)) >= 0:
            for i in of_words:
                more = min(left, whole[i] - widths[i])
                widths[i], left = widths[i] + more, left - more
            return widths
        return [min(whole[0], max(by_word[0], available // SHARE)), *by_word[1:]]

    def _drawn(self, chosen: Sequence[int], widths: Sequence[int]) -> Table:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, padding=(0, GAP - 1, 0, 0), pad_edge=False, show_edge=False)
        for i in chosen:
            left = i == 0 or self.heads[i] in self.words
            table.add_column(
                _cell(self.heads[i]),
                justify="left" if left else "right",
                overflow="fold",
                width=widths[i],
            )
        styles = self.styles or [""] * len(self.rows)
        for row, style in zip(self.rows, styles, strict=True):
            table.add_row(*(_cell(row[i]) for i in chosen), style=style)
        return table


def _cell(text: str) -> Text:
    from rich.text import Text

    return Text(printable_cell(text))


def _width(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _parts(widths: Sequence[int], available: int) -> list[range]:
    """Return the columns in the fewest parts of equal length that fit with the first column."""
    others = range(1, len(widths))
    for parts in range(1, len(others) + 1):
        length = ceil(len(others) / parts)
        runs = [others[i : i + length] for i in range(0, len(others), length)]
        needed = max(_width([widths[0], *(widths[i] for i in run)]) for run in runs)
        if needed <= available or length == 1:
            return runs
    return [others]
