"""Load Fashion-MNIST from its published IDX files, gzipped or not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evalkit.datasets.dataset import Dataset, ImageLayout
from evalkit.datasets.folder import find_folder
from evalkit.datasets.idx import read_idx
from evalkit.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SPLIT = "published: train files for training, t10k files for testing"

_FILES = [
    f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
]
_GZIPPED = [f"{name}.gz" for name in _FILES]


def load_fashion_mnist(folder: Path) -> Dataset:
    """Return the 60,000 training and 10,000 test images of 28 × 28 pixels, in row-major order.

    `folder` contains the four files, or is the root folder of torchvision's data set.

    Raises
    ------
    DataError
        If a file is missing or malformed, or the numbers of images and labels differ.
    """
    torchvision = "FashionMNIST/raw"
    place, files = find_folder(
        folder,
        [("", _FILES), ("", _GZIPPED), (torchvision, _FILES), (torchvision, _GZIPPED)],
        what="Fashion-MNIST",
        remedy="Put the four published IDX files there, gzipped or not.",
    )
    images, labels, test_images, test_labels = (place / name for name in files)
    X_train, y_train = _read_part(images, labels)
    X_test, y_test = _read_part(test_images, test_labels)
    return Dataset(
        X_train=X_train,
        y_train=y_train,
        X_test=X_test,
        y_test=y_test,
        classes=CLASSES,
        name="Fashion-MNIST",
        spec=f"fashion-mnist:{folder}",
        split=SPLIT,
        images=ImageLayout((28, 28)),
    )


def _read_part(images: Path, labels: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    X, y = read_idx(images, 3), read_idx(labels, 1)
    if len(X) != len(y):
        raise DataError(
            f"{images} has {len(X)} images, but {labels} has {len(y)} labels. "
            "The numbers must be equal."
        )
    return X.reshape(len(X), math.prod(X.shape[1:])), y
