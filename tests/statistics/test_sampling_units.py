"""Groups are drawn whole, strata keep their size, and the bootstrap over samples is SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, strategies as st
from sklearn.metrics import log_loss, roc_auc_score

from evalkit.errors import InputError
from evalkit.statistics import auc_interval, mean_interval, sample_bootstrap
from evalkit.statistics.sampling_units import SamplingUnits
from evalkit.statistics.streams import generator

LABELS = st.lists(st.integers(0, 6), min_size=1, max_size=40)
N = 200


@given(labels=LABELS, seed=st.integers(0, 1000))
def test_groups_are_drawn_whole(labels: list[int], seed: int) -> None:
    units = SamplingUnits.of_samples(len(labels), groups=labels)
    rows = units.drawn_rows(np.random.default_rng(seed))
    drawn = np.bincount(rows, minlength=len(labels))
    times = {label: set() for label in labels}  # type: dict[int, set[int]]
    for label, count in zip(labels, drawn.tolist(), strict=True):
        times[label].add(count)
    assert all(len(counts) == 1 for counts in times.values())
    assert sum(next(iter(counts)) for counts in times.values()) == len(times)


@given(labels=LABELS, seed=st.integers(0, 1000))
def test_strata_keep_their_size(labels: list[int], seed: int) -> None:
    units = SamplingUnits.of_samples(len(labels), strata=labels)
    rng = np.random.default_rng(seed)
    of_rows = np.bincount(np.array(labels)[units.drawn_rows(rng)], minlength=7)
    assert (of_rows == np.bincount(labels, minlength=7)).all()
    multiplicities = units.multiplicities(5, rng)
    for label in set(labels):
        members = np.array(labels) == label
        assert (multiplicities[members].sum(axis=0) == members.sum()).all()


def test_groups_within_strata() -> None:
    units = SamplingUnits.of_samples(6, groups=list("aabbcc"), strata=[0, 0, 0, 0, 1, 1])
    rows = units.drawn_rows(np.random.default_rng(0))
    assert sorted(rows)[-2:] == [4, 5]
    assert (units.multiplicities(9, np.random.default_rng(0))[2] == 1).all()


@pytest.mark.parametrize(
    ("n", "options", "message"),
    [
        (0, {}, "No samples to resample"),
        (2, {"groups": [1]}, r"groups has shape \(1,\), expected \(2,\)"),
        (2, {"strata": [1, 2, 3]}, r"strata has shape \(3,\)"),
        (
            3,
            {"groups": [0, 0, 1], "strata": [0, 1, 1]},
            "group of row 1 extends over two strata",
        ),
    ],
)
def test_wrong_labels_are_refused(n: int, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SamplingUnits.of_samples(n, **options)


def test_scipy_agrees() -> None:
    values = np.random.default_rng(0).exponential(size=N)
    oracle = scipy.stats.bootstrap(
        (values,), np.median, method="percentile", n_resamples=4_000, rng=np.random.default_rng(1)
    )
    interval = sample_bootstrap(np.median, values, replicates=4_000)
    assert interval.low == pytest.approx(oracle.confidence_interval.low, abs=0.03)
    assert interval.high == pytest.approx(oracle.confidence_interval.high, abs=0.03)
    assert interval.standard_error == pytest.approx(oracle.standard_error, rel=0.1)


def test_of_the_area_under_the_curve_it_is_delongs_error() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, N)
    scores = rng.normal(size=N) + labels
    interval = sample_bootstrap(roc_auc_score, labels, scores, replicates=400, strata=labels)
    expected = auc_interval(labels, scores)
    assert interval.estimate == pytest.approx(expected.auc)
    assert interval.standard_error == pytest.approx(expected.standard_error, rel=0.12)


def test_weights_reach_the_metric() -> None:
    rng = np.random.default_rng(0)
    values, weight = rng.normal(size=N), rng.exponential(size=N)

    def mean(values: Any, *, sample_weight: Any) -> float:
        return float(np.average(values, weights=sample_weight))

    slow = sample_bootstrap(mean, values, replicates=2_000, sample_weight=weight)
    fast = mean_interval(values, replicates=10_000, sample_weight=weight)
    assert slow.estimate == pytest.approx(float(fast.estimate))
    assert slow.standard_error == pytest.approx(fast.standard_error, rel=0.08)
    assert slow.low == pytest.approx(fast.low, abs=0.02)


def test_mean_has_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=(N, 3))
    interval = mean_interval(values, replicates=20_000)
    np.testing.assert_allclose(interval.estimate, values.mean(axis=0))
    np.testing.assert_allclose(interval.standard_error, values.std(axis=0) / np.sqrt(N), rtol=0.03)


def test_log_loss_difference_of_two_models_is_paired() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, N)
    a = np.clip(labels * 0.6 + 0.2 + rng.normal(0, 0.1, N), 0.01, 0.99)
    b = np.clip(a + rng.normal(0, 0.01, N), 0.01, 0.99)
    loss = [-np.log(np.where(labels == 1, p, 1 - p)) for p in (a, b)]
    paired = mean_interval(loss[1] - loss[0])
    assert paired.estimate == pytest.approx(log_loss(labels, b) - log_loss(labels, a))
    assert paired.standard_error < 0.3 * mean_interval(loss[0]).standard_error


@pytest.mark.parametrize("function", ["sample", "mean"])
def test_groups_widen(function: str) -> None:
    """Ten copies of a sample, drawn together, are worth one."""
    values = np.random.default_rng(0).normal(size=40)
    copies, groups = values.repeat(10), np.repeat(np.arange(40), 10)
    if function == "mean":
        interval = mean_interval(copies, groups=groups, replicates=5_000)
    else:
        interval = sample_bootstrap(np.mean, copies, groups=groups)
    assert interval.standard_error == pytest.approx(values.std() / np.sqrt(40), rel=0.08)


def test_strata_narrow() -> None:
    """Between strata nothing varies: only the spread within them is left."""
    strata = np.arange(N) % 2
    values = 10.0 * strata + np.random.default_rng(0).normal(size=N)
    interval = mean_interval(values, strata=strata)
    assert interval.standard_error == pytest.approx(1 / np.sqrt(N), rel=0.1)


def test_undefined_replicates_are_left_out() -> None:
    values = np.array([0.0] * 3 + [1.0])
    interval = sample_bootstrap(lambda v: v.mean() if v.any() else np.nan, values, replicates=2_000)
    assert interval.defined == pytest.approx(1 - 0.75**4, abs=0.05)
    assert interval.low == 0.25


def test_seed_and_generator() -> None:
    values = np.arange(20.0)
    one, same, stream = (
        sample_bootstrap(np.mean, values, replicates=50, seed=seed)
        for seed in (3, 3, generator(3, "losses"))
    )
    assert (one.low, one.high) == (same.low, same.high) == (stream.low, stream.high)
    rng = np.random.default_rng(3)
    given, again = (
        sample_bootstrap(np.mean, values, replicates=50, seed=seed)
        for seed in (rng, np.random.default_rng(3))
    )
    assert (given.low, given.high) == (again.low, again.high)
    assert rng.random() != np.random.default_rng(3).random()


def test_wrong_input_is_refused() -> None:
    with pytest.raises(InputError, match="arrays of the same length"):
        sample_bootstrap(np.mean, [1, 2], [1])
    with pytest.raises(InputError, match="arrays of the same length"):
        sample_bootstrap(np.mean)
    with pytest.raises(InputError, match="values contains NaN or infinity"):
        mean_interval([1.0, np.nan])
    with pytest.raises(InputError, match=r"sample_weight has shape \(1,\), expected \(2,\)"):
        mean_interval([1.0, 2.0], sample_weight=[1.0])
    with pytest.raises(InputError, match="at least one replicate"):
        mean_interval([1.0], replicates=0)
