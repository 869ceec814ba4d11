"""The shares of a gap add up to it, whatever the matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalkit.errors import InputError
from evalkit.metrics.count import accuracy, f_beta, recall
from evalkit.statistics import (
    JointCounts,
    accuracy_gap,
    changed_cells,
    discordant_by_class,
    macro_f_beta_gap,
    mcnemar,
    paired_resample,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CODES = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=60)


def both(rows: list[tuple[int, int, int]]) -> JointCounts:
    actual, a, b = np.array(rows).T
    return JointCounts.from_codes(actual, a, b, 4)


@given(CODES)
def test_accuracy(rows: list[tuple[int, int, int]]) -> None:
    a, b = both(rows).confusion_a(), both(rows).confusion_b()
    gap = accuracy_gap(a, b)
    assert gap.sum() == pytest.approx(accuracy(b) - accuracy(a), abs=1e-12)
    share = a.sum(axis=1) / a.sum()
    np.testing.assert_allclose(gap, np.nan_to_num(share * (recall(b) - recall(a))), atol=1e-12)


@given(rows=CODES, beta=st.floats(0, 20))
def test_macro_f_beta(rows: list[tuple[int, int, int]], beta: float) -> None:
    """Even where a class is defined for one of the models only."""
    a, b = both(rows).confusion_a(), both(rows).confusion_b()
    expected = f_beta(b, beta=beta, average="macro") - f_beta(a, beta=beta, average="macro")
    assert macro_f_beta_gap(a, b, beta=beta).sum() == pytest.approx(expected, abs=1e-12)


@given(CODES)
def test_changed_cells(rows: list[tuple[int, int, int]]) -> None:
    """All of them rebuild B from A, and the largest come first."""
    a, b = both(rows).confusion_a(), both(rows).confusion_b()
    changed = changed_cells(a, b, most=16)
    rebuilt = a.copy()
    rebuilt[changed.actual, changed.predicted] += changed.change
    assert (rebuilt == b).all()
    assert (np.diff(np.abs(changed.change)) <= 0).all()
    assert (changed.count_b - changed.count_a == changed.change).all()
    assert len(changed_cells(a, b, most=2).change) <= 2


@given(CODES)
def test_discordant_samples_by_class(rows: list[tuple[int, int, int]]) -> None:
    joint = both(rows)
    only_a, only_b = discordant_by_class(joint)
    assert only_a.sum() == joint.only_a
    assert only_b.sum() == joint.only_b
    gap = accuracy_gap(joint.confusion_a(), joint.confusion_b())
    np.testing.assert_allclose((only_b - only_a) / joint.total, gap, atol=1e-12)
    assert mcnemar(only_a, only_b).p_exact.shape == (4,)


def test_shares_of_replicates_are_replicates_of_shares(
    draw_joint: Callable[..., JointCounts],
) -> None:
    a, b = paired_resample(draw_joint(300, 4), 50, np.random.default_rng(0))
    np.testing.assert_allclose(
        accuracy_gap(a, b).sum(axis=-1), accuracy(b) - accuracy(a), atol=1e-12
    )


def test_other_samples_are_refused() -> None:
    with pytest.raises(InputError, match="numbers of samples per class differ"):
        accuracy_gap([[2, 0], [0, 1]], [[1, 0], [0, 2]])
    with pytest.raises(InputError, match="same classes"):
        changed_cells(np.eye(2), np.eye(3))
