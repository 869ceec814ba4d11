"""Blocks: pairing by a few numbers gives what pairing by rows gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalkit.counts.identity import block_marginals, deal_blocks
from evalkit.errors import InputError
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics import JointCounts, paired_interval, proportion_interval
from evalkit.statistics.blocks import block_interval


@given(st.integers(64, 5_000))
def test_blocks_are_equal_and_each_sample_is_in_one(n: int) -> None:
    blocks = deal_blocks(n)
    assert blocks is not None
    sizes = np.bincount(blocks)
    assert len(blocks) == sizes.sum() == n
    assert sizes.max() - sizes.min() <= 1
    assert sizes.min() >= 8
    assert len(sizes) <= 64


def test_the_deal_is_the_same_for_ever() -> None:
    """Two files are paired only if both were dealt alike, so these numbers never change."""
    blocks = deal_blocks(1_000)
    assert blocks is not None
    assert blocks[:12].tolist() == [39, 51, 40, 22, 32, 18, 9, 8, 62, 41, 37, 3]


def models(seed: int, n: int = 2_000, k: int = 4) -> list[np.ndarray]:
    """Labels and two models that err on much the same samples."""
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, k, n)
    hard = rng.random(n)
    guess = rng.integers(0, k, n)
    return [actual, *(np.where(hard + 0.1 * rng.random(n) < 0.8, actual, guess) for _ in "ab")]


def test_marginals_of_blocks_add_up_to_those_of_all() -> None:
    actual, a, _ = models(0)
    blocks = deal_blocks(len(actual))
    assert blocks is not None
    weights = np.random.default_rng(1).random(len(actual))
    summed = block_marginals(actual, a, 4, blocks, weights)
    whole = np.zeros((4, 4))
    np.add.at(whole, (actual, a), weights)
    expected = Marginals.of(whole)
    for name in ("true_positive", "actual", "predicted"):
        assert np.allclose(getattr(summed, name).sum(axis=0), getattr(expected, name))


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro", "matthews_corrcoef"])
def test_paired_by_blocks_is_paired_by_samples(metric: str) -> None:
    """The standard error is that of the paired bootstrap, far below that of independent samples."""
    ratios, gains = [], []
    for seed in range(8):
        actual, a, b = models(seed)
        blocks = deal_blocks(len(actual))
        assert blocks is not None
        of_a, of_b = (block_marginals(actual, each, 4, blocks) for each in (a, b))
        by_blocks = block_interval(metric, of_a, of_b)
        by_rows = paired_interval(JointCounts.from_codes(actual, a, b, 4), metric, replicates=2_000)
        assert float(by_blocks.estimate) == pytest.approx(float(by_rows.estimate))
        ratios.append(float(by_blocks.standard_error / by_rows.standard_error))
        apart = [float(block_interval(metric, each).standard_error) for each in (of_a, of_b)]
        gains.append(float(by_blocks.standard_error) / np.hypot(apart[0], apart[1]))
    assert np.mean(ratios) == pytest.approx(1, abs=0.06)
    assert np.mean(gains) < 0.75


def test_one_model_has_the_binomial_standard_error() -> None:
    """Over many samples the interval of accuracy is near Wilson's."""
    actual, a, _ = models(3, n=20_000)
    blocks = deal_blocks(len(actual))
    assert blocks is not None
    found = block_interval("accuracy", block_marginals(actual, a, 4, blocks))
    low, high = proportion_interval(int((actual == a).sum()), len(actual))
    assert float(found.high - found.low) == pytest.approx(float(high - low), rel=0.2)


def test_models_that_never_differ_have_a_difference_of_one_sample_at_most() -> None:
    """No difference was seen; the interval still reaches as far as one pseudo-sample would."""
    actual, a, _ = models(4, n=800)
    blocks = deal_blocks(800)
    assert blocks is not None
    summed = block_marginals(actual, a, 4, blocks)
    found = block_interval("accuracy", summed, summed)
    assert float(found.estimate) == 0
    assert float(found.standard_error) == pytest.approx(1 / 801)


def test_the_interval_covers_a_paired_difference() -> None:
    """Of 600 pairs of models with a known true difference, 95 % intervals hold it in 93 to 97 %."""
    rng = np.random.default_rng(0)
    n, covered, rounds = 640, 0, 600
    blocks = deal_blocks(n)
    assert blocks is not None
    for _ in range(rounds):
        cell = rng.choice(4, n, p=[0.8, 0.06, 0.04, 0.1])
        actual = rng.integers(0, 2, n)
        a, b = (np.where(np.isin(cell, right), actual, 1 - actual) for right in ([0, 1], [0, 2]))
        found = block_interval(
            "accuracy", *(block_marginals(actual, each, 2, blocks) for each in (a, b))
        )
        covered += bool(found.low <= 0.04 - 0.06 <= found.high)
    assert 0.93 <= covered / rounds <= 0.97


def test_other_blocks_are_refused() -> None:
    ten = Marginals.of(np.tile([[8, 2], [1, 9]], (10, 1, 1)))
    other = Marginals.of(np.tile([[8, 1], [1, 10]], (10, 1, 1)))
    with pytest.raises(InputError, match="same blocks"):
        block_interval("accuracy", ten, other)
    with pytest.raises(InputError, match="at least two"):
        block_interval("accuracy", Marginals.of([[[8, 1], [1, 10]]]))
