"""Corrected p-values against statsmodels, and their laws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from statsmodels.stats.multitest import multipletests

from evalkit.errors import InputError
from evalkit.statistics import benjamini_hochberg, holm

if TYPE_CHECKING:
    from collections.abc import Callable

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_published_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize(("function", "name"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
@settings(max_examples=20)
@given(p=P_VALUES)
def test_statsmodels_agrees(
    function: Callable[[list[float]], np.ndarray], name: str, p: list[float]
) -> None:
    np.testing.assert_allclose(function(p), multipletests(p, method=name)[1], atol=1e-12)


@given(p=P_VALUES)
def test_laws(p: list[float]) -> None:
    """Corrected values are no smaller, keep the order, and Holm's are the more careful."""
    of_holm, discovered = holm(p), benjamini_hochberg(p)
    assert (np.array(p) <= discovered + 1e-15).all()
    assert (discovered <= of_holm + 1e-15).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(of_holm[order]) >= 0).all()
    assert (np.diff(discovered[order]) >= 0).all()


def test_tests_that_were_not_made_do_not_count() -> None:
    nan = float("nan")
    np.testing.assert_array_equal(holm([0.01, nan, 0.04]), [0.02, nan, 0.04])
    np.testing.assert_array_equal(benjamini_hochberg([nan, 0.04]), [nan, 0.04])
    assert holm([]).shape == (0,)


@pytest.mark.parametrize("p", [[1.2], [-0.1], [[0.1]]])
def test_wrong_p_values_are_refused(p: list[float]) -> None:
    with pytest.raises(InputError, match=r"numbers in \[0, 1\]"):
        holm(p)
