"""Specs that name nothing are answered with what there is."""

from __future__ import annotations

import pytest

from evalkit.datasets import load_dataset
from evalkit.errors import DataError


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("digit", "did you mean digits"),
        ("CIFAR-10:data", "did you mean cifar10"),
        ("fashion_mnist:data", "did you mean fashion-mnist"),
        ("imagenet", "known names are digits, cifar10, fashion-mnist"),
        ("", "known names are"),
        ("digits:here", "takes no path"),
        ("cifar10", "needs the folder"),
        ("cifar10:", "needs the folder"),
        ("missing.npz", "File not found: missing.npz"),
        ("missing.csv", "File not found: missing.csv"),
        ("data.xlsx", "ending in .npz, .csv, .parquet"),
    ],
)
def test_unknown_specs(spec: str, message: str) -> None:
    """The nearest names are offered, and what a name needs is said."""
    with pytest.raises(DataError, match=message):
        load_dataset(spec)


def test_target_belongs_to_tables() -> None:
    """A target column for a data set that has its own targets is a mistake."""
    with pytest.raises(DataError, match="belongs to a table"):
        load_dataset("digits", target="class")
