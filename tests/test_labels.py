"""Labels are a schema: declared once, kept in order, and nothing slips in unnamed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import LabelError
from evalkit.labels import encode, infer_classes, schema


def test_declared_order_is_kept() -> None:
    """Codes are positions in the classes as given, not in sorted order."""
    assert encode(["small", "large", "medium"], ("small", "medium", "large")).tolist() == [0, 2, 1]


@pytest.mark.parametrize(
    ("n_classes", "dtype"), [(2, np.uint8), (256, np.uint8), (257, np.uint16), (70_000, np.uint32)]
)
def test_codes_are_as_small_as_they_can_be(n_classes: int, dtype: type) -> None:
    """A byte numbers 256 classes."""
    codes = encode([0, n_classes - 1], range(n_classes))
    assert codes.dtype == dtype
    assert codes.tolist() == [0, n_classes - 1]


@pytest.mark.parametrize(
    "labels",
    [
        ["cat", "dog", "cow", "cow"],
        np.array(["cat", "dog", "cow", "cow"]),
        pd.Series(["cat", "dog", "cow", "cow"]),
        pd.Categorical(["cat", "dog", "cow", "cow"]),
    ],
    ids=["list", "array", "series", "categorical"],
)
def test_undeclared_name_is_named_with_its_first_row(labels: object) -> None:
    """The message says which label, where it stands first, and what is declared."""
    with pytest.raises(
        LabelError, match=r"y_pred holds 'cow' in row 2\. The classes are 'cat', 'dog'"
    ):
        encode(labels, ("cat", "dog"), name="y_pred")


@pytest.mark.parametrize("undeclared", [-1, 2, 10**12, -(10**12)])
def test_undeclared_number_is_named_with_its_first_row(undeclared: int) -> None:
    """Numbers below, above and far from the classes are all found."""
    with pytest.raises(LabelError, match=f"holds {undeclared} in row 1"):
        encode([0, undeclared, undeclared], (0, 1))


def test_numbers_far_apart_are_found() -> None:
    """Classes that span more than any table are searched."""
    classes = (10**15, -5, 7)
    assert encode([7, 10**15, -5], classes).tolist() == [2, 0, 1]


def test_largest_unsigned_labels_are_found() -> None:
    """Labels above the range of int64 keep their identity."""
    labels = np.array([2**64 - 1, 2**63, 5], dtype=np.uint64)
    assert infer_classes(labels) == (5, 2**63, 2**64 - 1)
    assert encode(labels, (5, 2**63, 2**64 - 1)).tolist() == [2, 1, 0]


def test_positions_are_never_taken_for_names() -> None:
    """Integer codes under named classes are refused, with the remedy."""
    with pytest.raises(LabelError, match="from_codes"):
        encode([0, 1], ("cat", "dog"))


def test_names_are_never_taken_for_numbers() -> None:
    """The digit '1' is a name."""
    with pytest.raises(LabelError, match="of different kinds"):
        encode(["1", "0"], (0, 1))


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ((), "got no class"),
        (("cat", "dog", "cat"), "declared twice: 'cat'"),
        (("cat", 1), "mix names and numbers"),
        ((0.5, 1), "got 0.5"),
        ("cat", "the one string 'cat'"),
        ((None, "cat"), "got None"),
    ],
)
def test_bad_schemas_are_refused(classes: object, message: str) -> None:
    """Classes are distinct names or distinct whole numbers."""
    with pytest.raises(LabelError, match=message):
        schema(classes)  # type: ignore[arg-type]  # the wrong types are the test


def test_schema_is_plain() -> None:
    """NumPy scalars become Python's; whole floating-point numbers become integers."""
    assert schema(np.array([2.0, 1.0])) == (2, 1)
    assert all(type(label) is int for label in schema(np.array([2, 1])))
    assert schema(pd.Index(["b", "a"])) == ("b", "a")


def test_inferred_classes_are_sorted() -> None:
    """Names sort by code point, numbers by value."""
    assert infer_classes(["b", "a", "C"], ["é"]) == ("C", "a", "b", "é")
    assert infer_classes([10, 9], [-1]) == (-1, 9, 10)
    assert infer_classes([1.0, 2.0], [True]) == (1, 2)


def test_categories_are_a_declaration() -> None:
    """A Categorical's order is kept, and a category that does not occur keeps its place."""
    sizes = pd.Categorical(["large", "small"], categories=["small", "medium", "large"])
    assert infer_classes(sizes, ["large", "large"]) == ("small", "medium", "large")


def test_two_declarations_join_in_order() -> None:
    """Categories that only the second column declares follow the first's."""
    first = pd.Categorical(["b"], categories=["b", "a"])
    second = pd.Categorical(["c"], categories=["a", "c"])
    assert infer_classes(first, second) == ("b", "a", "c")


def test_kinds_do_not_mix() -> None:
    """Names in one column and numbers in the other cannot be one schema."""
    with pytest.raises(LabelError, match=r"'cat'.*1"):
        infer_classes(["cat"], [1])


def test_no_labels_no_classes() -> None:
    """Classes cannot be told from nothing."""
    with pytest.raises(LabelError, match="Pass classes"):
        infer_classes([], [])
