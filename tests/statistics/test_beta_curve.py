"""At the β that is named, two models have the same F-β; on either side the leader leads."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalkit.errors import InputError
from evalkit.metrics.count import f_beta
from evalkit.statistics import (
    JointCounts,
    beta_curve,
    lead_change_by_class,
    lead_ranges,
    percentile_limits,
    resample,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CODES = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=4, max_size=80)


def matrices(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    actual, a, b = np.array(rows).T
    joint = JointCounts.from_codes(actual, a, b, 4)
    return joint.confusion_a(), joint.confusion_b()


@given(CODES)
def test_lead_change_of_a_class(rows: list[tuple[int, int, int]]) -> None:
    a, b = matrices(rows)
    betas = lead_change_by_class(a, b)
    for k in np.flatnonzero(~np.isnan(betas)):
        at, below, above = (
            f_beta(a, beta=beta)[k] - f_beta(b, beta=beta)[k]
            for beta in (betas[k], betas[k] / 3, betas[k] * 3)
        )
        assert at == pytest.approx(0, abs=1e-12)
        assert below * above < 0
        assert np.sign(above) == np.sign(a[k, k] - b[k, k])


@given(CODES)
def test_no_lead_change_of_a_class(rows: list[tuple[int, int, int]]) -> None:
    """Where none is named, the sign is one for every β."""
    a, b = matrices(rows)
    grid = np.geomspace(0.01, 100, 50).tolist()
    gaps = f_beta(a, beta=grid) - f_beta(b, beta=grid)
    for k in np.flatnonzero(np.isnan(lead_change_by_class(a, b))):
        signs = np.sign(np.where(np.abs(gaps[:, k]) < 1e-12, 0, gaps[:, k]))
        assert len(set(signs[~np.isnan(signs)])) <= 1


def test_lead_change_of_replicates() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 30, (2, 7, 3, 3))
    many = lead_change_by_class(counts[0], counts[1])
    one = lead_change_by_class(counts[0, 4], counts[1, 4])
    np.testing.assert_array_equal(many[4], one)


@given(CODES)
def test_lead_ranges(rows: list[tuple[int, int, int]]) -> None:
    a, b = matrices(rows)
    found = lead_ranges(a, b)
    assert found[0].low == 0.01
    assert found[-1].high == 100
    for before, after in itertools.pairwise(found):
        assert before.high == after.low
        assert before.leader != after.leader
    for each in found:
        middle = float(np.sqrt(each.low * each.high))
        gap = f_beta(a, beta=middle, average="macro") - f_beta(b, beta=middle, average="macro")
        leader = None if abs(gap) < 1e-9 else "a" if gap > 0 else "b"
        if abs(gap) > 1e-9 or each.leader is None:
            assert each.leader == leader
    for each in found[1:]:
        gap = f_beta(a, beta=each.low, average="macro") - f_beta(b, beta=each.low, average="macro")
        assert gap == pytest.approx(0, abs=1e-9)


def test_exchanging_the_models_exchanges_the_leaders() -> None:
    a, b = np.array([[5, 5], [0, 10]]), np.array([[9, 1], [4, 6]])
    one, other = lead_ranges(a, b), lead_ranges(b, a)
    assert [r.high for r in one] == [r.high for r in other]
    assert [r.leader for r in one] == ["a", "b"]
    assert [r.leader for r in other] == ["b", "a"]
    # Of two classes with equal supports the roots can be had by hand: β² = 1/2.
    assert one[0].high == pytest.approx(np.sqrt(0.5), rel=1e-12)


def test_identical_models_have_no_leader() -> None:
    counts = [[5, 5], [0, 10]]
    assert [r.leader for r in lead_ranges(counts, counts)] == [None]


def test_undefined_models_have_no_ranges() -> None:
    assert lead_ranges(np.zeros((2, 2)), np.eye(2)) == ()


def test_curve_and_band(draw_joint: Callable[..., JointCounts]) -> None:
    counts = draw_joint(300, 3).confusion_a()
    draws = resample(counts, 500, np.random.default_rng(0))
    betas = [0.0, 0.5, 1.0, 3.0, np.inf]
    curve = beta_curve(counts, draws, betas)
    for i, beta in enumerate(betas):
        assert curve.value[i] == f_beta(counts, beta=beta, average="macro")
        expected = percentile_limits(f_beta(draws, beta=beta, average="macro"))
        assert (curve.low[i], curve.high[i]) == tuple(expected)
    by_class = beta_curve(counts, draws, betas, average=None, confidence=0.5)
    assert by_class.value.shape == by_class.low.shape == (5, 3)
    assert (by_class.low <= by_class.high).all()


@pytest.mark.parametrize(("low", "high"), [(0, 1), (2, 1)])
def test_the_range_of_beta_is_positive(low: float, high: float) -> None:
    with pytest.raises(InputError, match="Invalid range of β"):
        lead_ranges(np.eye(2), np.eye(2), low=low, high=high)
