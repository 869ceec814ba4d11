"""Test the encoding of labels as integer codes, including hash collisions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalkit.text import BLOCK, MAX_HASHED, codes_of_objects, codes_of_text


@given(st.lists(st.text(max_size=9), min_size=1, max_size=80))
def test_codes_stand_for_their_texts(texts: list[str]) -> None:
    """Decoding gives the original array, and each string has one code."""
    array = np.array(texts)
    codes, distinct = codes_of_text(array)
    assert np.array_equal(np.array(distinct, dtype=array.dtype)[codes], array)
    assert len(set(distinct)) == len(distinct)


def test_texts_that_first_appear_in_a_later_block_are_found() -> None:
    """The table grows when a later block contains a new string."""
    array = np.array(["cat"] * (BLOCK + 5) + ["dog"] + ["cow"] * BLOCK)
    codes, distinct = codes_of_text(array)
    assert distinct == ("cat", "dog", "cow")
    assert np.bincount(codes).tolist() == [BLOCK + 5, 1, BLOCK]


@pytest.mark.parametrize("n_distinct", [1000, MAX_HASHED + 1])
def test_many_texts(n_distinct: int) -> None:
    """Thousands of strings get distinct codes, with and without the hash table."""
    array = np.char.add("class ", np.arange(n_distinct).astype(str)).repeat(2)
    codes, distinct = codes_of_text(array)
    assert len(distinct) == n_distinct
    assert np.array_equal(np.array(distinct)[codes], array)


def test_texts_that_differ_in_one_character() -> None:
    """Strings that differ in one character get distinct codes."""
    array = np.array(["a" * 20 + x + "b" * 20 for x in "xyz"] * 3)
    assert codes_of_text(array)[0].tolist() == [0, 1, 2] * 3


def test_objects_are_numbered_as_they_appear() -> None:
    """Equal objects share a code."""
    codes, distinct = codes_of_objects(["b", "a", "b", 1, True])
    assert codes.tolist() == [0, 1, 0, 2, 2]
    assert distinct == ["b", "a", 1]
