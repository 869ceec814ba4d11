"""Tables for a terminal and as plain text. Rich is imported when a table is rendered."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from evalkit.tabular import printable_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

    Markup in cells is not interpreted, and numbers are not broken. In a narrow console, heads and
    then cells wrap between words. Columns that still do not fit are printed in further tables, each
    with the first column.

    Attributes
    ----------
    heads, rows : as in `text_table`.
    title : line above the table.
    text : lines below the title.
    caption : lines below the table.
    words : heads of other columns to left-align in a terminal.
    styles : rich style of each row; empty without styles.
    """

    heads: Sequence[str]
    rows: Rows
    title: str = ""
    text: Sequence[str] = ()
    caption: Sequence[str] = ()
    words: Sequence[str] = ()
    styles: Sequence[str] = ()

    def __str__(self) -> str:
        above = "\n".join(map(printable_cell, filter(None, (self.title, *self.text))))
        caption = "\n".join(map(printable_cell, self.caption))
        parts = [above, text_table(self.heads, self.rows), caption]
        return "\n\n".join(part for part in parts if part)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        if self.title:
            yield Text(printable_cell(self.title), "bold")
        for line in filter(None, self.text):
            yield Text(printable_cell(line))
        if self.title or self.text:
            yield ""
        widths, parts = self._layout(options.max_width)
        for i, part in enumerate(parts):
            if i:
                yield ""
            yield self._drawn([0, *part], widths)
        if self.caption:
            yield ""
            yield Text("\n".join(map(printable_cell, self.caption)))

    def _layout(self, available: int) -> tuple[list[int], list[range]]:
        """Return the width of each column, and the columns of each part without the first.

        There are as few parts as possible. Of several widths that allow so few, the widest are
        chosen: heads wrap first, then columns of words, then the first column, then cells.
        """
        choices = self._widths(available)
        for number in range(1, len(self.heads)):
            parts = _parts(len(self.heads), number)
            for widths in choices:
                if all(_width([widths[i] for i in (0, *part)]) <= available for part in parts):
                    return widths, parts
        return choices[-1], _parts(len(self.heads), max(1, len(self.heads) - 1))

    def _widths(self, available: int) -> list[list[int]]:
        """Return the possible widths of the columns, the widest first.

        Rich alone would shorten all columns and break numbers.
        """
        from rich.cells import cell_len

        def longest(texts: Iterable[str]) -> int:
            return max(map(cell_len, texts), default=0)

        whole, cells, words = [], [], []
        for name, *column in zip(self.heads, *self.rows, strict=True):
            texts = [printable_cell(cell) for cell in column]
            of_head = longest(printable_cell(name).split())
            cells.append(max(longest(texts), of_head))
            whole.append(max(cells[-1], cell_len(printable_cell(name))))
            words.append(max(longest(word for text in texts for word in text.split()), of_head))
        of_words = [i for i, name in enumerate(self.heads) if i and name in self.words]
        narrowed = [words[i] if i in of_words else width for i, width in enumerate(cells)]
        left = max(0, available - _width(narrowed))
        for i in of_words:
            more = min(left, cells[i] - narrowed[i])
            narrowed[i], left = narrowed[i] + more, left - more
        room = available - _width([0, *narrowed[1:]])
        shrunk = [min(cells[0], max(words[0], room)), *narrowed[1:]]
        first = min(cells[0], max(words[0], available // SHARE))
        return [whole, cells, narrowed, shrunk, [first, *words[1:]]]

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


def _parts(columns: int, number: int) -> list[range]:
    """Return all columns but the first in a number of parts of about equal length."""
    others = range(1, columns)
    length = max(1, ceil(len(others) / number))
    return [others[i : i + length] for i in range(0, len(others), length)] or [others]
