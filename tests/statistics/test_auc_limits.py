"""The ends of intervals of an area: their laws, and what they solve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, strategies as st

from evalkit.statistics.auc import logit_limits, score_limits, wald_limits, welch_degrees

AREAS = st.floats(0.01, 0.99)
SIZES = st.tuples(st.integers(1, 500), st.integers(1, 500))


@given(auc=AREAS, error=st.floats(1e-4, 0.2), degrees=st.floats(1, 1000))
@example(auc=0.015, error=0.2, degrees=1.0)
def test_logit_limits(auc: float, error: float, degrees: float) -> None:
    """They hold the area, are symmetric in log-odds, mirror, and widen as degrees are lost."""
    low, high = logit_limits(auc, error, degrees, 0.95)
    assert 0 <= low < auc < high <= 1
    mirrored = logit_limits(1 - auc, error, degrees, 0.95)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)
    if low > 1e-6 and high < 1 - 1e-6:
        odds = [np.log(p / (1 - p)) for p in (low, auc, high)]
        assert odds[2] - odds[1] == pytest.approx(odds[1] - odds[0], rel=1e-6)
    wider = logit_limits(auc, error, degrees / 2, 0.95)
    assert wider[0] <= low
    assert high <= wider[1]


def test_many_degrees_are_normal() -> None:
    low, high = logit_limits(0.8, 0.01, 1e9, 0.95)
    assert high - low == pytest.approx(2 * 1.959964 * 0.01, rel=0.01)


@given(auc=st.floats(0, 1), sizes=SIZES)
def test_score_limits_solve_their_equation(auc: float, sizes: tuple[int, int]) -> None:
    m, n = sizes
    for end in score_limits(auc, sizes, 0.95):
        if 0 < end < 1 and abs(end - auc) > 1e-9:
            others = (m + n) / 2 - 1
            # Hanley and McNeil: q1 = θ/(2 − θ), q2 = 2θ²/(1 + θ), both groups averaged in size.
            q1, q2 = end / (2 - end), 2 * end**2 / (1 + end)
            variance = (end * (1 - end) + others * (q1 - end**2 + q2 - end**2)) / (m * n)
            assert (auc - end) ** 2 == pytest.approx(1.959964**2 * variance, rel=1e-5)


@given(sizes=SIZES)
def test_a_perfect_ranking_has_a_width(sizes: tuple[int, int]) -> None:
    low, high = score_limits(1.0, sizes, 0.95)
    assert low < high == 1
    assert score_limits(0.0, sizes, 0.95) == pytest.approx((0, 1 - low))
    more = score_limits(1.0, (4 * sizes[0], 4 * sizes[1]), 0.95)
    assert more[0] > low


def test_wald_limits_are_cut() -> None:
    assert wald_limits(0.99, 0.02, 0.95) == pytest.approx((0.99 - 0.0391993, 1.0))
    assert wald_limits(0.01, 0.02, 0.95)[0] == 0


@given(a=st.floats(0.01, 5), b=st.floats(0.01, 5), sizes=st.tuples(*[st.integers(2, 90)] * 2))
def test_welch_degrees(a: float, b: float, sizes: tuple[int, int]) -> None:
    """They lie between those of the smaller group alone and those of both."""
    degrees = welch_degrees((a, b), sizes)
    assert min(sizes) - 1 - 1e-9 <= degrees <= sum(sizes) - 2 + 1e-9
