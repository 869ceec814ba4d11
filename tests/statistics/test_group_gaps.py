"""Gaps between groups: the definitions of Fairlearn, and intervals for the largest of many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from evalkit.statistics.group_gaps import largest_gap
from evalkit.statistics.slices import adjusted_difference


def test_two_groups_are_one_difference() -> None:
    """Of two groups the gap is Newcombe's difference, with Fisher's test."""
    found = largest_gap(([90, 60], [100, 80]))
    pair = adjusted_difference([90], [100], [60], [80])
    assert found[:3] == pytest.approx(tuple(pair))
    assert found.p_value == pytest.approx(fisher_exact([[90, 10], [60, 20]]).pvalue)
    assert (found.lowest, found.highest, found.groups) == (1, 0, 2)


def test_the_widest_pair_is_found() -> None:
    """The gap is the highest minus the lowest rate; groups without trials are left out."""
    found = largest_gap(([5, 0, 9, 7], [10, 0, 10, 10]))
    assert found.value == pytest.approx(0.4)
    assert (found.lowest, found.highest, found.groups) == (0, 2, 3)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_equalized_odds_is_the_larger_of_two() -> None:
    """Of true and false positive rates the larger gap counts, and its interval pays for both."""
    recall, false_positive = ([80, 70], [100, 100]), ([5, 30], [100, 100])
    both = largest_gap(recall, false_positive)
    alone = largest_gap(false_positive)
    assert both.value == alone.value == pytest.approx(0.25)
    assert both.low < alone.low
    assert both.high > alone.high
    assert both.p_value == pytest.approx(2 * alone.p_value)


def test_more_groups_make_wider_intervals() -> None:
    """The choice of the extreme groups is paid for; a gap that is not significant may be 0."""
    two = largest_gap(([90, 60], [100, 80]))
    many = largest_gap(([90, 60, *[75] * 8], [100, 80, *[100] * 8]))
    assert many.value == two.value
    assert many.high > two.high
    assert many.low <= two.low
    few = largest_gap(([3, 4], [5, 5]))
    assert few.low == 0.0
    assert few.p_value == pytest.approx(1.0)
    assert np.isnan(largest_gap(([3, 0], [5, 0])).value)


def test_the_interval_holds_for_equal_groups() -> None:
    """Of ten equal groups the largest gap is 0, and the interval has it 95 times of 100."""
    rng = np.random.default_rng(0)
    sizes = np.tile([10, 60], 5)
    covered = sum(largest_gap((rng.binomial(sizes, 0.9), sizes)).low == 0 for _ in range(1_000))
    assert covered >= 1_000 * (0.95 - 3 * (0.95 * 0.05 / 1_000) ** 0.5)
