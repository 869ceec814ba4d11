"""Samples that are not independent: drawn in groups, or from strata in fixed numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import IncompatibleError, InputError
from evalkit.predictions import Sampling

COPIES = 5


def models(repeated: int, **options: Any) -> list[evalkit.Evaluation]:
    """Two models on 300 samples, each sample so many times."""
    rng = np.random.default_rng(3)
    actual = rng.integers(0, 3, 300)
    found = []
    for name, accuracy in (("a", 0.7), ("b", 0.78)):
        right = rng.random(300) < accuracy
        scores = (
            rng.dirichlet(np.ones(3), 300)
            + 2.0 * np.eye(3)[np.where(right, actual, (actual + 1) % 3)]
        )
        scores /= scores.sum(axis=1, keepdims=True)
        found.append(
            evalkit.evaluate(
                np.repeat(actual, repeated),
                y_proba=np.repeat(scores, repeated, axis=0),
                classes=range(3),
                name=name,
                **options,
            )
        )
    return found


def test_copies_in_their_groups_are_no_evidence() -> None:
    """Each sample five times: with groups, intervals and p-values are those of the samples once."""
    groups = np.repeat(np.arange(300), COPIES)
    once, grouped, naive = (
        evalkit.compare(evaluations, replicates=4_000)
        for evaluations in (models(1), models(COPIES, groups=groups), models(COPIES))
    )
    assert grouped.sampling == Sampling(groups=300)
    for key in ("accuracy", "recall_macro", "f_beta_macro[1]"):
        width, same, narrow = (
            c.models[0].overall[key].high - c.models[0].overall[key].low  # type: ignore[operator]
            for c in (once, grouped, naive)
        )
        assert same == pytest.approx(width, rel=0.06)
        assert narrow < 0.55 * width
    for key in ("log_loss", "brier_score", "roc_auc"):
        ends = [
            (c.models[0].probability.overall[key].low, c.models[0].probability.overall[key].high)  # type: ignore[union-attr]
            for c in (once, grouped)
        ]
        assert ends[1] == pytest.approx(ends[0], rel=0.05)
    before, after, wrong = (c.pairs[0].overall["accuracy"] for c in (once, grouped, naive))
    assert after.test == "permutation"
    assert after.p_value == pytest.approx(before.p_value, abs=0.03)
    assert wrong.p_value < 0.2 * after.p_value  # type: ignore[operator]
    assert grouped.pairs[0].mcnemar is None


def test_strata_that_say_all_do_not_make_certainty() -> None:
    """A stratum per (label, prediction): every resample is the sample, but no interval is a point.

    Strata were formed after looking, so the interval is that of as many independent samples.
    """
    plain = models(1)[0]
    assert plain.predictions is not None
    cells = 3 * plain.predictions.actual + plain.predictions.predicted
    (stratified,) = evalkit.compare([models(1, strata=cells)[0]], replicates=200).models
    (simple,) = evalkit.compare([plain], replicates=200).models
    ours, theirs = (each.overall["accuracy"] for each in (stratified, simple))
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.002)


def test_runs_of_a_configuration_are_resampled_by_group() -> None:
    groups = np.repeat(np.arange(300), COPIES)
    widths = []
    for options in ({}, {"groups": groups}):
        # The same run three times, so that only the samples vary.
        runs = models(COPIES, group="one", **options)[:1] * 3
        metric = evalkit.compare(runs, replicates=500).groups[0].metrics["accuracy"]
        assert metric.mean.low is not None
        assert metric.mean.high is not None
        widths.append(metric.mean.high - metric.mean.low)
    assert widths[1] > 1.2 * widths[0]


def test_the_groups_are_those_of_both_models() -> None:
    a = models(1, groups=np.arange(300) // 2)[0]
    b = models(1, groups=np.arange(300) // 3)[1]
    with pytest.raises(IncompatibleError, match="different groups: a and b differ"):
        evalkit.compare([a, b])
    with pytest.raises(IncompatibleError, match="different groups"):
        evalkit.compare([a, models(1)[1]])


def test_wrong_groups_are_refused() -> None:
    with pytest.raises(InputError, match="groups has 2 values for 300"):
        models(1, groups=["x", "y"])
    torn = models(1, groups=np.arange(300) // 2, strata=np.arange(300) % 2)
    with pytest.raises(InputError, match=r"group of row .* extends over two strata"):
        evalkit.compare(torn, replicates=10)


def test_the_json_says_how_samples_came_about() -> None:
    one = evalkit.compare(models(1, strata=np.arange(300) % 4)[:1], replicates=10)
    assert one.to_dict()["sampling"] == {"weighted": False, "groups": None, "strata": 4}
