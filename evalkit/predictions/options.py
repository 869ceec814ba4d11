"""How prediction files are read: the options that settle what a file leaves open."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from evalkit.errors import DataError
from evalkit.reading.source import open_source, shown

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from evalkit.predictions.inputs import Kind

MAX_RENAMES = 1 << 24


@dataclass(frozen=True)
class ReadOptions:
    """How prediction files are read.

    Attributes
    ----------
    columns : evalkit's name of a column → the file's, as in ``{"y_true": "gold"}``; ``{"id": ""}``
        says that no column is an id.
    fold_case, strip : read labels without capitals, and without blanks at their ends.
    renamed : label in a file → class.
    probabilities : whether columns of probabilities are read.
    positive : the class of which a single column ``y_prob`` holds the probability.
    decimal : the decimal mark of numbers in text files.
    records : the dotted path of the records in a JSON document, as in ``results.samples``.
    truth : a file with the actual labels, for files that hold only predictions.
    by_position : pair the rows of a file and its `truth` by their order, without ids.
    show : kinds and columns of inputs to show, as in ``[("image", ("path",))]``.
    show_folder : the folder of images, in place of that of the prediction file.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    fold_case: bool = False
    strip: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)
    probabilities: bool = True
    positive: str | None = None
    decimal: Literal[".", ","] = "."
    records: str | None = None
    truth: str | None = None
    by_position: bool = False
    show: tuple[tuple[Kind, tuple[str, ...]], ...] = ()
    show_folder: str | None = None

    @property
    def shown_images(self) -> set[str]:
        """The columns of images, which may be nested."""
        return {columns[0] for kind, columns in self.show if kind == "image"}

    @property
    def changes_labels(self) -> bool:
        """Whether labels are read as other classes than the file writes them."""
        return self.fold_case or self.strip or bool(self.renamed)

    def label(self, name: str) -> str:
        """Return the class that a label in a file stands for.

        >>> ReadOptions(strip=True, fold_case=True).label("Yes ")
        'yes'
        """
        text = name.strip() if self.strip else name
        text = self.renamed.get(name, self.renamed.get(text, text))
        return text.casefold() if self.fold_case else text


DEFAULT = ReadOptions()


def read_renames(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return label → class from a CSV file with the two columns ``from,to``.

    Raises
    ------
    FileFormatError
        If the file is missing or empty.
    DataError
        If it has other columns, or maps one label twice.
    """
    with open_source(path) as source:
        if source.size > MAX_RENAMES:
            raise DataError(f"{path} is larger than {MAX_RENAMES >> 20} MB, the limit for --map.")
        content = source.read()
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not CSV in UTF-8: {shown(error)}.") from error
    rows = [row for row in rows if row]
    if not rows or [cell.strip().lower() for cell in rows[0]] != ["from", "to"]:
        raise DataError(f"{path} does not begin with the line from,to.")
    renamed: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != 2:
            raise DataError(f"Row {number} of {path} has {len(row)} cells, expected from,to.")
        if row[0] in renamed:
            raise DataError(f"Row {number} of {path} maps {shown(row[0])} a second time.")
        renamed[row[0]] = row[1]
    return renamed
