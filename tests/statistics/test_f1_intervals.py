"""F1 without resampling: against the confidenceinterval package, the bootstrap and a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from confidenceinterval import f1_score as f1_with_interval

from evalkit.errors import InputError
from evalkit.metrics.count import f1
from evalkit.statistics import bootstrap_interval, f1_interval, f1_posterior_interval

if TYPE_CHECKING:
    from evalkit.statistics.proportions import F1Average


COUNTS = np.array([[300, 20, 10], [30, 200, 20], [5, 10, 90]])


def test_micro_is_the_other_implementations() -> None:
    """Of macro F1 that package adds two terms where the paper multiplies them."""
    actual, predicted = np.indices(COUNTS.shape).reshape(2, -1).repeat(COUNTS.ravel(), axis=1)
    value, (low, high) = f1_with_interval(
        actual.tolist(), predicted.tolist(), average="micro", confidence_level=0.9
    )
    interval = f1_interval(COUNTS, average="micro", confidence=0.9)
    assert interval.estimate == pytest.approx(value, rel=1e-12)
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize("average", ["micro", "macro"])
def test_delta_method_with_a_numerical_gradient(average: F1Average) -> None:
    shares = COUNTS / COUNTS.sum()
    gradient = np.zeros((3, 3))
    for cell in np.ndindex(3, 3):
        step = np.zeros((3, 3))
        step[cell] = 1e-6
        up, down = (f1(shares + sign * step, average=average) for sign in (1, -1))
        gradient[cell] = (up - down) / 2e-6
    variance = (shares * gradient**2).sum() - (shares * gradient).sum() ** 2
    interval = f1_interval(COUNTS, average=average)
    assert interval.estimate == pytest.approx(f1(COUNTS, average=average), rel=1e-12)
    assert interval.standard_error == pytest.approx(np.sqrt(variance / COUNTS.sum()), rel=1e-6)
    assert interval.high - interval.estimate == pytest.approx(1.959964 * interval.standard_error)


def test_the_bootstrap_has_the_same_standard_error() -> None:
    interval = f1_interval(COUNTS)
    bootstrapped = bootstrap_interval(COUNTS, "f1_macro", replicates=20_000)
    assert interval.standard_error == pytest.approx(bootstrapped.standard_error, rel=0.03)


def test_leading_axes_pass_through() -> None:
    counts = np.random.default_rng(0).integers(1, 50, (2, 3, 4, 4))
    interval = f1_interval(counts)
    assert interval.low.shape == (2, 3)
    assert interval.low[1, 2] == f1_interval(counts[1, 2]).low
    np.testing.assert_allclose(interval.estimate, f1(counts, average="macro"))


def test_absent_classes_do_not_count() -> None:
    counts = np.array([[45, 5], [10, 40]])
    padded = np.zeros((4, 4), int)
    padded[:2, :2] = counts
    one, other = f1_interval(counts), f1_interval(padded)
    assert (one.estimate, one.low, one.high) == (other.estimate, other.low, other.high)


def test_no_samples_no_interval() -> None:
    interval = f1_interval(np.zeros((2, 2)))
    assert np.isnan([interval.estimate, interval.low, interval.high]).all()


def test_goutte_and_gaussier() -> None:
    assert f1_posterior_interval(80, 10, 20) == pytest.approx((0.77723, 0.88936), abs=5e-6)


def test_posterior_by_drawing_from_it() -> None:
    """J = U / (U + V) of two gammas makes F1 = 2U / (2U + V); drawn here, inverted there."""
    rng = np.random.default_rng(0)
    u, v = rng.gamma(12 + 0.5, size=400_000), rng.gamma(7 + 1.0, size=400_000)
    expected = np.quantile(2 * u / (2 * u + v), [0.05, 0.95])
    assert f1_posterior_interval(12, 3, 4, confidence=0.9) == pytest.approx(expected, abs=2e-3)


def test_posterior_of_many_classes_and_of_an_absent_one() -> None:
    low, high = f1_posterior_interval([80, 0, 0], [10, 3, 0], [20, 1, 0])
    assert low[0] > low[1] >= 0
    assert np.isnan([low[2], high[2]]).all()


def test_posterior_intervals_hold_a_value_of_0_or_1() -> None:
    assert f1_posterior_interval(50, 0, 0)[1] == 1.0
    assert f1_posterior_interval(0, 3, 2)[0] == 0.0


def test_wrong_input_is_refused() -> None:
    with pytest.raises(InputError, match="'micro' or 'macro'"):
        f1_interval(np.eye(2), average="weighted")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'takahashi'"):
        f1_interval(np.eye(2), method="wald")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="the prior positive"):
        f1_posterior_interval(1, 1, 1, prior=0)
