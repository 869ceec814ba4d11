"""Samples in memory that are more than are kept as rows: matched by rows, estimated from sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import IncompatibleError

N = 300


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 100 samples be many."""
    monkeypatch.setattr("evalkit.counts.counts.MOST_ROWS", 100)


def model(name: str, right: float, *, order: Any = slice(None), **options: Any) -> Any:
    rng = np.random.default_rng(len(name))
    actual = np.random.default_rng(0).integers(0, 2, N)
    scores = np.clip(0.5 + right * (actual - 0.5) + rng.normal(0, 0.3, N), 0, 1)
    columns = {key: np.asarray(value)[order] for key, value in options.items()}
    return evalkit.evaluate(actual[order], y_proba=scores[order], name=name, **columns)


def test_models_are_paired() -> None:
    a, b = model("a", 0.4), model("bb", 0.6)
    comparison = evalkit.compare([a, b], replicates=200, costs=[[0, 1], [5, 0]])
    assert comparison.pairs[0].paired
    assert comparison.pairs[0].mcnemar is not None
    assert comparison.notes == ()
    assert comparison.counts is not None
    assert comparison.counts.sums is not None
    assert comparison.samples.fingerprint is not None
    assert comparison.costs is not None
    for costs in comparison.costs.models:
        assert costs.decided is not None
        assert costs.best_threshold is not None


def test_predictions_are_kept() -> None:
    held = model("a", 0.4).predictions
    assert held is not None
    assert len(held) == N


def test_samples_are_matched_by_id() -> None:
    """Shuffled rows give the joint counts of the rows in order."""
    ids = np.arange(N)
    order = np.random.default_rng(1).permutation(N)
    a = model("a", 0.4, ids=ids)
    b, shuffled = (model("bb", 0.6, ids=ids, order=each) for each in (slice(None), order))
    straight, matched = (evalkit.compare([a, each], replicates=200) for each in (b, shuffled))
    assert "matched" in matched.notes[0]
    assert matched.pairs == straight.pairs


def test_other_samples_are_refused() -> None:
    weighted = model("b", 0.4, sample_weight=np.ones(N))
    with pytest.raises(IncompatibleError, match="different sample weights: a and b differ"):
        evalkit.compare([model("a", 0.4), weighted])


def test_runs_of_a_configuration_are_resampled_together() -> None:
    runs = [evalkit.evaluate([0, 1] * 99, [0, guess] * 99, group="one") for guess in (0, 1, 1)]
    (group,) = evalkit.compare(runs, replicates=50).groups
    assert group.metrics["accuracy"].mean.low is not None
