"""A confusion matrix as text, HTML, Markdown, LaTeX and plain values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from evalkit.metrics.confusion_html import MOST_SHOWN, matrix_html
from evalkit.tabular import latex_table, markdown_table
from evalkit.terminal_tables import TerminalTable, text_table

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.text import Text

    from evalkit.metrics.cells import Cells
    from evalkit.metrics.count.marginals import Marginals

CORNER = "actual \\ predicted"


class MatrixTables(ABC):
    """The tables of a confusion matrix."""

    @property
    @abstractmethod
    def classes(self) -> tuple[Any, ...]:
        """The ordered names of the K classes."""

    @property
    @abstractmethod
    def counts(self) -> NDArray[Any]:
        """(K, K) counts."""

    @property
    @abstractmethod
    def cells(self) -> Cells:
        """The cells that are not zero."""

    @property
    @abstractmethod
    def marginals(self) -> Marginals:
        """True positives, actual and predicted counts of each class."""

    def to_dict(self) -> dict[str, Any]:
        """Return ``counts`` and ``classes`` as lists, the arguments of `ConfusionMatrix`."""
        return {"counts": self.counts.tolist(), "classes": list(self.classes)}

    def to_markdown(self) -> str:
        """Return the counts as a Markdown table, rows actual, columns predicted."""
        return markdown_table(*self._cells())

    def to_latex(self) -> str:
        r"""Return the counts as a LaTeX ``tabular`` that needs the package booktabs."""
        return latex_table(*self._cells())

    def __str__(self) -> str:
        return text_table(*self._cells()) if len(self.classes) <= MOST_SHOWN else repr(self)

    def _repr_html_(self) -> str:
        return matrix_html(self.classes, self.cells, self.marginals.actual)

    def __rich__(self) -> TerminalTable | Text:
        if len(self.classes) > MOST_SHOWN:
            from rich.text import Text

            return Text(repr(self))
        heads, rows = self._cells()
        total = _count_text(self.counts.sum().item())
        caption = [f"n = {total}; rows actual, columns predicted"]
        return TerminalTable(heads=heads, rows=rows, caption=caption)

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        names = [str(name) for name in self.classes]
        rows = [
            [name, *map(_count_text, row)]
            for name, row in zip(names, self.counts.tolist(), strict=True)
        ]
        return [CORNER, *names], rows


def _count_text(count: float) -> str:
    return f"{count:,g}" if count % 1 else f"{int(count):,}"
