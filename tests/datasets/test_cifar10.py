"""Test that both published layouts of CIFAR-10 give the same data set."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.datasets import load_dataset
from evalkit.errors import DataError, UnsafeFileError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("layout", ["binary", "python"])
def test_rows_round_trip(
    layout: str,
    write_cifar: Callable[[str], Path],
    cifar_batches: dict[str, tuple[np.ndarray, ...]],
) -> None:
    """Five batches are for training and one is for testing, in order."""
    dataset = load_dataset(f"cifar10:{write_cifar(layout)}")
    *training, test = cifar_batches.values()
    np.testing.assert_array_equal(dataset.X_train, np.concatenate([X for X, _ in training]))
    np.testing.assert_array_equal(dataset.y_train, np.concatenate([y for _, y in training]))
    np.testing.assert_array_equal(dataset.X_test, test[0])
    np.testing.assert_array_equal(dataset.y_test, test[1])
    assert dataset.X_train.dtype == np.uint8
    assert dataset.classes[3] == "cat"


def test_both_layouts_have_one_fingerprint(write_cifar: Callable[[str], Path]) -> None:
    """Both layouts have the same fingerprint, so models can be compared across them."""
    binary, python = (load_dataset(f"cifar10:{write_cifar(x)}") for x in ("binary", "python"))
    assert binary.fingerprint == python.fingerprint


def test_folder_itself_may_be_named(write_cifar: Callable[[str], Path]) -> None:
    """The folder of the batches may be given instead of its parent."""
    assert len(load_dataset(f"cifar10:{write_cifar('python')}/cifar-10-batches-py").X_test) == 4


def test_missing_folder_and_missing_batch(
    tmp_path: Path, write_cifar: Callable[[str], Path]
) -> None:
    """The error gives the paths searched, or the one missing file."""
    with pytest.raises(DataError, match=r"Folder not found: .*/nowhere\."):
        load_dataset(f"cifar10:{tmp_path}/nowhere")
    with pytest.raises(DataError, match=r"searched for .*data_batch_1\.bin.*data_batch_1"):
        load_dataset(f"cifar10:{tmp_path}")
    folder = write_cifar("binary")
    (folder / "cifar-10-batches-bin" / "data_batch_4.bin").unlink()
    with pytest.raises(DataError, match=r"has no data_batch_4\.bin"):
        load_dataset(f"cifar10:{folder}")


@pytest.mark.parametrize("layout", ["binary", "python"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_truncated_batch(layout: str, share: float, write_cifar: Callable[[str], Path]) -> None:
    """The error for a truncated or empty batch names the file."""
    folder = write_cifar(layout)
    batch = next(folder.glob("*/data_batch_2*"))
    content = batch.read_bytes()
    batch.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match="data_batch_2"):
        load_dataset(f"cifar10:{folder}")


def test_batch_that_imports_a_function(tmp_path: Path, write_cifar: Callable[[str], Path]) -> None:
    """A batch that imports a function raises, and the function does not run."""

    class Command:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "ran"),)

    folder = write_cifar("python")
    batch = folder / "cifar-10-batches-py" / "data_batch_1"
    batch.write_bytes(pickle.dumps({b"data": Command(), b"labels": []}))
    with pytest.raises(UnsafeFileError, match="mkdir"):
        load_dataset(f"cifar10:{folder}")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "batch",
    [
        [],
        {b"data": np.zeros((2, 3072), np.uint8)},
        {b"data": np.zeros((2, 3071), np.uint8), b"labels": [0, 1]},
        {b"data": np.zeros((2, 3072)), b"labels": [0, 1]},
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 10]},
        {b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, "cat"]},
    ],
    ids=["list", "no labels", "width", "float", "code", "name"],
)
def test_malformed_batch(batch: object, write_cifar: Callable[[str], Path]) -> None:
    """The error for a pickle that is not a batch names the file."""
    folder = write_cifar("python")
    (folder / "cifar-10-batches-py" / "test_batch").write_bytes(pickle.dumps(batch, protocol=2))
    with pytest.raises(DataError, match="test_batch"):
        load_dataset(f"cifar10:{folder}")


@pytest.mark.shared_data
def test_published_data(cifar10_folder: Path) -> None:
    """Both layouts have 50,000 and 10,000 images, evenly distributed over ten classes."""
    binary = load_dataset(f"cifar10:{cifar10_folder}/cifar-10-batches-bin")
    python = load_dataset(f"cifar10:{cifar10_folder}/cifar-10-batches-py")
    assert np.bincount(binary.y_train).tolist() == [5000] * 10
    assert np.bincount(binary.y_test).tolist() == [1000] * 10
    assert binary.fingerprint == python.fingerprint
    np.testing.assert_array_equal(binary.X_train, python.X_train)
