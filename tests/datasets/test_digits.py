"""Test that the included digits equal the UCI data, and their split the documentation."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets

import evalkit
from evalkit.datasets.digits import FILE, load_digits

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_digits.py"


def test_rows_equal_the_source() -> None:
    """Both parts together equal scikit-learn's copy, including targets."""
    digits, source = load_digits(), sklearn.datasets.load_digits()
    ours = np.column_stack(
        [
            np.concatenate([digits.X_train, digits.X_test]),
            np.concatenate([digits.y_train, digits.y_test]),
        ]
    )
    theirs = np.column_stack([source.data, source.target]).astype(np.uint8)
    assert sorted(map(bytes, ours)) == sorted(map(bytes, theirs))


def test_split_has_sixty_of_each_class() -> None:
    """The test split has 60 rows of each class."""
    assert np.bincount(load_digits().y_test).tolist() == [60] * 10


def test_the_script_reproduces_the_file(tmp_path: Path) -> None:
    """The script reproduces the included file byte for byte."""
    made = tmp_path / "digits.npz"
    runpy.run_path(str(SCRIPT))["main"](made)
    assert made.read_bytes() == FILE.read_bytes()


def test_fingerprint_is_of_names_rows_and_order() -> None:
    """The fingerprint is reproducible and depends on the order of the test rows."""
    digits = evalkit.load_dataset("digits")
    assert digits.fingerprint == load_digits().fingerprint
    turned = evalkit.Dataset(
        digits.X_train, digits.y_train, digits.X_test[::-1], digits.y_test[::-1],
        digits.classes, digits.name, digits.spec, digits.split,
    )  # fmt: skip
    assert turned.fingerprint != digits.fingerprint


def test_values_cannot_be_changed_by_accident() -> None:
    """The arrays are read-only."""
    with pytest.raises(ValueError, match="read-only"):
        load_digits().X_train[0, 0] = 1
