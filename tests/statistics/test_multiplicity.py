"""Corrected p-values against statsmodels, and compact letters against their definition."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from statsmodels.stats.multitest import multipletests

from evalkit.errors import InputError
from evalkit.statistics import benjamini_hochberg, compact_letters, holm

if TYPE_CHECKING:
    from collections.abc import Callable

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)
MODELS = 6
PAIRS = list(combinations(range(MODELS), 2))


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
def test_laws_of_corrected_p_values(p: list[float]) -> None:
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


@given(
    scores=st.lists(st.floats(0, 1), min_size=MODELS, max_size=MODELS),
    told_apart=st.lists(st.booleans(), min_size=len(PAIRS), max_size=len(PAIRS)),
)
def test_models_share_a_letter_unless_told_apart(
    scores: list[float], told_apart: list[bool]
) -> None:
    found = compact_letters(scores, dict(zip(PAIRS, told_apart, strict=True)))
    for (i, j), apart in zip(PAIRS, told_apart, strict=True):
        assert bool(set(found[i]) & set(found[j])) != apart
    best = max(range(MODELS), key=lambda model: (scores[model], -model))
    assert "a" in found[best]


def test_models_that_nothing_tells_apart_share_one_letter() -> None:
    assert compact_letters([0.2, 0.9, 0.5], {}) == ("a", "a", "a")


def test_letters_follow_the_order_of_the_scores() -> None:
    apart = {(0, 1): True, (0, 2): True, (1, 2): True}
    assert compact_letters([0.1, 0.9, 0.5], apart) == ("c", "a", "b")
    assert compact_letters([0.1, 0.9, 0.5], apart, higher_is_better=False) == ("a", "c", "b")
    assert compact_letters([float("nan"), 0.9, 0.5], apart) == ("c", "a", "b")


def test_more_models_than_letters() -> None:
    apart = dict.fromkeys(combinations(range(28), 2), True)
    assert compact_letters(list(range(28, 0, -1)), apart)[25:] == ("z", "a1", "b1")


def test_pairs_must_be_of_models() -> None:
    with pytest.raises(InputError, match=r"Invalid pair \(0, 2\). The models are 0 to 1"):
        compact_letters([0.1, 0.2], {(0, 2): True})
