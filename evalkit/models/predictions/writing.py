"""Predictions to a file that `read_predictions`, a spreadsheet and other tools read."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import MissingExtraError, OutputError
from evalkit.models.predictions.arrow_table import METADATA
from evalkit.models.predictions.csv_table import defused
from evalkit.models.predictions.roles import PROBABILITY
from evalkit.version import __version__
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evalkit.models.predictions.predictions import Predictions


def write_predictions(predictions: Predictions, path: str | os.PathLike[str]) -> None:
    """Write predictions, whole or not at all, in the format of the path's ending.

    ``.csv``, ``.parquet``, ``.feather`` or ``.arrow``, ``.npz``, ``.jsonl``. In CSV a cell that
    a spreadsheet would take for a formula gets a quote before it, which `read_predictions`
    takes away again.

    Raises
    ------
    OutputError
        If the ending is another, or the file cannot be written.
    MissingExtraError
        If the format takes pyarrow and it is not installed.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _WRITERS:
        raise OutputError(
            f"predictions are written as {', '.join(_WRITERS)}; got {path}: choose one of them"
        )
    write = _WRITERS[suffix]
    write_atomically(path, lambda file: write(predictions, file))


def _columns(predictions: Predictions) -> dict[str, NDArray[Any]]:
    """Return every column by name, labels as text."""
    names = np.array(predictions.classes, dtype=object)
    columns: dict[str, NDArray[Any]] = {}
    if predictions.ids is not None:
        columns["id"] = predictions.ids
    columns["y_true"] = names[predictions.y_true]
    columns["y_pred"] = names[predictions.y_pred]
    if predictions.y_proba is not None:
        for code, name in enumerate(predictions.classes):
            columns[f"{PROBABILITY}{name}"] = predictions.y_proba[:, code]
    if predictions.sample_weight is not None:
        columns["sample_weight"] = predictions.sample_weight
    return columns | predictions.slices


def _write_csv(predictions: Predictions, file: BinaryIO) -> None:
    columns = _columns(predictions)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(defused, columns))
    writer.writerows(zip(*map(_cells, columns.values()), strict=True))
    text.detach()


def _cells(column: NDArray[Any]) -> list[Any]:
    """Return values as CSV writes them: exact numbers, text without formulas, no NaN."""
    return [
        defused(value) if isinstance(value, str) else None if value != value else value
        for value in column.tolist()
    ]


def _write_json_lines(predictions: Predictions, file: BinaryIO) -> None:
    columns = _columns(predictions)
    for row in zip(*(column.tolist() for column in columns.values()), strict=True):
        line = json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)
        file.write(line.encode() + b"\n")


def _write_npz(predictions: Predictions, file: BinaryIO) -> None:
    columns = _columns(predictions)
    arrays = {
        name: column.astype(np.str_) if column.dtype == object else column
        for name, column in columns.items()
        if not name.startswith(PROBABILITY)
    }
    if predictions.y_proba is not None:
        arrays["y_proba"] = predictions.y_proba
    arrays["classes"] = np.asarray(predictions.classes)
    np.savez_compressed(file, allow_pickle=False, **arrays)


def _write_parquet(predictions: Predictions, file: BinaryIO) -> None:
    from pyarrow import parquet

    parquet.write_table(_arrow(predictions), file, compression="zstd")


def _write_arrow(predictions: Predictions, file: BinaryIO) -> None:
    from pyarrow import feather

    feather.write_feather(_arrow(predictions), file, compression="zstd")


def _arrow(predictions: Predictions) -> Any:
    import pyarrow as pa

    told = {"generator": f"evalkit {__version__}", "classes": list(predictions.classes)}
    table = pa.table(_columns(predictions))
    return table.replace_schema_metadata({METADATA: json.dumps(told, ensure_ascii=False)})


def _with_pyarrow(
    write: Callable[[Predictions, BinaryIO], None],
) -> Callable[[Predictions, BinaryIO], None]:
    def checked(predictions: Predictions, file: BinaryIO) -> None:
        try:
            import pyarrow as pa  # noqa: F401  only to see whether it is there
        except ImportError:
            raise MissingExtraError.for_extra(
                "arrow", "writing Parquet or Arrow", package="pyarrow"
            ) from None
        write(predictions, file)

    return checked


_WRITERS: dict[str, Callable[[Predictions, BinaryIO], None]] = {
    ".csv": _write_csv,
    ".parquet": _with_pyarrow(_write_parquet),
    ".feather": _with_pyarrow(_write_arrow),
    ".arrow": _with_pyarrow(_write_arrow),
    ".npz": _write_npz,
    ".jsonl": _write_json_lines,
}
