"""Two models share a letter exactly where no test tells them apart."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, strategies as st

from evalkit.errors import InputError
from evalkit.statistics import letters

MODELS = 6
PAIRS = list(combinations(range(MODELS), 2))


@given(
    scores=st.lists(st.floats(0, 1), min_size=MODELS, max_size=MODELS),
    told_apart=st.lists(st.booleans(), min_size=len(PAIRS), max_size=len(PAIRS)),
)
def test_definition(scores: list[float], told_apart: list[bool]) -> None:
    found = letters(scores, dict(zip(PAIRS, told_apart, strict=True)))
    for (i, j), apart in zip(PAIRS, told_apart, strict=True):
        assert bool(set(found[i]) & set(found[j])) != apart
    best = max(range(MODELS), key=lambda model: (scores[model], -model))
    assert "a" in found[best]


def test_models_that_nothing_tells_apart_share_one_letter() -> None:
    assert letters([0.2, 0.9, 0.5], {}) == ("a", "a", "a")


def test_letters_follow_the_order_of_the_scores() -> None:
    apart = {(0, 1): True, (0, 2): True, (1, 2): True}
    assert letters([0.1, 0.9, 0.5], apart) == ("c", "a", "b")
    assert letters([0.1, 0.9, 0.5], apart, higher_is_better=False) == ("a", "c", "b")
    assert letters([float("nan"), 0.9, 0.5], apart) == ("c", "a", "b")


def test_more_models_than_letters() -> None:
    apart = dict.fromkeys(combinations(range(28), 2), True)
    assert letters(list(range(28, 0, -1)), apart)[25:] == ("z", "a1", "b1")


def test_pairs_must_be_of_models() -> None:
    with pytest.raises(InputError, match="models 0 to 1"):
        letters([0.1, 0.2], {(0, 2): True})
