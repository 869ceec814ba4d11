"""Tango's score interval against a published example and a direct maximisation."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, strategies as st

from evalkit.errors import InputError
from evalkit.statistics import mcnemar, paired_proportion_interval
from evalkit.statistics.proportions import paired_proportion_score

TABLES = st.tuples(*[st.integers(0, 40)] * 3).filter(any)


def test_published_example() -> None:
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
def test_laws(table: tuple[int, int, int]) -> None:
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
    with pytest.raises(InputError, match="must not exceed n"):
        paired_proportion_interval(3, 3, 5)
