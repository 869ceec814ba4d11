"""Test the errors for invalid data set specs."""

from __future__ import annotations

import pytest

from evalkit.datasets import load_dataset
from evalkit.errors import DataError


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("digit", r"Did you mean digits\?"),
        ("CIFAR-10:data", r"Did you mean cifar10\?"),
        ("fashion_mnist:data", r"Did you mean fashion-mnist\?"),
        (
            "imagenet",
            "Unknown data set 'imagenet'. Pass one of digits, cifar10:DIR, fashion-mnist:DIR",
        ),
        ("", "Unknown data set ''. Pass one of"),
        ("digits:here", "takes no path"),
        ("cifar10", "requires the folder"),
        ("cifar10:", "requires the folder"),
        ("missing.npz", "File not found: missing.npz"),
        ("missing.csv", "File not found: missing.csv"),
        ("data.xlsx", "extension .npz, .csv, .parquet"),
    ],
)
def test_unknown_specs(spec: str, message: str) -> None:
    """The error suggests similar names, or gives the required argument."""
    with pytest.raises(DataError, match=message):
        load_dataset(spec)


def test_target_belongs_to_tables() -> None:
    """A target column for a data set that is not a table raises."""
    with pytest.raises(DataError, match=r"digits is not a \.csv or \.parquet table"):
        load_dataset("digits", target="class")
