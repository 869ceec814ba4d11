"""Change points: found where they were put, rarely where there are none, exact where known."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import chi2_contingency, ttest_rel

from evalkit.errors import InputError
from evalkit.statistics.change_points import (
    _binomial_ratio,
    _normal_ratio,
    change_points_of_blocks,
    change_points_of_counts,
    change_points_of_estimates,
)


def test_levels_that_were_put_are_found() -> None:
    """Three levels of accuracy over 15 runs: both changes, at their places, with their levels."""
    right = [800] * 5 + [850] * 5 + [780] * 5
    found = change_points_of_counts(right, [1_000] * 15)
    assert [p.position for p in found] == [5, 10]
    assert [p.before for p in found] == pytest.approx([0.80, 0.85])
    assert [p.after for p in found] == pytest.approx([0.85, 0.78])
    same = change_points_of_estimates(np.array(right) / 1_000, [0.0125] * 15)
    assert [p.position for p in same] == [5, 10]


def test_a_constant_history_has_none() -> None:
    assert change_points_of_counts([90] * 20, [100] * 20) == ()
    assert change_points_of_counts([0] * 4, [100] * 4) == ()
    assert change_points_of_estimates([0.5] * 20, [0.01] * 20) == ()
    assert change_points_of_counts([3], [4]) == change_points_of_counts([], []) == ()


@pytest.mark.parametrize("kind", ["counts", "estimates"])
def test_noise_alone_shows_a_change_in_at_most_five_per_cent(kind: str) -> None:
    """300 histories of twelve runs at one level; 24 are three standard errors above 15."""
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(300):
        right = rng.binomial(500, 0.8, 12)
        if kind == "counts":
            found = change_points_of_counts(right, [500] * 12, replicates=399)
        else:
            errors = np.full(12, np.sqrt(0.16 / 500))
            found = change_points_of_estimates(right / 500, errors, replicates=399)
        alarms += bool(found)
    assert alarms <= 26


def test_a_change_of_four_standard_errors_is_found_in_most_histories() -> None:
    rng = np.random.default_rng(2)
    found = 0
    for _ in range(60):
        right = rng.binomial(500, np.repeat([0.80, 0.87], 6))
        points = change_points_of_counts(right, [500] * 12, replicates=399)
        found += any(abs(point.position - 6) <= 1 for point in points)
    assert found >= 50


def test_looks_after_every_run_show_a_change_in_at_most_five_per_cent() -> None:
    """200 histories of thirty runs at one level; 19 are three standard errors above 10."""
    rng = np.random.default_rng(3)
    ever = {"counts": 0, "estimates": 0, "blocks": 0}
    easy = rng.normal(0.9, 0.1, 64)
    for _ in range(200):
        right = rng.binomial(1_000, 0.9, 30)
        errors = np.sqrt(right / 1_000 * (1 - right / 1_000) / 1_000)
        blocks = easy + rng.normal(0, 0.02, (30, 64))
        ever["counts"] += bool(change_points_of_counts(right, [1_000] * 30, sequential=True))
        ever["estimates"] += bool(
            change_points_of_estimates(right / 1_000, errors, sequential=True)
        )
        ever["blocks"] += bool(change_points_of_blocks(blocks, sequential=True))
    assert max(ever.values()) <= 19


def test_pairs_find_what_independent_samples_hide() -> None:
    """Ten runs on one test set lose 1 point of accuracy, with little noise between runs."""
    rng = np.random.default_rng(4)
    levels = np.repeat([0.0, -0.01], 5)[:, None]
    found = {"paired": 0, "unpaired": 0}
    for _ in range(50):
        runs = rng.normal(0.9, 0.08, 64) + levels + rng.normal(0, 0.015, (10, 64))
        found["paired"] += bool(change_points_of_blocks(runs, sequential=True))
        right = np.rint(runs.mean(axis=1) * 1_000)
        found["unpaired"] += bool(change_points_of_counts(right, [1_000] * 10, sequential=True))
    assert found["paired"] >= 45
    assert found["unpaired"] <= 5


def test_a_change_that_was_found_stays_and_moves_to_its_place() -> None:
    """Looks at growing histories: once there is a change there always is, and it ends at 6."""
    right = [900, 895, 905, 899, 902, 901, 870, 850, 851, 848, 852, 850]
    seen = [
        [p.position for p in change_points_of_counts(right[:k], [1_000] * k, sequential=True)]
        for k in range(1, 13)
    ]
    first = next(k for k, places in enumerate(seen) if places)
    assert all(seen[first:])
    assert seen[-1] in ([6], [7])
    assert change_points_of_counts([3], [4], sequential=True) == ()
    assert change_points_of_blocks(np.ones((5, 8)), sequential=True) == ()


def test_two_runs_on_blocks_have_the_paired_t_test() -> None:
    """SciPy's t test, apart from the variance of one block that is added."""
    rng = np.random.default_rng(5)
    before, after = rng.normal(0.8, 0.05, 64), rng.normal(0.9, 0.05, 64)
    (point,) = change_points_of_blocks([before, after], alpha=0.5)
    wanted = ttest_rel(after, before).pvalue
    assert wanted < point.p_value < 1e3 * wanted
    assert (point.before, point.after) == pytest.approx((before.mean(), after.mean()))


def test_the_p_value_of_two_runs_is_that_of_fisher() -> None:
    """Two runs: the conditional distribution is hypergeometric, and can be summed by hand."""
    right, n = (3, 9), 10
    probability = {k: comb(n, k) * comb(n, 12 - k) / comb(2 * n, 12) for k in range(2, 11)}
    seen = _binomial_ratio(np.array([right], float), np.array([n, n], float))[0, 0]
    exact = sum(
        p
        for k, p in probability.items()
        if _binomial_ratio(np.array([[k, 12 - k]], float), np.array([n, n], float))[0, 0]
        >= seen - 1e-9
    )
    (point,) = change_points_of_counts(right, (n, n), replicates=20_000, alpha=0.2)
    assert point.p_value == pytest.approx(exact, abs=0.003)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=8))
def test_the_ratio_is_half_the_g_statistic(right: list[int]) -> None:
    """The log likelihood ratio of a split is half of G of the 2 × 2 table that it makes (SciPy)."""
    counts, trials = np.array([right], float), np.full(len(right), 40.0)
    ratios = _binomial_ratio(counts, trials)[0]
    assert (ratios >= -1e-9).all()
    for split in range(1, len(right)):
        left, rest = sum(right[:split]), sum(right[split:])
        sizes = 40 * split, 40 * (len(right) - split)
        table = [[left, sizes[0] - left], [rest, sizes[1] - rest]]
        if 0 in np.sum(table, axis=0):
            assert ratios[split - 1] == pytest.approx(0, abs=1e-9)
            continue
        g = chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
        assert ratios[split - 1] == pytest.approx(g / 2, abs=1e-7)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=8), st.floats(-5, 5))
def test_a_shift_of_all_estimates_changes_nothing(values: list[float], shift: float) -> None:
    weights = np.linspace(1, 2, len(values))
    one = _normal_ratio(np.array([values]), weights)
    other = _normal_ratio(np.array([values]) + shift, weights)
    assert np.allclose(one, other, atol=1e-9)


def test_a_history_read_backwards_changes_at_the_same_places() -> None:
    right = [80, 82, 79, 95, 96, 94, 97]
    forwards = change_points_of_counts(right, [100] * 7)
    backwards = change_points_of_counts(right[::-1], [100] * 7)
    assert [p.position for p in forwards] == [7 - p.position for p in backwards] == [3]


@pytest.mark.parametrize(
    ("right", "trials"),
    [([5, 11], [10, 10]), ([1.5, 2], [3, 3]), ([1, 2], [3]), ([0, 1], [0, 2])],
)
def test_counts_that_are_none_are_refused(right: list[float], trials: list[int]) -> None:
    with pytest.raises(InputError):
        change_points_of_counts(right, trials)


def test_estimates_without_errors_are_refused() -> None:
    with pytest.raises(InputError, match="positive"):
        change_points_of_estimates([0.1, 0.2], [0.1, 0.0])
    with pytest.raises(InputError, match=r"shape \(.*expected \(m,\) for both"):
        change_points_of_estimates([0.1, 0.2], [0.1])
    with pytest.raises(InputError, match="alpha"):
        change_points_of_estimates([0.1, 0.2], [0.1, 0.1], alpha=0)
    with pytest.raises(InputError, match=r"shape \(2,\), expected \(m, M\)"):
        change_points_of_blocks([0.1, 0.2])
