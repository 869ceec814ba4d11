"""Load a data set from a CSV or Parquet table with a target column."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.datasets.dataset import Dataset
from evalkit.datasets.targets import as_codes
from evalkit.errors import DataError, EvalkitError, MissingExtraError
from evalkit.reading.arrow_columns import plain_texts
from evalkit.reading.lines import require_short_lines
from evalkit.reading.parquet_pages import count_pages, open_parquet
from evalkit.reading.source import open_source, shown

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

SPLIT_COLUMN = "split"
TEST_FRACTION = 0.25
SPLIT_SEED = 0
FILE_SPLIT = f"given in the column {SPLIT_COLUMN}"
RANDOM_SPLIT = f"25 % of each class for testing, selected at random with seed {SPLIT_SEED}"
MAX_COLUMNS = 60_000


def load_csv(path: Path, *, target: str | None) -> Dataset:
    """Return the data set of a CSV file in UTF-8 with a header; see `dataset_from_table`."""
    import pandas as pd

    with open_source(path) as source:
        columns = source.readline().count(b",") + 1
        if columns > MAX_COLUMNS:
            raise DataError(
                f"{path} has {columns:,} columns, more than the limit of {MAX_COLUMNS:,}."
            )
        require_short_lines(source)
        try:
            table = pd.read_csv(source, encoding="utf-8-sig")
        except (ValueError, OverflowError, pd.errors.ParserError) as error:
            raise DataError(
                f"Cannot read {path} as CSV: {shown(error)}. Expected UTF-8 text with a header "
                "and rows of equal length."
            ) from error
    return dataset_from_table(table, path, target)


def load_parquet(path: Path, *, target: str | None) -> Dataset:
    """Return the data set of a Parquet file; see `dataset_from_table`."""
    try:
        import pyarrow as pa  # noqa: F401  only whether it is there
    except ImportError:
        raise MissingExtraError.for_extra("arrow", f"reading {path}", package="pyarrow") from None
    with open_source(path) as source:
        try:
            file = open_parquet(source)
            pages = count_pages(source, file.metadata)
            if pages.largest_shared:
                raise DataError(
                    f"{path} has text that is stored as differences. Write it with the default "
                    "encoding."
                )
            read = file.read()
            read.validate(full=True)
            table = plain_texts(read, file.metadata, source.unpack).to_pandas()
        except EvalkitError:
            raise
        # The metadata of pandas in the file, which may be anything, say what to_pandas does.
        except Exception as error:
            raise DataError(f"Cannot read {path} as Parquet: {shown(error)}.") from error
    return dataset_from_table(table, path, target)


def dataset_from_table(table: pd.DataFrame, path: Path, target: str | None) -> Dataset:
    """Return a table as a data set, with the column `target` as the classes.

    All other columns are features and must be numeric or boolean. A column ``split`` with the
    values ``train`` and ``test`` defines the split; without it, 25 % of each class, rounded, is
    selected at random for testing with a fixed seed.

    Raises
    ------
    DataError
        If `target` is missing, or a column has missing or non-numeric values.
    """
    names = [str(name) for name in table.columns]
    if target is None or target not in names:
        fault = (
            f"No target column was given for {path}"
            if target is None
            else f"{path} has no column {target!r}"
        )
        raise DataError(f"{fault}. Pass --target COLUMN, one of {_column_list(names)}.")
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise DataError(f"{path} has two columns named {twice!r}. Rename one of them.")
    if len(table) == 0:
        raise DataError(f"{path} has no rows.")
    for name in names:
        _check_missing(table[name], name, path)
    try:
        is_test, split = _split(table, path, target)
    except UnicodeDecodeError as error:
        raise DataError(f"Column {target!r} of {path} is not UTF-8: {error.reason}.") from error
    features = [name for name in names if name not in (target, SPLIT_COLUMN)]
    if not features:
        raise DataError(f"{path} has no feature columns besides its target.")
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


def _check_missing(column: pd.Series[Any], name: str, path: Path) -> None:
    missing = column.isna().to_numpy()
    if missing.any():
        raise DataError(
            f"Column {name!r} of {path} has {int(missing.sum())} missing values, the first in row "
            f"{int(missing.argmax())}. Fill or drop them."
        )


def _feature(column: pd.Series[Any], name: str, path: Path) -> NDArray[np.float64]:
    if getattr(column.dtype, "kind", "O") not in "biuf":
        raise DataError(
            f"Column {name!r} of {path} is not numeric; its first value is "
            f"{shown(column.iloc[0])}. Encode it as numbers, or drop it."
        )
    return column.to_numpy(dtype=np.float64)


def _split(table: pd.DataFrame, path: Path, target: str) -> tuple[NDArray[np.bool_], str]:
    if SPLIT_COLUMN in table.columns and target != SPLIT_COLUMN:
        parts = table[SPLIT_COLUMN].astype(str)
        invalid = ~parts.isin(["train", "test"]).to_numpy()
        if invalid.any():
            row = int(invalid.argmax())
            raise DataError(
                f"Column {SPLIT_COLUMN} of {path} has the value {shown(parts.iloc[row])} in row "
                f"{row}, expected train or test."
            )
        return (parts == "test").to_numpy(), FILE_SPLIT
    codes = table[target].astype(str).factorize()[0]
    order = np.random.Generator(np.random.PCG64(SPLIT_SEED)).permutation(len(table))
    is_test = np.zeros(len(table), dtype=bool)
    for code in range(codes.max() + 1):
        rows = order[codes[order] == code]
        is_test[rows[: round(TEST_FRACTION * len(rows))]] = True
    return is_test, RANDOM_SPLIT


def _column_list(names: list[str]) -> str:
    listed = ", ".join(shown(name) for name in names[:10])
    return f"{listed} …" if len(names) > 10 else listed
