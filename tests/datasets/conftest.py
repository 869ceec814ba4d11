from __future__ import annotations

import gzip
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Batches = dict[str, tuple["NDArray[np.uint8]", "NDArray[np.uint8]"]]


@pytest.fixture
def cifar_batches() -> Batches:
    """Return six small batches by name: images (4, 3072) and codes."""
    generator = np.random.default_rng(0)
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    return {
        name: (
            generator.integers(0, 256, (4, 3072), dtype=np.uint8),
            generator.integers(0, 10, 4, dtype=np.uint8),
        )
        for name in names
    }


@pytest.fixture
def write_cifar(tmp_path: Path, cifar_batches: Batches) -> Callable[[str], Path]:
    """Return a function that writes the batches in a published layout and returns the folder."""

    def write(layout: str) -> Path:
        folder = tmp_path / layout / f"cifar-10-batches-{'bin' if layout == 'binary' else 'py'}"
        folder.mkdir(parents=True)
        for name, (X, y) in cifar_batches.items():
            if layout == "binary":
                (folder / f"{name}.bin").write_bytes(np.column_stack([y, X]).tobytes())
            else:
                batch = {b"batch_label": b"a batch", b"labels": y.tolist(), b"data": X}
                (folder / name).write_bytes(pickle.dumps(batch, protocol=2))
        return folder.parent

    return write


@pytest.fixture
def write_idx(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a small Fashion-MNIST and returns the folder."""

    def write(*, gzipped: bool) -> Path:
        generator = np.random.default_rng(1)
        for part, rows in (("train", 6), ("t10k", 3)):
            images = generator.integers(0, 256, (rows, 28, 28), dtype=np.uint8)
            labels = generator.integers(0, 10, rows, dtype=np.uint8)
            for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
                header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
                content = header + array.tobytes()
                name = f"{part}-{kind}-ubyte"
                if gzipped:
                    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
                else:
                    (tmp_path / name).write_bytes(content)
        return tmp_path

    return write


@pytest.fixture(scope="session")
def cifar10_folder() -> Path:
    """Return the folder of the published CIFAR-10, in both layouts, from EVALKIT_CIFAR10."""
    folder = os.environ.get("EVALKIT_CIFAR10")
    if not folder:
        pytest.skip("EVALKIT_CIFAR10 is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def fashion_mnist_folder() -> Path:
    """Return the folder of the published Fashion-MNIST, by default of the Debian package."""
    folder = Path(os.environ.get("EVALKIT_FASHION_MNIST", "/usr/share/datasets/fashion-mnist"))
    if not folder.is_dir():
        pytest.skip(f"folder not found: {folder}")
    return folder
