"""Paired differences: their error is that of paired data, and their laws hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings, strategies as st

from evalkit.errors import InputError
from evalkit.metrics.count import accuracy
from evalkit.statistics import JointCounts, bootstrap_interval, paired_interval, paired_resample

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.statistics.bootstrap import BootstrapMethod

CODES = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=60)


def test_standard_error_of_a_paired_difference(draw_joint: Callable[..., JointCounts]) -> None:
    """√((b + c)/n − ((c − b)/n)²) / √n, the textbook error of paired proportions."""
    joint = draw_joint(800, 5)
    b, c, n = joint.only_a, joint.only_b, joint.total
    expected = np.sqrt((b + c) / n - ((c - b) / n) ** 2) / np.sqrt(n)
    interval = paired_interval(joint, "accuracy", method="percentile", replicates=20_000)
    assert interval.estimate == pytest.approx((c - b) / n)
    assert interval.standard_error == pytest.approx(expected, rel=0.025)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_scipy_agrees(method: BootstrapMethod, draw_joint: Callable[..., JointCounts]) -> None:
    joint = draw_joint(200, 3, (0.9, 0.7))
    actual, a, b = joint.cells.repeat(joint.counts, axis=0).T
    oracle = scipy.stats.bootstrap(
        ((b == actual) * 1.0 - (a == actual),),
        np.mean,
        n_resamples=10_000,
        method="percentile" if method == "percentile" else "BCa",
        rng=np.random.default_rng(0),
    )
    interval = paired_interval(joint, "accuracy", method=method)
    tolerance = 0.005 + 0.17 * oracle.standard_error
    assert interval.low == pytest.approx(oracle.confidence_interval.low, abs=tolerance)
    assert interval.high == pytest.approx(oracle.confidence_interval.high, abs=tolerance)


def test_pairing_narrows(draw_joint: Callable[..., JointCounts]) -> None:
    """Models that err on the same samples are told apart more sharply than independent ones."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, 2_000)
    a = np.where(rng.random(2_000) < 0.7, actual, rng.integers(0, 3, 2_000))
    b = np.where(rng.random(2_000) < 0.97, a, rng.integers(0, 3, 2_000))
    joint = JointCounts.from_codes(actual, a, b, 3)
    alone = bootstrap_interval(joint.confusion_a(), "accuracy").standard_error
    assert paired_interval(joint, "accuracy").standard_error < 0.5 * alone


def test_each_model_is_resampled_as_if_alone(draw_joint: Callable[..., JointCounts]) -> None:
    joint = draw_joint(300, 4)
    a, b = paired_resample(joint, 20_000, np.random.default_rng(0))
    for marginals, counts in ((a, joint.confusion_a()), (b, joint.confusion_b())):
        share = np.trace(counts) / 300
        values = accuracy(marginals)
        assert values.mean() == pytest.approx(share, abs=1e-3)
        assert values.std() == pytest.approx(np.sqrt(share * (1 - share) / 300), rel=0.025)
    assert (a.actual == b.actual).all()


@settings(max_examples=30)
@given(rows=CODES)
def test_exchanging_the_models_negates_the_difference(rows: list[tuple[int, int, int]]) -> None:
    actual, a, b = np.array(rows).T
    joint = JointCounts.from_codes(actual, a, b, 4)
    one, other = (paired_interval(j, "f1", replicates=50) for j in (joint, joint.swap()))
    np.testing.assert_array_equal(one.estimate, -other.estimate)


@settings(max_examples=30)
@given(rows=CODES, method=st.sampled_from(["percentile", "bca"]))
def test_identical_models(rows: list[tuple[int, int, int]], method: BootstrapMethod) -> None:
    actual, a, _ = np.array(rows).T
    joint = JointCounts.from_codes(actual, a, a, 4)
    interval = paired_interval(joint, "accuracy", replicates=60, method=method)
    assert interval.low == interval.estimate == interval.high == interval.standard_error == 0


def test_smoothing_gives_models_that_never_differ_a_width() -> None:
    """Two models that agree on a hundred samples may still differ by one sample in fifty."""
    joint = JointCounts.from_dense([[[60, 0], [0, 0]], [[10, 0], [0, 30]]])
    interval = paired_interval(joint, "accuracy")
    assert interval.estimate == 0
    assert interval.low == -interval.high
    assert 0.005 <= interval.high <= 0.04


def test_merged_parts_give_the_same_interval(draw_joint: Callable[..., JointCounts]) -> None:
    first, second = draw_joint(400, 4, seed=1), draw_joint(300, 4, seed=2)
    one, other = (
        paired_interval(joint, "f1_macro", replicates=200)
        for joint in (first + second, second + first)
    )
    assert (one.low, one.high) == (other.low, other.high)


def test_confidence_and_data(draw_joint: Callable[..., JointCounts]) -> None:
    joint = draw_joint(500, 3)
    usual, surer = (paired_interval(joint, "f1_macro", confidence=c) for c in (0.95, 0.99))
    assert surer.low < usual.low < usual.high < surer.high
    more = JointCounts(joint.cells, 9 * joint.counts, 3)
    narrow = paired_interval(more, "f1_macro")
    assert (narrow.high - narrow.low) / (usual.high - usual.low) == pytest.approx(1 / 3, rel=0.08)


def test_strata_keep_the_supports(draw_joint: Callable[..., JointCounts]) -> None:
    joint = draw_joint(200, 3)
    a, _ = paired_resample(joint, 50, np.random.default_rng(0), stratified=True)
    assert (a.actual == joint.confusion_a().sum(axis=1)).all()


def test_weighted_counts_are_refused() -> None:
    joint = JointCounts.from_codes([0, 1], [0, 1], [1, 1], 2, [0.5, 0.25])
    with pytest.raises(InputError, match="sample_resample"):
        paired_interval(joint, "accuracy")
