"""Tests of slices: exact by enumeration and SciPy, and what their intervals and counts promise."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact, hypergeom, ttest_ind_from_stats
from statsmodels.stats.contingency_tables import StratifiedTable

from evalkit.errors import InputError
from evalkit.statistics import holm
from evalkit.statistics.dependent_slices import Events, dependent_difference, mean_difference
from evalkit.statistics.slices import (
    adjusted_difference,
    needed_samples,
    stratified_exact_tests,
    tarone_holm,
)


def test_one_stratum_is_fishers_exact_test() -> None:
    """SciPy has the same two-sided p-value for every table of two small groups."""
    n, m = 7, 12
    tables = list(product(range(n + 1), range(m + 1)))
    found = stratified_exact_tests(
        [[x] for x, _ in tables],
        [[n]] * len(tables),
        [[x + y] for x, y in tables],
        [[n + m]] * len(tables),
    )
    expected = [fisher_exact([[x, n - x], [y, m - y]]).pvalue for x, y in tables]
    np.testing.assert_allclose(found.p_values, expected, rtol=1e-9)


@pytest.mark.parametrize("events", [(3, 2), (5, 1), (1, 6)])
def test_strata_are_enumerated(events: tuple[int, int]) -> None:
    """Of two strata every outcome is listed: p-values and the least of them are its sums."""
    n, total = (4, 3), (9, 10)
    mass: dict[int, float] = {}
    for x, y in product(range(n[0] + 1), range(n[1] + 1)):
        chance = float(
            hypergeom.pmf(x, total[0], events[0], n[0])
            * hypergeom.pmf(y, total[1], events[1], n[1])
        )
        mass[x + y] = mass.get(x + y, 0.0) + chance
    possible = {s: p for s, p in mass.items() if p > 0}
    for x, y in product(range(n[0] + 1), range(n[1] + 1)):
        if not (events[0] - 5 <= x <= events[0] and events[1] - 7 <= y <= events[1]):
            continue  # The samples outside cannot hold the other events.
        found = stratified_exact_tests([[x, y]], [n], [events], [total])
        as_probable = [p for p in possible.values() if p <= possible[x + y] * (1 + 1e-9)]
        assert found.p_values[0] == pytest.approx(min(sum(as_probable), 1.0))
        assert found.least[0] == pytest.approx(min(possible.values()))


def test_one_error_in_one_sample() -> None:
    """One error in a slice of one, with 4 in the other 499, has probability 5/500."""
    assert stratified_exact_tests([[1]], [[1]], [[5]], [[500]]).p_values[0] == pytest.approx(0.01)


def test_many_samples_agree_with_mantel_and_haenszel() -> None:
    """Of large strata, statsmodels' test with continuity correction has nearly the same p-value."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        n, m = rng.integers(200, 900, (2, 3))
        x, y = rng.binomial(n, 0.3), rng.binomial(m, 0.26)
        tables = [np.array([[a, b - a], [c, d - c]]) for a, b, c, d in zip(x, n, y, m, strict=True)]
        expected = StratifiedTable(tables).test_null_odds(correction=True).pvalue
        found = stratified_exact_tests([x], [n], [x + y], [n + m]).p_values[0]
        assert found == pytest.approx(expected, rel=0.08, abs=1e-4)


def test_the_normal_approximation_joins_the_exact_test() -> None:
    """Beyond the limit of the exact distribution, the p-value is within 3 % of SciPy's."""
    n, m = 60_000, 90_000
    for x, y in ((30_000, 44_500), (30_000, 44_200), (12_000, 18_350)):
        found = stratified_exact_tests([[x]], [[n]], [[x + y]], [[n + m]]).p_values[0]
        expected = fisher_exact([[x, n - x], [y, m - y]]).pvalue
        assert found == pytest.approx(expected, rel=0.03)


def test_nothing_to_test() -> None:
    """Without errors, or without samples on one side, p and the least p are 1."""
    found = stratified_exact_tests([[0], [2], []], [[5], [5], []], [[0], [2], []], [[9], [5], []])
    assert found.p_values.tolist() == found.least.tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(InputError, match="events must be at most samples"):
        stratified_exact_tests([[3]], [[2]], [[3]], [[9]])


def test_tarone_holm_is_holm_with_exclusions() -> None:
    """With possible significance everywhere it is Holm's method, and never larger than it."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        p = rng.random(12) ** 3
        assert tarone_holm(p, np.zeros(12)) == pytest.approx(holm(p))
        least = p * rng.random(12)
        assert (tarone_holm(p, least) <= holm(p) + 1e-12).all()
        assert (tarone_holm(p, least) >= p - 1e-12).all()
    # Ninety tests that cannot be below 0.2 do not count.
    p, least = np.r_[0.004, np.ones(90)], np.r_[0.001, np.full(90, 0.2)]
    assert tarone_holm(p, least)[0] == pytest.approx(0.004)
    assert np.isnan(tarone_holm([np.nan, 0.5], [0.0, 0.0])).tolist() == [True, False]


def test_tarone_holm_holds_its_level() -> None:
    """Of Fisher's tests of 30 small slices, any rejects in at most 5 % of 2,000 draws."""
    rng = np.random.default_rng(2)
    sizes = np.tile([2, 5, 20], 10)
    alarms = 0
    for _ in range(2_000):
        errors = rng.binomial(sizes, 0.08)
        total, n = errors.sum(), sizes.sum()
        tests = stratified_exact_tests(list(errors), list(sizes), [total] * 30, [n] * 30)
        alarms += bool((tarone_holm(*tests) < 0.05).any())
    assert alarms / 2_000 <= 0.05 + 3 * (0.05 * 0.95 / 2_000) ** 0.5


def test_newcombes_published_intervals() -> None:
    """Method 10 of Newcombe (1998), table II: 56/70 − 48/80, 9/10 − 3/10 and 10/10 − 0/20."""
    for (x, n, y, m), low, high in (
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 20), 0.6791, 1.0),
    ):
        found = adjusted_difference([x], [n], [y], [m])
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_adjusting_removes_a_different_class_mix() -> None:
    """Equal recalls of both classes leave no difference, whatever the mix."""
    found = adjusted_difference([9, 70], [10, 100], [900, 7], [1_000, 10])
    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert found.low < 0 < found.high
    # Mantel–Haenszel: weights 10·1000/1010 and 100·10/110.
    weight = np.array([10 * 1_000 / 1_010, 100 * 10 / 110])
    gap = adjusted_difference([8, 50], [10, 100], [900, 7], [1_000, 10]).value
    assert gap == pytest.approx(weight @ [-0.1, -0.2] / weight.sum())
    assert np.isnan(adjusted_difference([3, 0], [4, 0], [0, 5], [0, 9])).all()


@pytest.mark.parametrize(
    ("rate", "gap", "alpha"), [(0.9, 0.1, 0.05), (0.99, 0.1, 0.001), (0.6, 0.2, 0.01)]
)
def test_needed_samples_have_the_power(rate: float, gap: float, alpha: float) -> None:
    """The binomial test has 80 % power with that number, and not with one fewer."""

    def power(n: int) -> float:
        rejected = np.flatnonzero(binom.cdf(np.arange(n + 1), n, rate) <= alpha / 2)
        return float(binom.cdf(rejected[-1], n, rate - gap)) if len(rejected) else 0.0

    needed = needed_samples(rate, gap=gap, alpha=alpha)
    assert needed is not None
    assert power(needed - 1) < 0.8 <= min(power(n) for n in range(needed, 2 * needed))
    assert needed_samples(0.05, gap=0.1) is None


def events(right: Any, unit: Any = None, weight: Any = None) -> Events:
    """Return samples in one stratum, each a cell."""
    own = np.ones(len(right)) if weight is None else np.asarray(weight, float)
    codes = np.zeros(len(right), np.int64)
    return Events(codes, np.asarray(right, bool), own, own**2, unit)


def joined(one: Events, other: Events) -> Events:
    """Return the samples of both."""
    parts = [
        None if a is None or b is None else np.concatenate([a, b])
        for a, b in zip(one, other, strict=True)
    ]
    return Events(*parts)  # type: ignore[arg-type]  # units of both or of neither


def test_equal_weights_are_close_to_no_weights() -> None:
    """Weights of one, and any others of equal size, give Newcombe's interval with t limits."""
    inside, outside = np.arange(300) % 5 > 0, np.arange(900) % 10 > 0
    plain = adjusted_difference([inside.sum()], [300], [outside.sum()], [900])
    for weight in (1.0, 7.5):
        a, b = (events(right, weight=np.full(len(right), weight)) for right in (inside, outside))
        found = dependent_difference(a, joined(a, b), 0.95)
        assert found.value == pytest.approx(plain.value)
        assert found.low == pytest.approx(plain.low, abs=0.002)
        assert found.high == pytest.approx(plain.high, abs=0.002)


def test_copies_in_groups_add_nothing() -> None:
    """Each sample five times, in a group, says as much as each once."""
    rng = np.random.default_rng(3)
    inside, outside = rng.random(60) < 0.7, rng.random(140) < 0.9
    one = (events(inside, np.arange(60)), events(outside, np.arange(60, 200)))
    five = tuple(
        events(np.repeat(right, 5), np.repeat(unit, 5))
        for right, unit in ((inside, np.arange(60)), (outside, np.arange(60, 200)))
    )
    first, second = (dependent_difference(a, joined(a, b), 0.95) for a, b in (one, five))
    assert second == pytest.approx(first, rel=1e-6)


def test_perfect_groups_are_not_certain() -> None:
    """Without an error inside, the interval keeps its width; two groups give no small p-value."""
    inside = events(np.ones(40), np.repeat(np.arange(4), 10))
    outside = events(np.arange(200) % 10 > 0, np.repeat(np.arange(4, 24), 10))
    found = dependent_difference(inside, joined(inside, outside), 0.95)
    assert found.low < -0.3
    assert found.p_value > 0.3
    single = events(np.zeros(9), np.zeros(9, int))
    other = events(np.ones(40), np.repeat(np.arange(1, 5), 10))
    assert np.isnan(dependent_difference(single, joined(single, other), 0.95).p_value)


def moments(values: Any) -> Any:
    """Return the samples, sums and sums of squares of one stratum."""
    return tuple(np.array([float((np.asarray(values, float) ** p).sum())]) for p in (0, 1, 2))


def test_means_have_at_least_welchs_error() -> None:
    """The p-value is at least that of Welch's t with the degrees of freedom of the slice."""
    rng = np.random.default_rng(4)
    for scale in (1.0, 3.0):
        inside, outside = scale * rng.exponential(size=40), rng.exponential(size=400)
        found = mean_difference(moments(inside), moments(np.r_[inside, outside]), 0.95)
        assert found.value == pytest.approx(inside.mean() - outside.mean())
        welch = ttest_ind_from_stats(
            inside.mean(), inside.std(ddof=1), 40, outside.mean(), outside.std(ddof=1), 400, False
        )
        assert found.p_value >= welch.pvalue
        assert (found.low > 0 or found.high < 0) == (found.p_value < 0.05)


def test_means_of_few_samples_are_not_tested() -> None:
    """One large loss of one sample, or of nine, proves nothing."""
    rest = np.full(500, 0.1)
    for inside in (np.array([30.0]), np.full(9, 0.3)):
        assert np.isnan(
            mean_difference(moments(inside), moments(np.r_[inside, rest]), 0.95).p_value
        )
