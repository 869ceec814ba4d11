"""Published intervals, statsmodels and direct maximisation as oracles, and the laws they keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, strategies as st
from statsmodels.stats.proportion import proportion_confint

from evalkit.errors import InputError
from evalkit.statistics import mcnemar, paired_proportion_interval, proportion_interval
from evalkit.statistics.proportions import paired_proportion_score

if TYPE_CHECKING:
    from evalkit.statistics.proportions import ProportionMethod

METHODS: tuple[ProportionMethod, ...] = ("wilson", "clopper-pearson", "jeffreys")
TABLES = st.tuples(*[st.integers(0, 40)] * 3).filter(any)


# Newcombe 1998, table I.
@pytest.mark.parametrize(
    ("successes", "trials", "wilson", "exact"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
    ],
)
def test_published_examples(
    successes: int, trials: int, wilson: tuple[float, float], exact: tuple[float, float]
) -> None:
    assert proportion_interval(successes, trials) == pytest.approx(wilson, abs=5e-5)
    interval = proportion_interval(successes, trials, method="clopper-pearson")
    assert interval == pytest.approx(exact, abs=5e-5)


@pytest.mark.parametrize(
    ("method", "name"),
    [("wilson", "wilson"), ("clopper-pearson", "beta"), ("jeffreys", "jeffreys")],
)
def test_statsmodels_agrees(method: ProportionMethod, name: str) -> None:
    trials = np.array([1, 2, 7, 20, 1000, 100_000, 1_000_000])
    for share in (0.001, 0.3, 0.5, 0.98):
        successes = np.clip((share * trials).astype(int), 1, np.maximum(trials - 1, 1))
        inner = (successes > 0) & (successes < trials)
        low, high = proportion_interval(successes, trials, method=method)
        expected = proportion_confint(successes, trials, method=name)
        np.testing.assert_allclose(low[inner], expected[0][inner], rtol=1e-10)
        np.testing.assert_allclose(high[inner], expected[1][inner], rtol=1e-10)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 1 - 1e-9, 1 - 1e-14])
@pytest.mark.parametrize("trials", [1, 20, 10_000, 100_000_000])
def test_no_success_at_any_confidence(trials: int, confidence: float) -> None:
    """Clopper and Pearson's upper end solves (1 − p)ⁿ = (1 − confidence) / 2."""
    _, high = proportion_interval(0, trials, method="clopper-pearson", confidence=confidence)
    assert high == pytest.approx(-np.expm1(np.log((1 - confidence) / 2) / trials), rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_all_and_none_reach_the_end(method: ProportionMethod) -> None:
    low, high = proportion_interval([0, 20], 20, method=method)
    assert low[0] == 0.0
    assert high[1] == 1.0
    assert low[1] == pytest.approx(1 - high[0], abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_without_trials_there_is_no_interval(method: ProportionMethod) -> None:
    low, high = proportion_interval([0, 1], [0, 2], method=method)
    assert np.isnan([low[0], high[0]]).all()
    assert not np.isnan([low[1], high[1]]).any()


@given(
    trials=st.integers(1, 10_000),
    share=st.floats(0, 1),
    method=st.sampled_from(METHODS),
)
def test_laws(trials: int, share: float, method: ProportionMethod) -> None:
    """It holds the estimate, mirrors, widens with confidence and narrows with data."""
    successes = round(share * trials)
    low, high = proportion_interval(successes, trials, method=method)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1
    mirrored = proportion_interval(trials - successes, trials, method=method)
    assert mirrored.low == pytest.approx(1 - high, abs=1e-9)
    surer = proportion_interval(successes, trials, method=method, confidence=0.99)
    assert surer.high - surer.low > high - low
    more = proportion_interval(100 * successes, 100 * trials, method=method)
    assert more.high - more.low < high - low


def test_wrong_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"successes 3. Pass counts between 0 and trials"):
        proportion_interval([1, 3], 2)
    with pytest.raises(InputError, match="Unknown method 'wald'"):
        proportion_interval(1, 2, method="wald")  # type: ignore[arg-type]


def test_published_paired_interval() -> None:
    """Airway hyper-responsiveness in 21 children, Fagerland, Lydersen and Laake 2014."""
    # The paper subtracts the second proportion from the first: −0.517 to −0.026.
    assert paired_proportion_interval(1, 7, 21) == pytest.approx((0.026, 0.517), abs=5e-4)


@pytest.mark.parametrize(("b", "c", "n"), [(1, 7, 21), (5, 0, 30), (30, 22, 60), (0, 3, 1000)])
@pytest.mark.parametrize("difference", [-0.4, -0.01, 0.02, 0.6])
def test_score_by_maximising_the_likelihood(b: int, c: int, n: int, difference: float) -> None:
    """The constrained probability of b is found here by search, there in closed form."""

    def loss(q: float) -> float:
        cells = np.array([q, q + difference, 1 - 2 * q - difference])
        counts = np.array([b, c, n - b - c])
        return -float((counts * np.log(np.maximum(cells, 1e-300))).sum())

    low, high = max(0.0, -difference), (1 - difference) / 2
    q = scipy.optimize.minimize_scalar(
        loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12}
    ).x
    expected = (c - b - n * difference) / np.sqrt(n * (2 * q + difference * (1 - difference)))
    assert paired_proportion_score(b, c, n, difference) == pytest.approx(expected, rel=1e-4)


@given(TABLES)
def test_at_no_difference_it_is_mcnemars_statistic(table: tuple[int, int, int]) -> None:
    b, c, rest = table
    score = paired_proportion_score(b, c, b + c + rest, 0.0)
    assert score**2 == pytest.approx(mcnemar(b, c).statistic)


@given(TABLES)
def test_laws_of_the_paired_interval(table: tuple[int, int, int]) -> None:
    """It holds the difference, mirrors, widens with confidence and narrows with data."""
    b, c, rest = table
    n = b + c + rest
    low, high = paired_proportion_interval(b, c, n)
    assert -1 <= low <= (c - b) / n + 1e-12
    assert (c - b) / n - 1e-12 <= high <= 1
    mirrored = paired_proportion_interval(c, b, n)
    assert (mirrored.low, mirrored.high) == pytest.approx((-high, -low), abs=1e-9)
    surer = paired_proportion_interval(b, c, n, confidence=0.99)
    assert surer.high - surer.low > high - low
    more = paired_proportion_interval(100 * b, 100 * c, 100 * n)
    assert more.high - more.low < high - low


@given(TABLES)
def test_ends_are_where_the_score_rejects(table: tuple[int, int, int]) -> None:
    b, c, rest = table
    n = b + c + rest
    for end in paired_proportion_interval(b, c, n):
        if abs(end) < 1 - 1e-9:
            assert abs(paired_proportion_score(b, c, n, end)) == pytest.approx(1.959964, abs=1e-4)


def test_models_that_never_differ() -> None:
    """The interval around 0 narrows as 3.84 / n, and there is none without samples."""
    low, high = paired_proportion_interval(0, 0, [0, 20, 1000])
    assert np.isnan([low[0], high[0]]).all()
    assert high[1] > 40 * high[2] > 0
    np.testing.assert_allclose(low[1:], -high[1:])


def test_wrong_counts_are_refused() -> None:
    with pytest.raises(InputError, match=r"b \+ c at most n"):
        paired_proportion_interval(3, 3, 5)
