"""Test NPZ data sets: string and numeric targets, and malformed files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit.datasets import load_dataset
from evalkit.errors import DataError, UnsafeFileError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def write_npz(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a small data set, with arrays replaced or omitted (None)."""

    def write(**replaced: Any) -> Path:
        arrays = {
            "X_train": np.arange(12.0).reshape(4, 3),
            "y_train": np.array([0, 1, 1, 0]),
            "X_test": np.arange(6.0).reshape(2, 3),
            "y_test": np.array([1, 0]),
            **replaced,
        }
        path = tmp_path / "mine.npz"
        np.savez_compressed(path, **{k: v for k, v in arrays.items() if v is not None})
        return path

    return write


def test_numbers_are_sorted_into_classes(write_npz: Callable[..., Path]) -> None:
    """Without declared classes, the classes are the sorted labels."""
    path = write_npz(y_train=np.array([10, 9, 9, 10]), y_test=np.array([9, 2]))
    dataset = load_dataset(str(path))
    assert dataset.classes == ("2", "9", "10")
    assert dataset.y_train.tolist() == [2, 1, 1, 2]
    assert dataset.y_test.tolist() == [1, 0]
    assert dataset.name == "mine"


@pytest.mark.parametrize("dtype", ["U", "S"])
def test_names_keep_their_declared_order(dtype: str, write_npz: Callable[..., Path]) -> None:
    """Declared classes keep their order, even if some do not occur."""
    names = np.array(["dog", "cat", "bird"], dtype)
    path = write_npz(
        classes=names,
        y_train=np.array(["cat", "dog", "dog", "cat"], dtype),
        y_test=np.array(["dog", "cat"], dtype),
    )
    dataset = load_dataset(str(path))
    assert dataset.classes == ("dog", "cat", "bird")
    assert dataset.y_train.tolist() == [1, 0, 0, 1]


def test_numbers_are_positions_in_declared_classes(write_npz: Callable[..., Path]) -> None:
    """Integer targets are indices into the declared classes."""
    dataset = load_dataset(str(write_npz(classes=np.array(["no", "yes"]))))
    assert dataset.classes == ("no", "yes")
    assert dataset.y_test.tolist() == [1, 0]


def test_images_keep_their_dtype_and_are_flattened(write_npz: Callable[..., Path]) -> None:
    """uint8 inputs keep their dtype; other integers become floating point."""
    images = np.zeros((4, 5, 5), np.uint8)
    dataset = load_dataset(str(write_npz(X_train=images, X_test=images[:2])))
    assert dataset.X_train.dtype == np.uint8
    assert dataset.X_train.shape == (4, 25)
    whole = np.zeros((4, 5), np.int32)
    assert load_dataset(str(write_npz(X_train=whole, X_test=whole[:2]))).X_test.dtype == np.float64


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"X_test": None}, "has no array X_test"),
        ({"X_train": np.zeros((0, 3)), "y_train": np.zeros(0, int)}, "empty"),
        ({"X_train": np.full((4, 3), np.nan)}, "NaN or infinity in 4 rows"),
        ({"y_train": np.array([0, 1])}, "4 rows, 2 targets"),
        ({"y_train": np.array([0.5, 1, 1, 0])}, "y_train of .* holds 0.5"),
        ({"y_train": np.array([[0, 1, 1, 0]])}, "one-dimensional"),
        ({"X_train": np.array([["a"] * 3] * 4)}, "expected numbers of shape"),
        ({"X_test": np.zeros((2, 4))}, "3 and 4 features"),
        ({"X_test": np.zeros(2)}, "expected numbers of shape"),
        ({"X_test": np.zeros((2, 0))}, "at least one feature"),
        (
            {"classes": np.array(["a", "b"]), "y_train": np.array([0, 1, 2, 0])},
            "has the target 2 in row 2",
        ),
        ({"classes": np.array(["a", "a"])}, "contain 'a' twice"),
        ({"classes": np.zeros((0,), "U1")}, "one-dimensional array of names"),
        (
            {"classes": np.array(["a", "b"]), "y_train": np.array(["a", "b", "b", "a"])},
            "different kinds",
        ),
        ({"classes": np.array([b"\xff", b"a"])}, "UTF-8"),
        ({"y_train": np.array([b"\xff", b"a", b"a", b"a"])}, "UTF-8"),
        (
            {
                "classes": np.array(["cat", "dog"]),
                "y_train": np.array(["cat", "Cat", "dog", "dog"]),
                "y_test": np.array(["cat", "dog"]),
            },
            "'Cat' in row 1",
        ),
    ],
)
def test_malformed(replaced: dict[str, Any], message: str, write_npz: Callable[..., Path]) -> None:
    """Each malformed file raises an error of one line."""
    with pytest.raises(DataError, match=message) as raised:
        load_dataset(str(write_npz(**replaced)))
    assert "\n" not in str(raised.value)


def test_objects_raise(write_npz: Callable[..., Path]) -> None:
    """An array of Python objects raises, because it would require unpickling."""
    path = write_npz(y_train=np.array(["a", None, 1, 2], dtype=object))
    with pytest.raises(UnsafeFileError, match="Python objects"):
        load_dataset(str(path))


def test_every_truncation(write_npz: Callable[..., Path]) -> None:
    """A file truncated at any byte raises."""
    path = write_npz()
    whole = path.read_bytes()
    for length in [*range(100), *range(100, len(whole), 7)]:
        path.write_bytes(whole[:length])
        with pytest.raises(DataError):
            load_dataset(str(path))
