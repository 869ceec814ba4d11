"""Cochran's Q against SAS's example, statsmodels and mlxtend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
from mlxtend.evaluate import cochrans_q as mlxtend_cochrans_q
from statsmodels.stats.contingency_tables import cochrans_q as statsmodels_cochrans_q

from evalkit.errors import InputError
from evalkit.statistics import cochran_q, mcnemar


def test_sas_example() -> None:
    patterns = np.array(
        [list(p) for p in ["000", "100", "001", "101", "010", "110", "011", "111"]], dtype=int
    )
    test = cochran_q(patterns.repeat([6, 2, 16, 4, 2, 6, 4, 6], axis=0))
    assert (test.statistic, test.p_value) == pytest.approx((8.4706, 0.0145), abs=5e-5)
    assert test.degrees == 2


@pytest.mark.parametrize("models", [2, 3, 7])
def test_oracles_agree(models: int) -> None:
    correct = np.random.default_rng(models).random((200, models)) < np.linspace(0.6, 0.75, models)
    test = cochran_q(correct)
    expected = statsmodels_cochrans_q(correct.astype(int))
    assert (test.statistic, test.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    chi2, p = mlxtend_cochrans_q(np.ones(200, int), *correct.T.astype(int))
    assert (test.statistic, test.p_value) == pytest.approx((chi2, p))


@pytest.mark.parametrize("spread", [0.0, 0.05, 0.15])
def test_three_hundred_models(spread: float) -> None:
    shares = np.linspace(0.6, 0.6 + spread, 301)
    correct = np.random.default_rng(0).random((200, 301)) < shares
    test = cochran_q(correct)
    expected = statsmodels_cochrans_q(correct.astype(int))
    assert (test.statistic, test.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    assert test.p_value == pytest.approx(scipy.stats.chi2.sf(test.statistic, 300), rel=1e-10)
    assert 0 < test.p_value < 1


def test_of_two_models_it_is_mcnemars_statistic() -> None:
    correct = np.random.default_rng(0).random((100, 2)) < 0.7
    b, c = (correct[:, 0] & ~correct[:, 1]).sum(), (~correct[:, 0] & correct[:, 1]).sum()
    assert cochran_q(correct).statistic == pytest.approx(mcnemar(b, c).statistic)


def test_order_does_not_matter() -> None:
    correct = np.random.default_rng(0).random((100, 4)) < 0.7
    assert cochran_q(correct[::-1, ::-1]).statistic == pytest.approx(cochran_q(correct).statistic)


def test_models_that_never_differ() -> None:
    test = cochran_q(np.tile([[True], [False]], (5, 3)))
    assert (test.statistic, test.p_value) == (0, 1)


@pytest.mark.parametrize(
    ("correct", "message"), [([[1], [0]], "two models"), ([[1, 2], [0, 1]], "booleans")]
)
def test_wrong_input_is_refused(correct: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cochran_q(correct)
