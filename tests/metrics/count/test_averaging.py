"""Averages and undefined values follow one rule, in one place."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import InputError, UndefinedMetricWarning
from evalkit.metrics import count
from evalkit.metrics.count.averaging import class_mean, defined, ratio

# Class 2 is never predicted; class 3 neither occurs nor is predicted.
COUNTS = [[3, 1, 0, 0], [0, 2, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]]


def test_micro_pools_the_classes() -> None:
    """With every class, micro precision, recall and F1 all are accuracy."""
    accuracy = count.accuracy(COUNTS)
    for metric in (count.precision, count.recall, count.f1):
        assert metric(COUNTS, average="micro") == accuracy == 5 / 8


def test_macro_covers_the_defined_classes() -> None:
    """With NaN, macro is over the classes that have a value; with a number, over all."""
    assert count.precision(COUNTS).tolist()[:2] == [3 / 4, 2 / 4]
    assert np.isnan(count.precision(COUNTS)[2:]).all()
    assert count.precision(COUNTS, average="macro") == (3 / 4 + 2 / 4) / 2
    assert count.precision(COUNTS, average="macro", zero_division=0) == (3 / 4 + 2 / 4) / 4
    assert count.precision(COUNTS, average="macro", zero_division=1) == (3 / 4 + 2 / 4 + 2) / 4


def test_weighted_weighs_by_support() -> None:
    """Supports are 4, 2, 2 and 0; a class without precision takes its weight with it."""
    assert count.recall(COUNTS, average="weighted") == (4 * 0.75 + 2 * 1 + 2 * 0) / 8
    assert count.precision(COUNTS, average="weighted") == (4 * 0.75 + 2 * 0.5) / 6


def test_binary_is_the_second_of_two_classes() -> None:
    """More than two classes are refused with what to choose instead."""
    assert count.precision([[3, 1], [0, 2]], average="binary") == 2 / 3
    with pytest.raises(InputError, match=r"two classes: got 4\. Use 'macro'"):
        count.precision(COUNTS, average="binary")


def test_unknown_options_are_refused() -> None:
    """An average or zero_division that does not exist is named."""
    with pytest.raises(InputError, match="got 'mean'"):
        count.recall(COUNTS, average="mean")
    with pytest.raises(InputError, match="got 'zero'"):
        count.recall(COUNTS, zero_division="zero")


def test_the_warning_names_the_caller() -> None:
    """The warning points at the line that called evalkit, not into it."""
    with pytest.warns(UndefinedMetricWarning, match="Recall is undefined for 1 of 4") as caught:
        count.recall(COUNTS, zero_division="warn")
    assert caught[0].filename == __file__


def test_nothing_at_all_is_undefined() -> None:
    """Counts of zero have no value anywhere, and no average has one."""
    nothing = np.zeros((3, 3))
    for average in (None, "micro", "macro", "weighted"):
        assert np.isnan(count.f1(nothing, average=average)).all()
    assert np.isnan([count.accuracy(nothing), count.matthews_corrcoef(nothing)]).all()


def test_ratio_is_silent_where_there_is_nothing_to_divide_by() -> None:
    """0/0 and x/0 are NaN, without NumPy's warnings."""
    with np.errstate(all="raise"):
        assert np.isnan(ratio([0, 1], [0, 0])).all()


def test_mean_ignores_weights_that_are_all_zero() -> None:
    """As scikit-learn does."""
    assert class_mean(np.array([0.2, 0.4]), np.array([0, 0])) == pytest.approx(0.3)
    assert np.isnan(class_mean(np.array([np.nan])))


def test_scalars_come_back_as_scalars() -> None:
    """A single value is a float, not an array of no dimensions."""
    assert isinstance(count.accuracy(COUNTS), float)
    assert isinstance(count.f1(COUNTS, average="macro"), float)
    assert isinstance(defined(0.5, np.nan, "anything"), float)
