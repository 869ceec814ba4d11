"""Every kind of column says the same, and says what is missing and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from evalkit.columns import Column
from evalkit.errors import InputError, InputTypeError, LabelError

if TYPE_CHECKING:
    from collections.abc import Callable

pyarrow = pytest.importorskip("pyarrow")
polars = pytest.importorskip("polars")

NAMES = ["dog", "cat", "dog", "", "naïve", "cat"]
NUMBERS = [3, 1, 3, 0, 7, 1]

OF_NAMES: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "array": np.array,
    "object array": lambda names: np.array(names, dtype=object),
    "column vector": lambda names: np.array(names)[:, None],
    "reversed view": lambda names: np.array(names[::-1])[::-1],
    "byte-swapped": lambda names: np.array(names).astype(">U6"),
    "series": pd.Series,
    "object series": lambda names: pd.Series(names, dtype=object),
    "index": pd.Index,
    "categorical": pd.Categorical,
    "categorical series": lambda names: pd.Series(names, dtype="category"),
    "arrow": pyarrow.array,
    "arrow large": lambda names: pyarrow.array(names, pyarrow.large_string()),
    "arrow dictionary": lambda names: pyarrow.array(names).dictionary_encode(),
    "arrow chunks": lambda names: pyarrow.chunked_array([names[:2], names[2:]]),
    "arrow dictionary chunks": lambda names: pyarrow.chunked_array(
        [pyarrow.array(part).dictionary_encode() for part in (names[:2], names[2:])]
    ),
    "polars": polars.Series,
    "polars categorical": lambda names: polars.Series(names, dtype=polars.Categorical),
    "polars enum": lambda names: polars.Series(names, dtype=polars.Enum(sorted(set(names)))),
}
OF_NUMBERS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "floats": lambda numbers: [float(x) for x in numbers],
    "int8": lambda numbers: np.array(numbers, dtype=np.int8),
    "uint64": lambda numbers: np.array(numbers, dtype=np.uint64),
    "float32": lambda numbers: np.array(numbers, dtype=np.float32),
    "object array": lambda numbers: np.array(numbers, dtype=object),
    "series": pd.Series,
    "nullable series": lambda numbers: pd.Series(numbers, dtype="Int64"),
    "arrow series": lambda numbers: pd.Series(numbers, dtype="int32[pyarrow]"),
    "categorical": pd.Categorical,
    "arrow": pyarrow.array,
    "arrow chunks": lambda numbers: pyarrow.chunked_array([numbers[:2], numbers[2:]]),
    "polars": polars.Series,
}


def labels_or_numbers(labels: Any) -> Column:
    """The column, its numbers checked: floating-point ones are looked at only when used."""
    column = Column.of(labels, "y_true")
    if not column.is_names:
        column.whole_numbers()
    return column


def labels_of(column: Column) -> list[Any]:
    return [column.label(position) for position in range(len(column))]


@pytest.mark.parametrize("kind", OF_NAMES)
def test_every_kind_of_names_agrees(kind: str) -> None:
    """Names read back as they went in, and are known to be names."""
    column = Column.of(OF_NAMES[kind](NAMES))
    assert labels_of(column) == NAMES
    assert column.is_names
    assert column.distinct() == set(NAMES)


@pytest.mark.parametrize("kind", OF_NUMBERS)
def test_every_kind_of_numbers_agrees(kind: str) -> None:
    """Numbers read back as whole numbers, however they are stored."""
    column = Column.of(OF_NUMBERS[kind](NUMBERS))
    assert labels_of(column) == NUMBERS
    assert not column.is_names
    assert column.distinct() == set(NUMBERS)


@pytest.mark.torch
def test_tensors_are_read() -> None:
    """A tensor that requires a gradient is read like any other."""
    torch = pytest.importorskip("torch")
    assert labels_of(Column.of(torch.tensor(NUMBERS))) == NUMBERS
    assert labels_of(Column.of(torch.tensor([0.0, 1.0], requires_grad=True))) == [0, 1]
    assert labels_of(Column.of(torch.tensor([True, False]))) == [True, False]


MISSING: dict[str, Any] = {
    "list": ["a", None, "b", None],
    "nan in a list": ["a", float("nan"), "b", None],
    "floats": [1.0, float("nan"), 2.0, float("nan")],
    "object array": np.array(["a", None, "b", np.nan], dtype=object),
    "masked array": np.ma.masked_array([1, 2, 3, 4], mask=[False, True, False, True]),
    "series": pd.Series(["a", None, "b", None]),
    "nullable series": pd.Series([1, None, 2, None], dtype="Int64"),
    "categorical": pd.Categorical(["a", None, "b", None]),
    "arrow": pyarrow.array(["a", None, "b", None]),
    "arrow numbers": pyarrow.array([1, None, 2, None]),
    "arrow dictionary": pyarrow.array(["a", None, "b", None]).dictionary_encode(),
    "arrow null in the dictionary": pyarrow.DictionaryArray.from_arrays(
        pyarrow.array([0, 1, 2, 1]), pyarrow.array(["a", None, "b"])
    ),
    "arrow chunks": pyarrow.chunked_array([["a", None], ["b", None]]),
    "polars": polars.Series(["a", None, "b", None]),
    "polars numbers": polars.Series([1, None, 2, None]),
}


@pytest.mark.parametrize("kind", MISSING)
def test_missing_labels_are_refused_by_count_and_first_row(kind: str) -> None:
    """Two of four labels are missing, the first in row 1, in every kind."""
    with pytest.raises(LabelError, match="y_true has 2 missing labels, the first in row 1"):
        labels_or_numbers(MISSING[kind])


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0.5, 1.0], LabelError, "holds 0.5 in row 0"),
        ([1.0, np.inf], LabelError, "inf in row 1"),
        (["a", 1, "b"], LabelError, "'a' in row 0 and 1 in row 1"),
        ([1, "a"], LabelError, "'a' in row 1 and 1 in row 0"),
        ([[1, 2], [3, 4]], InputError, r"y_true has shape \(2, 2\)"),
        ([[1, 2], [3]], InputError, "one-dimensional"),
        (np.array(3), InputError, r"shape \(\)"),
        (np.array([b"a"]), InputTypeError, "S1"),
        (np.array([1j]), InputTypeError, "complex128"),
        (np.array(["2020-01-01"], dtype="M8[D]"), InputTypeError, "datetime64"),
        ([("a", 1), ("b", 2)], InputError, "one-dimensional"),
        ([{"a"}, {"b"}], InputTypeError, "unhashable"),
        ([frozenset("a"), 1], InputTypeError, "row 0"),
        ("cat", InputTypeError, "got str"),
        ({"a": 1}, InputTypeError, "got dict"),
        (3, InputTypeError, "got int"),
        (iter([1, 2]), InputTypeError, "list_iterator"),
        (pd.DataFrame({"a": [1, 2], "b": [1, 2]}), InputError, r"shape \(2, 2\)"),
    ],
)
def test_what_is_not_a_column_of_labels_is_refused(
    labels: object, error: type[Exception], message: str
) -> None:
    """One line says the rule, and what came."""
    with pytest.raises(error, match=message) as caught:
        Column.of(labels, "y_true").whole_numbers()
    assert "\n" not in str(caught.value)


def test_numbers_are_not_copied() -> None:
    """A column of an array is a view of it."""
    numbers = np.arange(5)
    assert np.shares_memory(Column.of(numbers).values, numbers)


def test_categories_are_read_by_their_codes() -> None:
    """The codes of a Categorical are the column; its strings are not touched."""
    categorical = pd.Categorical(NAMES)
    assert np.shares_memory(Column.of(categorical).values, categorical.codes)


@pytest.mark.parametrize(
    "labels",
    [
        pd.Categorical(["b"], categories=["c", "b"]),
        polars.Series(["b"], dtype=polars.Enum(["c", "b"])),
        pyarrow.DictionaryArray.from_arrays(
            pyarrow.array([1]), pyarrow.array(["c", "b"]), ordered=True
        ),
    ],
    ids=["categorical", "enum", "ordered dictionary"],
)
def test_declared_categories_are_known(labels: object) -> None:
    """Kinds that declare an order say so."""
    assert Column.of(labels).declared == ("c", "b")


def test_equal_categories_are_one() -> None:
    """A dictionary that lists a name twice has one category for it."""
    labels = pyarrow.DictionaryArray.from_arrays(
        pyarrow.array([0, 1, 2]), pyarrow.array(["a", "b", "a"])
    )
    column = Column.of(labels)
    assert column.categories == ("a", "b")
    assert labels_of(column) == ["a", "b", "a"]
