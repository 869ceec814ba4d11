"""Equivalence holds exactly where the interval of confidence 1 − 2α lies inside the margin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalkit.errors import InputError
from evalkit.statistics import (
    JointCounts,
    accuracy_equivalence,
    equivalence_of_replicates,
    equivalence_test,
)
from evalkit.statistics.proportions import paired_proportion_score

if TYPE_CHECKING:
    from collections.abc import Callable


@given(
    b=st.integers(0, 60),
    c=st.integers(0, 60),
    rest=st.integers(1, 3000),
    margin=st.floats(0.001, 0.5),
)
def test_accuracy(b: int, c: int, rest: int, margin: float) -> None:
    found = accuracy_equivalence(b, c, b + c + rest, margin=margin)
    inside = -margin < found.low and found.high < margin
    on_the_edge = min(abs(found.low + margin), abs(found.high - margin)) < 1e-9
    assert found.equivalent == inside or on_the_edge
    assert found.p_value == max(found.p_lower, found.p_upper)


@pytest.mark.parametrize("n", [100, 1_000, 20_000])
def test_p_values_far_in_the_tail(n: int) -> None:
    """The normal tail beyond z is ½ erfc(z / √2), however small."""
    found = accuracy_equivalence(1, 2, n, margin=0.05)
    lower, upper = (paired_proportion_score(1, 2, n, sign * 0.05) for sign in (-1, 1))
    assert found.p_lower == pytest.approx(math.erfc(lower / math.sqrt(2)) / 2, rel=1e-12)
    assert found.p_upper == pytest.approx(math.erfc(-upper / math.sqrt(2)) / 2, rel=1e-12)
    assert 0 < found.p_value < 1


@given(center=st.floats(-0.1, 0.1), margin=st.floats(0.01, 0.3))
def test_replicates(center: float, margin: float) -> None:
    draws = center + np.random.default_rng(0).normal(0, 0.02, 2_000)
    found = equivalence_of_replicates(np.array(center), draws, margin=margin)
    slack = 0.002
    if -margin + slack < found.low and found.high < margin - slack:
        assert found.equivalent
    if found.low < -margin - slack or found.high > margin + slack:
        assert not found.equivalent


def test_few_samples_show_no_equivalence_even_without_differences() -> None:
    """Twenty samples on which two models agree leave room for differences of 10 points."""
    assert not accuracy_equivalence(0, 0, 20, margin=0.05).equivalent
    assert accuracy_equivalence(0, 0, 2_000, margin=0.05).equivalent


def test_other_metrics(draw_joint: Callable[..., JointCounts]) -> None:
    joint = draw_joint(4_000, 3, (0.8, 0.8))
    wide, narrow = (
        equivalence_test(joint, "f1_macro", margin=margin, replicates=2_000)
        for margin in (0.05, 0.001)
    )
    assert wide.equivalent
    assert not narrow.equivalent
    assert wide.difference == narrow.difference
    assert wide.low < wide.difference < wide.high


def test_undefined_replicates_count_against_it() -> None:
    draws = np.r_[np.zeros(900), np.full(100, np.nan)]
    assert not equivalence_of_replicates(np.array(0.0), draws, margin=0.1).equivalent


@pytest.mark.parametrize("margin", [0.0, -0.1, float("nan")])
def test_the_margin_is_positive(margin: float) -> None:
    with pytest.raises(InputError, match="Invalid margin of equivalence"):
        accuracy_equivalence(1, 1, 10, margin=margin)


@pytest.mark.parametrize("n", [0, [10, 0]])
def test_without_samples_there_is_no_test(n: int | list[int]) -> None:
    with pytest.raises(InputError, match="Invalid number of samples"):
        accuracy_equivalence(0, 0, n, margin=0.01)
