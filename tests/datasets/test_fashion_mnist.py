"""Test that IDX files of Fashion-MNIST are read, gzipped or not, and their sizes checked."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.datasets import load_dataset
from evalkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("gzipped", [True, False])
def test_rows_round_trip(gzipped: bool, write_idx: Callable[..., Path]) -> None:
    """Images are rows of 784 pixels, in the order of the files."""
    folder = write_idx(gzipped=gzipped)
    dataset = load_dataset(f"fashion-mnist:{folder}")
    generator = np.random.default_rng(1)
    np.testing.assert_array_equal(
        dataset.X_train, generator.integers(0, 256, (6, 28, 28), dtype=np.uint8).reshape(6, 784)
    )
    np.testing.assert_array_equal(dataset.y_train, generator.integers(0, 10, 6, dtype=np.uint8))
    assert dataset.X_test.shape == (3, 784)


def test_torchvision_folders(write_idx: Callable[..., Path], tmp_path: Path) -> None:
    """The root folder of torchvision's data set may be given."""
    root = tmp_path / "root"
    (root / "FashionMNIST").mkdir(parents=True)
    files = list(write_idx(gzipped=False).glob("*ubyte"))
    (root / "FashionMNIST" / "raw").mkdir()
    for file in files:
        file.rename(root / "FashionMNIST" / "raw" / file.name)
    assert len(load_dataset(f"fashion-mnist:{root}").X_train) == 6


def header(*shape: int) -> bytes:
    return bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "File is empty"),
        (b"\x00\x00\x08", "begins with"),
        (header(2, 28, 28)[:9], "header of .* is truncated"),
        (header(2, 28, 28) + bytes(100), "is truncated: its header declares 2 × 28 × 28 bytes"),
        (header(6, 28, 28) + bytes(6 * 784 + 1), "more bytes than its header declares"),
        (b"\x00\x00\x0d\x03" + header(6, 28, 28)[4:] + bytes(6 * 784), "begins with"),
        (header(2**32 - 1, 2**32 - 1, 2**32 - 1), "is truncated: its header declares 4294967295"),
        (header(5, 28, 28) + bytes(5 * 784), "has 5 images, but .* has 6 labels"),
        (b"PNG and more", "begins with"),
    ],
    ids=["empty", "magic", "header", "short", "long", "float", "giant", "fewer", "other"],
)
@pytest.mark.parametrize("gzipped", [True, False])
def test_malformed_images(
    content: bytes, message: str, gzipped: bool, write_idx: Callable[..., Path]
) -> None:
    """Each malformed file raises an error of one line; no memory is allocated for false sizes."""
    folder = write_idx(gzipped=gzipped)
    if gzipped and content:
        content = gzip.compress(content)
    (folder / f"train-images-idx3-ubyte{'.gz' if gzipped else ''}").write_bytes(content)
    with pytest.raises(DataError, match=message) as raised:
        load_dataset(f"fashion-mnist:{folder}")
    assert "\n" not in str(raised.value)


def test_gzip_cut_short(write_idx: Callable[..., Path]) -> None:
    """The error for a truncated gzip file names it."""
    folder = write_idx(gzipped=True)
    file = folder / "t10k-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte\.gz is damaged"):
        load_dataset(f"fashion-mnist:{folder}")


def test_gzip_with_a_wrong_checksum(write_idx: Callable[..., Path]) -> None:
    """A flipped bit in the checksum raises."""
    folder = write_idx(gzipped=True)
    file = folder / "t10k-images-idx3-ubyte.gz"
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        load_dataset(f"fashion-mnist:{folder}")


@pytest.mark.shared_data
def test_published_data(fashion_mnist_folder: Path) -> None:
    """The data has 60,000 and 10,000 images, evenly distributed over ten classes."""
    dataset = load_dataset(f"fashion-mnist:{fashion_mnist_folder}")
    assert np.bincount(dataset.y_train).tolist() == [6000] * 10
    assert np.bincount(dataset.y_test).tolist() == [1000] * 10
    assert dataset.classes[int(dataset.y_train[0])] == "Ankle boot"
