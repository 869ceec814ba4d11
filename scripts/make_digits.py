"""Create evalkit/datasets/digits.npz from scikit-learn's copy of the UCI handwritten digits.

    python scripts/make_digits.py [FILE]

The file is reproducible byte for byte: arrays are stored uncompressed with a fixed date. digits.md
in the same folder documents source, licence and split.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parents[1] / "evalkit" / "datasets" / "digits.npz"
TEST_ROWS_PER_CLASS = 60
SEED = 1998
"""The year of publication of the data set."""


def main(target: Path) -> None:
    """Split the digits and write the file."""
    digits = load_digits()
    X = digits.data.astype(np.uint8)
    y = digits.target.astype(np.uint8)
    assert np.array_equal(X, digits.data), "values are whole numbers from 0 to 16"
    is_test = test_rows(y)
    arrays = {
        "X_train": X[~is_test],
        "y_train": y[~is_test],
        "X_test": X[is_test],
        "y_test": y[is_test],
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # independent of the operating system
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    print(f"{target}: {target.stat().st_size} bytes, {(~is_test).sum()} + {is_test.sum()} rows")


def test_rows(y: np.ndarray) -> np.ndarray:
    """Return a mask of the test rows: the first 60 of each class in a random order."""
    order = np.random.Generator(np.random.PCG64(SEED)).permutation(len(y))
    is_test = np.zeros(len(y), dtype=bool)
    for code in range(10):
        is_test[order[y[order] == code][:TEST_ROWS_PER_CLASS]] = True
    return is_test


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
