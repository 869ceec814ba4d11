"""Simulate a small share of `benchmarks/validity`: intervals cover, tests keep their level."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evalkit.metrics.count import accuracy, f1
from evalkit.statistics import (
    JointCounts,
    accuracy_equivalence,
    auc_interval,
    cochran_q,
    delong_test,
    f1_interval,
    mcnemar,
    paired_proportion_interval,
    paired_resample,
    percentile_limits,
    proportion_interval,
    resample,
    swap_resample,
)

DRAWS, REPLICATES, N = 400, 300, 300
PRIOR = np.array([0.5, 0.3, 0.2])


def error(rate: float) -> float:
    """Three standard errors of a rate that was simulated."""
    return float(3 * np.sqrt(rate * (1 - rate) / DRAWS))


def macro_f1(counts: Any) -> Any:
    return f1(counts, average="macro")


def cells(knows: float) -> np.ndarray:
    """A model that knows the class so often and otherwise guesses from the prior."""
    shares: np.ndarray = PRIOR[:, None] * (knows * np.eye(3) + (1 - knows) * PRIOR)
    return shares


def matrices(knows: float, n: int) -> np.ndarray:
    drawn = np.random.default_rng(0).multinomial(n, cells(knows).ravel(), size=DRAWS)
    return drawn.reshape(DRAWS, 3, 3)


def pairs(knows: tuple[float, float]) -> list[JointCounts]:
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        actual = rng.choice(3, N, p=PRIOR)
        luck, guesses = rng.random(N), rng.choice(3, (2, N), p=PRIOR)
        own = np.where(rng.random((2, N)) < 0.5, luck, rng.random((2, N)))
        a, b = np.where(own < np.array(knows)[:, None], actual, guesses)
        drawn.append(JointCounts.from_codes(actual, a, b, 3))
    return drawn


def coverage(limits: Any, true: float) -> float:
    """The share of intervals, one array of lows and one of highs, that hold the true value."""
    low, high = limits
    return float(((np.asarray(low) <= true) & (true <= np.asarray(high))).mean())


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson", "jeffreys"])
def test_proportions(method: Any) -> None:
    right = np.trace(matrices(0.7, N), axis1=1, axis2=2)
    limits = proportion_interval(right, N, method=method)
    assert coverage(limits, np.trace(cells(0.7))) >= 0.95 - error(0.95)


def test_analytic_macro_f1() -> None:
    interval = f1_interval(matrices(0.7, N))
    assert coverage((interval.low, interval.high), macro_f1(cells(0.7))) >= 0.95 - error(0.95)


@pytest.mark.parametrize(("knows", "n"), [(0.05, N), (0.7, N), (0.98, 100), (0.98, N)])
@pytest.mark.parametrize("metric", [accuracy, macro_f1])
def test_smoothed_bootstrap(metric: Any, knows: float, n: int) -> None:
    rng = np.random.default_rng(0)
    limits = [
        percentile_limits(metric(resample(counts, REPLICATES, rng, smoothing=1.0)))
        for counts in matrices(knows, n)
    ]
    assert coverage(np.transpose(limits), metric(cells(knows))) >= 0.95 - error(0.95)


def test_plain_bootstrap_of_few_errors_fails() -> None:
    """Why it is not the default: a hundred samples and two errors in a hundred."""
    rng = np.random.default_rng(0)
    limits = [
        percentile_limits(macro_f1(resample(counts, REPLICATES, rng)))
        for counts in matrices(0.98, 100)
    ]
    assert coverage(np.transpose(limits), macro_f1(cells(0.98))) < 0.85


def test_differences() -> None:
    true = 0.05 * (1 - (PRIOR**2).sum())
    drawn = pairs((0.7, 0.75))
    b, c = np.array([(joint.only_a, joint.only_b) for joint in drawn]).T
    assert coverage(paired_proportion_interval(b, c, N), true) >= 0.95 - error(0.95)
    rng = np.random.default_rng(0)
    limits = []
    for joint in drawn:
        of_a, of_b = paired_resample(joint, REPLICATES, rng, smoothing=1.0)
        limits.append(percentile_limits(accuracy(of_b) - accuracy(of_a)))
    assert coverage(np.transpose(limits), true) >= 0.95 - error(0.95)


def test_false_alarms() -> None:
    """Of two models that are alike tests at 5 % tell 5 % apart, or fewer."""
    drawn = pairs((0.7, 0.7))
    b, c = np.array([(joint.only_a, joint.only_b) for joint in drawn]).T
    test = mcnemar(b, c)
    for p_values in (test.p_value, test.p_corrected, test.p_exact, test.p_midp):
        assert (p_values <= 0.05).mean() <= 0.05 + error(0.05)
    rng = np.random.default_rng(0)
    alarms = 0
    for joint in drawn:
        gap = abs(float(macro_f1(joint.confusion_b()) - macro_f1(joint.confusion_a())))
        of_a, of_b = swap_resample(joint, REPLICATES, rng)
        hits = (np.abs(macro_f1(of_b) - macro_f1(of_a)) >= gap - 1e-12).sum()
        alarms += (1 + hits) / (1 + REPLICATES) <= 0.05
    assert alarms / DRAWS <= 0.05 + error(0.05)


def test_false_alarms_among_several_models() -> None:
    rng = np.random.default_rng(0)
    alarms = sum(cochran_q(rng.random((N, 4)) < 0.7).p_value <= 0.05 for _ in range(DRAWS))
    assert alarms / DRAWS <= 0.05 + error(0.05)


def test_false_equivalence() -> None:
    """Of two models that differ by the margin 5 % are called equivalent, or fewer."""
    margin = 0.1 * (1 - (PRIOR**2).sum())
    called = [
        accuracy_equivalence(joint.only_a, joint.only_b, N, margin=margin).equivalent
        for joint in pairs((0.65, 0.75))
    ]
    assert np.mean(called) <= 0.05 + error(0.05)


@pytest.mark.parametrize(("separation", "n", "share"), [(1.2, 150, 0.5), (3.3, 50, 0.3)])
def test_areas(separation: float, n: int, share: float) -> None:
    rng = np.random.default_rng(0)
    covered, alarms = [], []
    positive = np.arange(n) < share * n
    # P(N(s, 1) > N(0, 1)) is the normal distribution function at s / √2.
    true = float(np.mean(rng.normal(size=10**6) + separation > rng.normal(size=10**6)))
    for _ in range(DRAWS):
        a, b = rng.normal(size=(2, n)) + separation * positive
        interval = auc_interval(positive, a)
        covered.append(interval.low <= true <= interval.high)
        alarms.append(delong_test(positive, a, b).p_value <= 0.05)
    assert np.mean(covered) >= 0.95 - error(0.95)
    assert np.mean(alarms) <= 0.05 + error(0.05)
