"""Bootstrap intervals of metrics and of paired differences against SciPy's, and their laws."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import InputError, InputTypeError
from evalkit.metrics.count import accuracy, f1, f_beta, precision
from evalkit.statistics import (
    JointCounts,
    bootstrap_interval,
    paired_interval,
    paired_resample,
    percentile_limits,
    resample,
)
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evalkit.statistics.bootstrap import BootstrapMethod

COUNTS = np.array([[30, 8, 2], [6, 20, 4], [1, 3, 26]])
METHODS: tuple[BootstrapMethod, ...] = ("percentile", "bca")
EVERY_METHOD: tuple[BootstrapMethod, ...] = ("smoothed", *METHODS)
CODES = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=60)


def samples(counts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    actual, predicted = np.indices(counts.shape).reshape(2, -1).repeat(counts.ravel(), axis=1)
    return actual, predicted


def macro_f1_of_samples(actual: NDArray[Any], predicted: NDArray[Any], axis: int = -1) -> Any:
    codes = actual * 3 + predicted
    counts = np.stack([(codes == code).sum(axis=axis) for code in range(9)], axis=-1)
    return f1(counts.reshape(*counts.shape[:-1], 3, 3), average="macro")


@pytest.mark.parametrize("method", METHODS)
def test_scipy_agrees(method: BootstrapMethod) -> None:
    """SciPy resamples the 100 samples; the ends agree within the error of 10,000 replicates."""
    oracle = scipy.stats.bootstrap(
        samples(COUNTS),
        macro_f1_of_samples,
        paired=True,
        vectorized=True,
        n_resamples=10_000,
        batch=1_000,
        method="percentile" if method == "percentile" else "BCa",
        rng=np.random.default_rng(1),
    )
    interval = bootstrap_interval(COUNTS, "f1_macro", method=method)
    # A 2.5 % quantile of 10,000 has a standard error of about 0.027 standard deviations.
    tolerance = 4.5 * 0.027 * oracle.standard_error * np.sqrt(2)
    assert interval.standard_error == pytest.approx(oracle.standard_error, rel=0.04)
    assert interval.low == pytest.approx(oracle.confidence_interval.low, abs=tolerance)
    assert interval.high == pytest.approx(oracle.confidence_interval.high, abs=tolerance)


def test_bca_moves_a_skewed_metric() -> None:
    """Near 1 the two methods differ by more than chance, and BCa agrees with SciPy there."""
    counts = np.array([[95, 1], [2, 4]])
    plain, moved = (
        bootstrap_interval(counts, "precision", method=method, replicates=40_000)
        for method in METHODS
    )
    actual, predicted = samples(counts)
    oracle = scipy.stats.bootstrap(
        (actual, predicted),
        lambda a, p, axis=-1: ((a == 0) & (p == 0)).sum(axis) / (p == 0).sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        batch=2_000,
        method="BCa",
        rng=np.random.default_rng(2),
    )
    assert moved.low[0] == pytest.approx(oracle.confidence_interval.low, abs=0.004)
    assert plain.low[0] - moved.low[0] > 0.004


def test_accuracy_has_the_standard_error_of_a_proportion() -> None:
    interval = bootstrap_interval(COUNTS, "accuracy", method="percentile", replicates=40_000)
    accuracy = np.trace(COUNTS) / COUNTS.sum()
    expected = np.sqrt(accuracy * (1 - accuracy) / COUNTS.sum())
    assert interval.standard_error == pytest.approx(expected, rel=4 / np.sqrt(2 * 40_000))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("f1_macro", partial(f1, average="macro")),
        ("precision", precision),
        ("f_beta[0.5]_weighted", partial(f_beta, beta=0.5, average="weighted")),
        ("accuracy", lambda counts: np.trace(counts, axis1=-2, axis2=-1) / counts.sum((-1, -2))),
    ],
)
def test_name_and_function_agree(name: str, function: Any) -> None:
    """The last function reads matrices only; its replicates are the same draws."""
    named, given_ = (bootstrap_interval(COUNTS, m, replicates=500) for m in (name, function))
    np.testing.assert_allclose(named.low, given_.low, rtol=1e-12)
    np.testing.assert_allclose(named.high, given_.high, rtol=1e-12)


def test_several_betas_come_first() -> None:
    betas = bootstrap_interval(COUNTS, partial(f_beta, beta=(0.1, 1.0, 10.0)), replicates=300)
    assert betas.low.shape == (3, 3)
    one = bootstrap_interval(COUNTS, f1, replicates=300)
    np.testing.assert_allclose(betas.low[1], one.low, rtol=1e-12)


@pytest.mark.parametrize("method", EVERY_METHOD)
@settings(max_examples=25)
@given(counts=arrays(np.int64, (3, 3), elements=st.integers(0, 40)).filter(lambda c: c.sum() > 9))
def test_more_confidence_is_wider(method: BootstrapMethod, counts: NDArray[np.int64]) -> None:
    less, more = (
        bootstrap_interval(counts, "accuracy", replicates=400, method=method, confidence=c)
        for c in (0.8, 0.99)
    )
    assert more.low <= less.low
    assert less.high <= more.high


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_more_data_is_narrower(method: BootstrapMethod) -> None:
    """Sixteen times the samples, a quarter of the width."""
    small, large = (
        bootstrap_interval(counts, "f1_macro", method=method) for counts in (COUNTS, 16 * COUNTS)
    )
    assert (large.high - large.low) / (small.high - small.low) == pytest.approx(0.25, rel=0.08)


def test_bca_of_a_matrix_of_many_classes_in_parts() -> None:
    """The jackknife leaves one sample of each cell out; in parts it is the same."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.4, (60, 60)) + 5 * np.eye(60, dtype=int)
    interval = bootstrap_interval(counts, "f1_macro", replicates=200, method="bca")
    assert interval.low < interval.high


@pytest.mark.parametrize("method", METHODS)
def test_a_perfect_model_has_no_width(method: BootstrapMethod) -> None:
    interval = bootstrap_interval(np.diag([50, 50]), "f1_macro", replicates=200, method=method)
    assert interval.low == interval.estimate == interval.high == 1
    assert interval.standard_error == 0


def test_smoothing_gives_a_perfect_model_a_width() -> None:
    """From a hundred samples without an error Wilson's interval reaches down to 0.963."""
    interval = bootstrap_interval(np.diag([50, 50]), "accuracy")
    assert interval.high == interval.estimate == 1
    assert 0.96 <= interval.low <= 0.98
    assert interval.standard_error > 0


@pytest.mark.parametrize("stratified", [False, True])
def test_many_samples_need_no_smoothing(stratified: bool) -> None:
    counts = 100 * COUNTS
    smoothed, plain = (
        bootstrap_interval(counts, "f1_macro", method=method, stratified=stratified)
        for method in ("smoothed", "percentile")
    )
    tolerance = 0.2 * float(plain.standard_error)
    assert smoothed.low == pytest.approx(plain.low, abs=tolerance)
    assert smoothed.high == pytest.approx(plain.high, abs=tolerance)
    assert smoothed.standard_error == pytest.approx(plain.standard_error, rel=0.04)


def test_undefined_values_are_counted() -> None:
    """A class with one sample is absent from (1 − 1/n)ⁿ of the replicates, about 1/e."""
    counts = np.array([[40, 0, 0], [9, 50, 0], [0, 1, 0]])
    interval = bootstrap_interval(counts, "recall", method="percentile", replicates=4_000)
    expected = 1 - (1 - 1 / 100) ** 100
    assert interval.defined[2] == pytest.approx(expected, abs=4 * np.sqrt(0.25 / 4_000))
    assert interval.low[2] == interval.high[2] == 0
    absent = bootstrap_interval(np.diag([5, 5, 0]), "recall", replicates=50)
    assert np.isnan([absent.estimate[2], absent.low[2], absent.standard_error[2]]).all()
    assert absent.defined[2] == 0


def test_strata_keep_the_supports() -> None:
    draws = resample(COUNTS, 200, np.random.default_rng(0), stratified=True)
    assert (draws.actual == COUNTS.sum(axis=1)).all()
    free = resample(COUNTS, 200, np.random.default_rng(0))
    assert free.actual.std(axis=0).min() > 1
    interval = bootstrap_interval(COUNTS, "recall", method="percentile", stratified=True)
    recall = np.diag(COUNTS) / COUNTS.sum(axis=1)
    expected = np.sqrt(recall * (1 - recall) / COUNTS.sum(axis=1))
    np.testing.assert_allclose(interval.standard_error, expected, rtol=0.04)


def test_replicates_in_blocks_are_whole() -> None:
    """At K = 300 ten thousand replicates take several blocks."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 300, 5_000)
    predicted = np.where(rng.random(5_000) < 0.7, actual, rng.integers(0, 300, 5_000))
    counts = np.zeros((300, 300), int)
    np.add.at(counts, (actual, predicted), 1)
    draws = resample(counts, 20_000, rng)
    assert (draws.total == 5_000).all()
    assert (draws.predicted.sum(axis=1) == 5_000).all()
    np.testing.assert_allclose(draws.actual.mean(axis=0), counts.sum(axis=1), rtol=0.02)


def test_the_seed_decides() -> None:
    """Equal integers draw alike, as the stream that they name; a generator is used as it is."""
    one, same, stream, other, given_, again = (
        bootstrap_interval(COUNTS, "f1", replicates=100, seed=seed).low
        for seed in (
            7,
            7,
            generator(7, "model"),
            8,
            np.random.default_rng(7),
            np.random.default_rng(7),
        )
    )
    assert (one == same).all()
    assert (one == stream).all()
    assert (one != other).any()
    assert (given_ == again).all()


@given(
    values=arrays(
        np.float64, (17, 3), elements=st.floats(-5, 5) | st.just(float("nan")), fill=st.nothing()
    ),
    confidence=st.floats(0.05, 0.999),
)
def test_limits_are_numpys_quantiles(values: NDArray[np.float64], confidence: float) -> None:
    low, high = percentile_limits(values, confidence)
    for column in range(3):
        known = values[~np.isnan(values[:, column]), column]
        if len(known) == 0:
            assert np.isnan(low[column])
            continue
        tail = (1 - confidence) / 2
        expected = np.quantile(known, [tail, 1 - tail])
        assert (low[column], high[column]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "metric", "options", "error", "message"),
    [
        (COUNTS / 7, "f1", {}, InputError, "whole counts.*sample_resample"),
        (-COUNTS, "f1", {}, InputError, "whole counts"),
        (0 * COUNTS, "f1", {}, InputError, "at least one sample"),
        (COUNTS[None], "f1", {}, InputError, "one matrix"),
        (COUNTS, "f1", {"replicates": 0}, InputError, "at least one replicate"),
        (COUNTS, "f1", {"method": "basic"}, InputError, "'smoothed', 'percentile' or 'bca'"),
        (COUNTS, "f1", {"confidence": 95}, InputError, "Invalid confidence 95"),
        (COUNTS, "no_such", {}, InputError, "Unknown metric: 'no_such'"),
        (
            COUNTS,
            "log_loss",
            {},
            InputError,
            "log_loss cannot be computed from counts. Use sample_bootstrap",
        ),
        (COUNTS, 3, {}, InputTypeError, "type int. Pass a function of counts or a name"),
        (COUNTS, lambda c: c.sum(), {}, InputError, "does not keep the leading axes"),
    ],
)
def test_wrong_input_is_refused(
    counts: Any, metric: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        bootstrap_interval(counts, metric, **options)


def test_standard_error_of_a_paired_difference(draw_joint: Callable[..., JointCounts]) -> None:
    """√((b + c)/n − ((c − b)/n)²) / √n, the textbook error of paired proportions."""
    joint = draw_joint(800, 5)
    b, c, n = joint.only_a, joint.only_b, joint.total
    expected = np.sqrt((b + c) / n - ((c - b) / n) ** 2) / np.sqrt(n)
    interval = paired_interval(joint, "accuracy", method="percentile", replicates=20_000)
    assert interval.estimate == pytest.approx((c - b) / n)
    assert interval.standard_error == pytest.approx(expected, rel=0.025)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_scipy_agrees_on_a_difference(
    method: BootstrapMethod, draw_joint: Callable[..., JointCounts]
) -> None:
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
def test_identical_models_differ_by_exactly_zero(
    rows: list[tuple[int, int, int]], method: BootstrapMethod
) -> None:
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


def test_confidence_widens_a_difference_and_data_narrow_it(
    draw_joint: Callable[..., JointCounts],
) -> None:
    joint = draw_joint(500, 3)
    usual, surer = (paired_interval(joint, "f1_macro", confidence=c) for c in (0.95, 0.99))
    assert surer.low < usual.low < usual.high < surer.high
    more = JointCounts(joint.cells, 9 * joint.counts, 3)
    narrow = paired_interval(more, "f1_macro")
    assert (narrow.high - narrow.low) / (usual.high - usual.low) == pytest.approx(1 / 3, rel=0.08)


def test_strata_keep_the_supports_of_two_models(draw_joint: Callable[..., JointCounts]) -> None:
    joint = draw_joint(200, 3)
    a, _ = paired_resample(joint, 50, np.random.default_rng(0), stratified=True)
    assert (a.actual == joint.confusion_a().sum(axis=1)).all()


def test_weighted_counts_are_refused() -> None:
    joint = JointCounts.from_codes([0, 1], [0, 1], [1, 1], 2, [0.5, 0.25])
    with pytest.raises(InputError, match="sample_resample"):
        paired_interval(joint, "accuracy")
