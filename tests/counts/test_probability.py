"""Probabilities as sums: losses to rounding, rankings within the bound that is stated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit import scale
from evalkit.counts.probability import bin_of, counts_of_rows, counts_of_sums, probability_sums

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("bits", [3, 7])
def test_bins_ascend_and_are_narrow(bits: int) -> None:
    """A bin spans at most 2⁻ᵇ of its distance to the nearer end, down to 2⁻²⁴."""
    rng = np.random.default_rng(0)
    near = 10.0 ** rng.uniform(-7, np.log10(0.5), 20_000)
    scores = np.sort(np.concatenate([near, 1 - near, [0.0, 0.5, 1.0]]).astype(np.float32))
    bins = bin_of(scores, bits)
    assert (np.diff(bins) >= 0).all()
    assert bins[0] == 0
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    ends = np.append(starts[1:], len(bins)) - 1
    width = scores[ends].astype(float) - scores[starts]
    nearer = np.minimum(scores[ends], 1 - scores[starts].astype(float))
    assert (width <= np.maximum(2.0**-bits * nearer, 2.0**-24) + 1e-12).all()


def test_losses_are_those_of_all_rows(data: Any, folders: list[Path]) -> None:
    """Log loss, Brier score and calibration error agree to the rounding of their sums."""
    counted: Any = evalkit.compare(scale.evaluate_together(folders), replicates=50)
    read: Any = evalkit.compare(data.evaluations(), replicates=50)
    for ours, theirs in zip(counted.models, read.models, strict=True):
        for key in ("log_loss", "brier_score", "expected_calibration_error"):
            mine, other = ours.probability.overall[key], theirs.probability.overall[key]
            assert mine.value == pytest.approx(other.value, abs=1e-9)
            assert mine.low == pytest.approx(other.low, abs=0.15 * (other.high - other.low))
            assert mine.high == pytest.approx(other.high, abs=0.15 * (other.high - other.low))
        assert ours.probability.histogram_right == theirs.probability.histogram_right
        assert ours.probability.reliability.accuracy == theirs.probability.reliability.accuracy
        mine, other = ours.probability.calibration, theirs.probability.calibration
        for name in ("debiased", "mean_confidence", "accuracy"):
            assert getattr(mine, name) == pytest.approx(getattr(other, name), abs=1e-9)
        for name in ("value", "low", "high", "p_value"):
            assert getattr(mine.confidence_gap, name) == pytest.approx(
                getattr(other.confidence_gap, name), abs=1e-9
            )
        # Rounded sums may change a draw.
        assert mine.p_value == pytest.approx(other.p_value, abs=0.01)
        assert mine.differing == other.differing
    for key, difference in counted.pairs[0].probability.items():
        expected = read.pairs[0].probability[key]
        assert difference.value == pytest.approx(expected.value, abs=1e-9)
        if key == "expected_calibration_error":
            # Sums do not hold the covariance of the two models, so the interval is wider.
            assert difference.low <= expected.low < expected.high <= difference.high
            continue
        assert difference.low == pytest.approx(
            expected.low, abs=0.15 * (expected.high - expected.low)
        )


@pytest.mark.parametrize("weighted", [False, True])
def test_sums_are_of_the_most_probable_class(weighted: bool) -> None:
    """Sums of two halves give the bins of all rows, also where other classes are predicted."""
    rng = np.random.default_rng(0)
    table = rng.dirichlet([0.5, 0.5, 0.5], 400)
    actual, predicted = rng.integers(0, 3, 400), rng.integers(0, 3, 400)
    weights = rng.random(400) if weighted else None
    expected = counts_of_rows(actual, predicted, table, weights)
    whole: dict[str, Any] = {}
    tables: dict[str, Any] = {}
    for half in (slice(0, 200), slice(200, 400)):
        found, sums = probability_sums(
            actual[half],
            [predicted[half]],
            [table[half]],
            None if weights is None else weights[half],
        )
        for key, value in sums.items():
            whole[key] = whole.get(key, 0) + value
        for key, each in found.items():
            tables[key] = tables[key] + each if key in tables else each
    counted = counts_of_sums(whole, tables["scores 0"], 0, 3, 400)
    assert counted.differing == expected.differing > 100
    # Of weighted sums there are no intervals, and no variance of the gaps.
    names = ("right", "wrong", "confidence", "stated_variance", "gap_variance")
    for name in names[: 4 if weighted else 5]:
        assert getattr(counted, name) == pytest.approx(getattr(expected, name), abs=1e-8)


def test_areas_lie_within_their_bound(data: Any, folders: list[Path]) -> None:
    """The area from score bins is no further from the exact one than the note says."""
    (evaluation, _) = scale.evaluate_together(folders)
    sums = evaluation.counts.probability(0)
    assert sums is not None
    assert 0 < sums.auc_bound < 1e-3
    assert f"{sums.auc_bound:.1g}" in evaluation.notes[-1]
    counted: Any = evalkit.compare([evaluation], replicates=50).models[0].probability
    read: Any = evalkit.compare(data.evaluations()[:1], replicates=50).models[0].probability
    for ours, theirs in zip(counted.auc, read.auc, strict=True):
        assert abs(ours.value - theirs.value) <= sums.auc_bound
        # The interval of score bins contains the exact one's span, but for DeLong's transform.
        assert ours.high - ours.low == pytest.approx(theirs.high - theirs.low, rel=0.1)


def test_labels_may_come_from_probabilities(data: Any, tmp_path: Path) -> None:
    """Without predicted labels the class of the highest probability is taken, and said to be."""
    path = tmp_path / "scores.parquet"
    data.frames[0].drop(columns="y_pred").to_parquet(path, index=False)
    found = scale.evaluate(path)
    expected = data.evaluations()[0].confusion_matrix.counts
    assert np.array_equal(found.confusion_matrix.counts, expected)
    assert any("highest probability" in note for note in found.notes)
