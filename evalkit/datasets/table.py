"""A data set in one table, CSV or Parquet, with a target column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.datasets.dataset import Dataset
from evalkit.datasets.targets import as_codes
from evalkit.errors import DataError, MissingExtraError
from evalkit.reading.source import open_source, shown

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

SPLIT_COLUMN = "split"
TEST_SHARE = 0.25
SPLIT_SEED = 0
OWN_SPLIT = f"the file's own column {SPLIT_COLUMN}"
DRAWN_SPLIT = f"a quarter of each class for testing, drawn with seed {SPLIT_SEED}"
MAX_COLUMNS = 100_000


def load_csv(path: Path, *, target: str | None) -> Dataset:
    """Return the data set of a CSV file in UTF-8 with a header; see `dataset_of_table`."""
    import pandas as pd

    with open_source(path) as source:
        columns = source.readline().count(b",") + 1
        if columns > MAX_COLUMNS:
            raise DataError(f"a table has at most {MAX_COLUMNS:,} columns; {path} has {columns:,}")
        source.seek(0)
        try:
            table = pd.read_csv(source, encoding="utf-8-sig")
        except (ValueError, pd.errors.ParserError) as error:
            raise DataError(
                f"a CSV file is UTF-8 text with a header and rows of one length; {path} is not: "
                f"{shown(error)}"
            ) from error
    return dataset_of_table(table, path, target)


def load_parquet(path: Path, *, target: str | None) -> Dataset:
    """Return the data set of a Parquet file; see `dataset_of_table`."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError.for_extra("arrow", f"reading {path}", package="pyarrow") from None
    with open_source(path):
        pass
    try:
        table = parquet.read_table(path).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"a Parquet file must be whole; {path} is not: {shown(error)}") from error
    return dataset_of_table(table, path, target)


def dataset_of_table(table: pd.DataFrame, path: Path, target: str | None) -> Dataset:
    """Return the rows of `table` as a data set with the classes of the column `target`.

    Every other column is a feature and must hold numbers or booleans. A column ``split`` of
    ``train`` and ``test`` tells the parts; without it a quarter of each class, rounded, is
    drawn for testing with a fixed seed.

    Raises
    ------
    DataError
        If `target` is missing, or a column has missing values or something else than numbers.
    """
    names = [str(name) for name in table.columns]
    if target is None or target not in names:
        told = "none was named" if target is None else f"there is no {target!r}"
        raise DataError(
            f"a table needs the column of its classes; {told} in {path}: pass --target COLUMN, "
            f"one of {_brief(names)}"
        )
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise DataError(f"each column must have a name of its own; {path} has {twice!r} twice")
    if len(table) == 0:
        raise DataError(f"a table must have rows; {path} has none")
    for name in names:
        _refuse_missing(table[name], name, path)
    is_test, split = _split(table, path, target)
    features = [name for name in names if name not in (target, SPLIT_COLUMN)]
    if not features:
        raise DataError(f"a table needs a feature beside its target; {path} has none")
    X = np.empty((len(table), len(features)))
    for i, name in enumerate(features):
        X[:, i] = _feature(table[name], name, path)
    labels = table[target]
    classes, y_train, y_test = as_codes(
        labels[~is_test], labels[is_test], None, where=f"column {target} of {path}"
    )
    return Dataset(
        X_train=X[~is_test],
        y_train=y_train,
        X_test=X[is_test],
        y_test=y_test,
        classes=classes,
        name=path.stem,
        spec=str(path),
        split=split,
    )


def _refuse_missing(column: pd.Series[Any], name: str, path: Path) -> None:
    missing = column.isna().to_numpy()
    if missing.any():
        raise DataError(
            f"a table must have no missing values; column {name!r} of {path} lacks "
            f"{int(missing.sum())}, the first in row {int(missing.argmax())}: fill or drop them"
        )


def _feature(column: pd.Series[Any], name: str, path: Path) -> NDArray[np.float64]:
    if getattr(column.dtype, "kind", "O") not in "biuf":
        raise DataError(
            f"features must be numbers or booleans; column {name!r} of {path} holds "
            f"{shown(column.iloc[0])}: turn it into numbers, or drop it"
        )
    return column.to_numpy(dtype=np.float64)


def _split(table: pd.DataFrame, path: Path, target: str) -> tuple[NDArray[np.bool_], str]:
    if SPLIT_COLUMN in table.columns and target != SPLIT_COLUMN:
        parts = table[SPLIT_COLUMN].astype(str)
        odd = ~parts.isin(["train", "test"]).to_numpy()
        if odd.any():
            row = int(odd.argmax())
            raise DataError(
                f"the column {SPLIT_COLUMN} must say train or test; {path} says "
                f"{shown(parts.iloc[row])} in row {row}"
            )
        return (parts == "test").to_numpy(), OWN_SPLIT
    codes = table[target].astype(str).factorize()[0]
    order = np.random.Generator(np.random.PCG64(SPLIT_SEED)).permutation(len(table))
    is_test = np.zeros(len(table), dtype=bool)
    for code in range(codes.max() + 1):
        rows = order[codes[order] == code]
        is_test[rows[: round(TEST_SHARE * len(rows))]] = True
    return is_test, DRAWN_SPLIT


def _brief(names: list[str]) -> str:
    listed = ", ".join(shown(name) for name in names[:10])
    return f"{listed} …" if len(names) > 10 else listed
