"""The fingerprint changes with the samples and with nothing else; blocks hold no rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.counts.counts import Counts

if TYPE_CHECKING:
    from evalkit.compare.evaluation import Evaluation


def evaluated(n: int = 400, **options: Any) -> Evaluation:
    rng = np.random.default_rng(5)
    actual, predicted = rng.integers(0, 3, n), rng.integers(0, 3, n)
    return evalkit.evaluate(actual, predicted, classes=(0, 1, 2), **options)


def test_predictions_do_not_matter_and_labels_do() -> None:
    one = evaluated()
    assert one.predictions is not None
    labels = one.predictions.actual
    other = evalkit.evaluate(labels, labels, classes=(0, 1, 2), name="other")
    changed = labels.copy()
    changed[7] = (changed[7] + 1) % 3
    third = evalkit.evaluate(changed, labels, classes=(0, 1, 2))
    assert one.counts.fingerprint is not None
    assert one.counts.fingerprint == other.counts.fingerprint
    assert one.counts.fingerprint != third.counts.fingerprint


@pytest.mark.parametrize(
    "options",
    [
        {"sample_weight": np.full(400, 2.0)},
        {"groups": np.arange(400) // 4},
        {"strata": np.arange(400) // 200},
        {"ids": np.arange(400)},
    ],
    ids=["weights", "groups", "strata", "ids"],
)
def test_what_is_known_of_samples_matters(options: dict[str, Any]) -> None:
    assert evaluated(**options).counts.fingerprint != evaluated().counts.fingerprint


def test_samples_with_ids_may_come_in_any_order() -> None:
    one = evaluated(ids=[f"s{i}" for i in range(400)])
    assert one.predictions is not None
    rows = np.random.default_rng(1).permutation(400)
    shuffled = Counts.of_rows(one.predictions.take(rows))
    assert shuffled.fingerprint == one.counts.fingerprint
    blocks, others = one.counts.blocks(0), shuffled.blocks(0)
    assert blocks is not None
    assert others is not None
    assert np.array_equal(blocks.true_positive, others.true_positive)


def test_a_group_is_in_one_block() -> None:
    """A group's samples of one class all fall into the same block."""
    groups = np.arange(400) // 4
    labels = (groups == 11).astype(int)
    blocks = evalkit.evaluate(labels, labels, groups=groups).counts.blocks(0)
    assert blocks is not None
    assert sorted(blocks.actual[:, 1].tolist())[-2:] == [0, 4]


def test_too_few_samples_have_no_blocks() -> None:
    assert evaluated(n=63).counts.blocks(0) is None
    assert evaluated(n=64).counts.blocks(0) is not None


def test_results_carry_blocks_that_add_up_to_the_counts() -> None:
    comparison = evalkit.compare([evaluated(name="a"), evaluated(name="b")], replicates=50)
    plain = comparison.to_dict()
    support = np.array(plain["samples"]["block_support"])
    assert support.sum(axis=0).tolist() == list(comparison.support)
    assert support.sum(axis=1).min() >= 8
    for model in plain["models"]:
        counts = np.array(model["counts"])
        assert (
            np.sum(model["blocks"]["true_positive"], axis=0).tolist() == counts.diagonal().tolist()
        )
        assert np.sum(model["blocks"]["predicted"], axis=0).tolist() == counts.sum(axis=0).tolist()
