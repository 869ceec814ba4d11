"""Fashion-MNIST's IDX files are read gzipped or not, and believed only as far as they go."""

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
def test_rows_come_back(gzipped: bool, write_idx: Callable[..., Path]) -> None:
    """Images are rows of 784 pixels, in the files' order."""
    folder = write_idx(gzipped=gzipped)
    dataset = load_dataset(f"fashion-mnist:{folder}")
    generator = np.random.default_rng(1)
    np.testing.assert_array_equal(
        dataset.X_train, generator.integers(0, 256, (6, 28, 28), dtype=np.uint8).reshape(6, 784)
    )
    np.testing.assert_array_equal(dataset.y_train, generator.integers(0, 10, 6, dtype=np.uint8))
    assert dataset.X_test.shape == (3, 784)


def test_torchvision_s_folders(write_idx: Callable[..., Path], tmp_path: Path) -> None:
    """The root under which torchvision keeps the files may be named."""
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
        (b"", "must not be empty"),
        (b"\x00\x00\x08", "begins"),
        (header(2, 28, 28)[:9], "inside its header"),
        (header(2, 28, 28) + bytes(100), "cut short"),
        (header(6, 28, 28) + bytes(6 * 784 + 1), "goes on"),
        (b"\x00\x00\x0d\x03" + header(6, 28, 28)[4:] + bytes(6 * 784), "begins"),
        (header(2**32 - 1, 2**32 - 1, 2**32 - 1), "cut short"),
        (header(5, 28, 28) + bytes(5 * 784), "must be as many"),
        (b"PNG and more", "begins"),
    ],
    ids=["empty", "magic", "header", "short", "long", "float", "giant", "fewer", "other"],
)
@pytest.mark.parametrize("gzipped", [True, False])
def test_malformed_images(
    content: bytes, message: str, gzipped: bool, write_idx: Callable[..., Path]
) -> None:
    """Each way of not being an IDX file has one line, and a declared giant takes no memory."""
    folder = write_idx(gzipped=gzipped)
    if gzipped and content:
        content = gzip.compress(content)
    (folder / f"train-images-idx3-ubyte{'.gz' if gzipped else ''}").write_bytes(content)
    with pytest.raises(DataError, match=message) as refusal:
        load_dataset(f"fashion-mnist:{folder}")
    assert "\n" not in str(refusal.value)


def test_gzip_cut_short(write_idx: Callable[..., Path]) -> None:
    """A download that broke off is named as damaged."""
    folder = write_idx(gzipped=True)
    file = folder / "t10k-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte\.gz is damaged"):
        load_dataset(f"fashion-mnist:{folder}")


def test_gzip_with_a_wrong_checksum(write_idx: Callable[..., Path]) -> None:
    """A flipped bit in the checksum is noticed."""
    folder = write_idx(gzipped=True)
    file = folder / "t10k-images-idx3-ubyte.gz"
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        load_dataset(f"fashion-mnist:{folder}")


@pytest.mark.shared_data
def test_published_data(fashion_mnist_folder: Path) -> None:
    """60,000 and 10,000 images, evenly over ten classes."""
    dataset = load_dataset(f"fashion-mnist:{fashion_mnist_folder}")
    assert np.bincount(dataset.y_train).tolist() == [6000] * 10
    assert np.bincount(dataset.y_test).tolist() == [1000] * 10
    assert dataset.classes[int(dataset.y_train[0])] == "Ankle boot"
