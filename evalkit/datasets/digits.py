"""Load the handwritten digits included in the package; see digits.md for source and licence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.datasets.dataset import Dataset, ImageLayout
from evalkit.reading.npz import read_npz

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(__file__).with_name("digits.npz")
SPLIT = "60 rows of each class for testing, the other 1197 for training"


def load_digits() -> Dataset:
    """Return 1797 images of 8 × 8 pixels with values from 0 to 16, in ten classes.

    >>> digits = load_digits()
    >>> digits.X_train.shape, digits.X_test.shape, int(digits.X_test.max())
    ((1197, 64), (600, 64), 16)
    """
    arrays: Mapping[str, object] = read_npz(FILE)
    return Dataset(
        **arrays,  # type: ignore[arg-type]  # the four arrays written by scripts/make_digits.py
        classes=tuple("0123456789"),
        name="digits",
        spec="digits",
        split=SPLIT,
        images=ImageLayout((8, 8), white=16),
    )
