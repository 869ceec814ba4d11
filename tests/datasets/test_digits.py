"""The embedded digits are UCI's, split as their description says."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets

import evalkit
from evalkit.datasets.digits import FILE, load_digits

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_digits.py"


def test_rows_are_the_source_s() -> None:
    """Both parts together are scikit-learn's copy, row for row and target for target."""
    digits, source = load_digits(), sklearn.datasets.load_digits()
    ours = np.column_stack(
        [
            np.concatenate([digits.X_train, digits.X_test]),
            np.concatenate([digits.y_train, digits.y_test]),
        ]
    )
    theirs = np.column_stack([source.data, source.target]).astype(np.uint8)
    assert sorted(map(bytes, ours)) == sorted(map(bytes, theirs))


def test_split_is_sixty_of_each_class() -> None:
    """The test part has 60 rows of every digit."""
    assert np.bincount(load_digits().y_test).tolist() == [60] * 10


def test_file_is_what_the_script_makes(tmp_path: Path) -> None:
    """The script makes the shipped file again, byte for byte."""
    made = tmp_path / "digits.npz"
    runpy.run_path(str(SCRIPT))["main"](made)
    assert made.read_bytes() == FILE.read_bytes()


def test_fingerprint_is_of_names_rows_and_order() -> None:
    """Two loads agree; another order of the test rows does not."""
    digits = evalkit.load_dataset("digits")
    assert digits.fingerprint == load_digits().fingerprint
    turned = evalkit.Dataset(
        digits.X_train, digits.y_train, digits.X_test[::-1], digits.y_test[::-1],
        digits.classes, digits.name, digits.spec, digits.split,
    )  # fmt: skip
    assert turned.fingerprint != digits.fingerprint


def test_values_cannot_be_changed_by_accident() -> None:
    """The arrays lie over the file's bytes and are read-only."""
    with pytest.raises(ValueError, match="read-only"):
        load_digits().X_train[0, 0] = 1
