"""Groups are drawn whole, and strata keep their number of units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalkit.errors import InputError
from evalkit.statistics.sampling_units import SamplingUnits

LABELS = st.lists(st.integers(0, 6), min_size=1, max_size=40)


@given(labels=LABELS, seed=st.integers(0, 1000))
def test_groups_are_drawn_whole(labels: list[int], seed: int) -> None:
    units = SamplingUnits.of_samples(len(labels), groups=labels)
    rows = units.drawn_rows(np.random.default_rng(seed))
    drawn = np.bincount(rows, minlength=len(labels))
    times = {label: set() for label in labels}  # type: dict[int, set[int]]
    for label, count in zip(labels, drawn.tolist(), strict=True):
        times[label].add(count)
    assert all(len(counts) == 1 for counts in times.values())
    assert sum(next(iter(counts)) for counts in times.values()) == len(times)


@given(labels=LABELS, seed=st.integers(0, 1000))
def test_strata_keep_their_size(labels: list[int], seed: int) -> None:
    units = SamplingUnits.of_samples(len(labels), strata=labels)
    rng = np.random.default_rng(seed)
    of_rows = np.bincount(np.array(labels)[units.drawn_rows(rng)], minlength=7)
    assert (of_rows == np.bincount(labels, minlength=7)).all()
    multiplicities = units.multiplicities(5, rng)
    for label in set(labels):
        members = np.array(labels) == label
        assert (multiplicities[members].sum(axis=0) == members.sum()).all()


def test_groups_within_strata() -> None:
    units = SamplingUnits.of_samples(6, groups=list("aabbcc"), strata=[0, 0, 0, 0, 1, 1])
    rows = units.drawn_rows(np.random.default_rng(0))
    assert sorted(rows)[-2:] == [4, 5]
    assert (units.multiplicities(9, np.random.default_rng(0))[2] == 1).all()


@pytest.mark.parametrize(
    ("n", "options", "message"),
    [
        (0, {}, "at least one sample"),
        (2, {"groups": [1]}, "groups must label each of the 2 samples"),
        (2, {"strata": [1, 2, 3]}, "strata must label each"),
        (
            3,
            {"groups": [0, 0, 1], "strata": [0, 1, 1]},
            "must lie in one stratum",
        ),
    ],
)
def test_wrong_labels_are_refused(n: int, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        SamplingUnits.of_samples(n, **options)
