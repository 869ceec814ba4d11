"""The bootstrap over seeds and samples holds both kinds of luck."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.statistics import seed_interval

N = 500


def runs(actual: Any, accuracies: list[float], seed: int) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [np.where(rng.random(N) < p, actual, 1 - actual) for p in accuracies]


ACTUAL = np.random.default_rng(0).integers(0, 2, N)


def test_one_run_has_the_error_of_its_samples() -> None:
    (run,) = runs(ACTUAL, [0.8], 1)
    interval = seed_interval(ACTUAL, [run], metric="accuracy", n_classes=2, replicates=5_000)
    share = (run == ACTUAL).mean()
    assert interval.estimate == pytest.approx(share)
    assert interval.standard_error == pytest.approx(np.sqrt(share * (1 - share) / N), rel=0.05)


def test_variances_of_seeds_and_of_samples_add_up() -> None:
    """√(between-run variance / m + variance of the mean correctness of a sample / n)."""
    group = runs(ACTUAL, [0.6, 0.7, 0.8, 0.9], 2)
    interval = seed_interval(ACTUAL, group, metric="accuracy", n_classes=2, replicates=20_000)
    right = np.array([run == ACTUAL for run in group])
    between = right.mean(axis=1).var() / 4
    # Runs are drawn with repetition, which leaves (m − 1)/m of what samples do to each run alone.
    alone = right.var(axis=1).mean() / N
    together = right.mean(axis=0).var() / N
    expected = between + together * 3 / 4 + alone / 4
    assert interval.standard_error**2 == pytest.approx(expected, rel=0.06)


def test_two_groups_share_the_samples() -> None:
    """With the same runs in both, the difference is 0 and only the choice of seeds is left."""
    group = runs(ACTUAL, [0.8, 0.8, 0.8], 3)
    interval = seed_interval(ACTUAL, group, group, metric="accuracy", n_classes=2, replicates=2_000)
    alone = seed_interval(ACTUAL, group, metric="accuracy", n_classes=2, replicates=2_000)
    assert interval.estimate == 0
    assert interval.low < 0 < interval.high
    better = seed_interval(
        ACTUAL,
        runs(ACTUAL, [0.7] * 5, 5),
        runs(ACTUAL, [0.9] * 5, 4),
        metric="f1_macro",
        n_classes=2,
    )
    assert 0 < better.low < better.estimate < better.high
    assert alone.estimate == pytest.approx(np.mean([(run == ACTUAL).mean() for run in group]))


def test_weights_and_groups_of_samples() -> None:
    group = runs(ACTUAL, [0.7, 0.8], 6)
    weight = np.random.default_rng(0).exponential(size=N)
    interval = seed_interval(
        ACTUAL,
        group,
        metric="accuracy",
        n_classes=2,
        replicates=300,
        sample_weight=weight,
        groups=np.arange(N) // 10,
    )
    expected = np.mean([np.average(run == ACTUAL, weights=weight) for run in group])
    assert interval.estimate == pytest.approx(expected)
    assert interval.low < interval.estimate < interval.high


def test_a_group_has_runs() -> None:
    with pytest.raises(InputError, match="at least one run"):
        seed_interval(ACTUAL, [], metric="accuracy", n_classes=2)
