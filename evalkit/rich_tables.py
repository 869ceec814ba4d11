"""Tables as rich draws them in a terminal; rich is asked for only where it asks itself."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from evalkit.tabular import printable_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

    from evalkit.tabular import Rows

GAP = 2
"""Spaces between columns."""
SHARE = 3
"""Where room is short the first column takes no more than this part of it."""


@dataclass(frozen=True, kw_only=True)
class RichTable:
    """A table of text that rich can print; no cell is taken for markup, no number is broken.

    Where a console is too narrow, cells go on in a second line between words, and columns that
    still find no room are in a second table, beside the first column again.

    Attributes
    ----------
    heads, rows : as for `evalkit.tabular.text_table`.
    title : the line above.
    caption : the lines below.
    words : heads of columns to the left, as the first is; numbers are to the right.
    styles : rich's style of each row, where rows have any.
    """

    heads: Sequence[str]
    rows: Rows
    title: str = ""
    caption: Sequence[str] = ()
    words: Sequence[str] = ()
    styles: Sequence[str] = ()

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

    def _widths(self, room: int) -> list[int]:
        """Return the width of each column: of its cells, or of its words where room is short.

        Columns of words give way first, so that an interval stays on its line if it can.
        """
        from rich.cells import cell_len

        columns = [[printable_cell(cell) for cell in column] for column in self._columns()]
        whole = [max(map(cell_len, column)) for column in columns]
        if _width(whole) <= room:
            return whole
        by_word = [
            max((cell_len(word) for cell in column for word in cell.split()), default=0)
            for column in columns
        ]
        told = [i for i, head in enumerate(self.heads) if i and head in self.words]
        widths = [by_word[i] if i in told else width for i, width in enumerate(whole)]
        if (left := room - _width(widths)) >= 0:
            for i in told:
                more = min(left, whole[i] - widths[i])
                widths[i], left = widths[i] + more, left - more
            return widths
        return [min(whole[0], max(by_word[0], room // SHARE)), *by_word[1:]]

    def _columns(self) -> list[tuple[str, ...]]:
        return list(zip(self.heads, *self.rows, strict=True))

    def _drawn(self, chosen: Sequence[int], widths: Sequence[int]) -> Table:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(box=SIMPLE_HEAD, padding=(0, GAP - 1, 0, 0), pad_edge=False, show_edge=False)
        for i in chosen:
            left = i == 0 or self.heads[i] in self.words
            table.add_column(
                Text(printable_cell(self.heads[i])),
                justify="left" if left else "right",
                overflow="fold",
                width=widths[i],
            )
        styles = self.styles or [""] * len(self.rows)
        for row, style in zip(self.rows, styles, strict=True):
            table.add_row(*(Text(printable_cell(row[i])) for i in chosen), style=style)
        return table


def _width(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _parts(widths: Sequence[int], room: int) -> list[range]:
    """Return the fewest runs of columns, of one length, that find room beside the first."""
    others = range(1, len(widths))
    for parts in range(1, len(others) + 1):
        length = ceil(len(others) / parts)
        runs = [others[i : i + length] for i in range(0, len(others), length)]
        needed = max(_width([widths[0], *(widths[i] for i in run)]) for run in runs)
        if needed <= room or length == 1:
            return runs
    return [others]
