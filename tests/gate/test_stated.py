"""Rules on metrics of stated probabilities: where their intervals come from, and how they pair."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.special import logit

import evalkit
from evalkit import gate
from evalkit.counts.counts import counts_together
from evalkit.errors import FileFormatError, InputError
from evalkit.gate.decide import Outcome
from evalkit.statistics import auc_difference, average_precision_difference

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.compare.evaluation import Evaluation

CLASSES = ("cat", "dog", "ship")
ALL = (
    "log_loss",
    "brier_score",
    "expected_calibration_error",
    "roc_auc_macro",
    "roc_auc[dog]",
    "average_precision_macro",
    "average_precision[dog]",
)


def made(skill: float, name: str, n: int = 900) -> Evaluation:
    """A model whose scores favour the actual class by `skill`; all see the same samples."""
    actual = np.arange(n) % 3
    scores = np.random.default_rng(5).gumbel(size=(n, 3))
    scores[np.arange(n), actual] += skill
    odds = np.exp(scores)
    return evalkit.evaluate(
        np.array(CLASSES)[actual],
        y_proba=odds / odds.sum(axis=1, keepdims=True),
        classes=CLASSES,
        name=name,
    )


@pytest.fixture(scope="module")
def models() -> tuple[Evaluation, Evaluation]:
    return made(1.0, "candidate"), made(1.4, "baseline")


@pytest.fixture(scope="module")
def comparison(models: tuple[Evaluation, Evaluation]) -> evalkit.Comparison:
    return evalkit.compare(models, replicates=50)


@pytest.mark.parametrize("key", ALL)
def test_values_and_intervals_are_the_reports(
    key: str, models: tuple[Evaluation, Evaluation], comparison: evalkit.Comparison
) -> None:
    (check,) = gate.check(models[0], rules=[f"{key} >= 0"]).checks
    stated = comparison.models[0].probability
    assert stated is not None
    by_class = {"roc_auc[dog]": stated.auc, "average_precision[dog]": stated.average_precision}
    wanted = by_class[key][1] if key in by_class else stated.overall[key.removesuffix("_macro")]
    assert (check.value, check.low, check.high) == (wanted.value, wanted.low, wanted.high)
    assert check.candidate == check.value
    assert check.method == wanted.method
    assert check.outcome is Outcome.PASS


def test_a_file_says_what_the_samples_said(
    tmp_path: Path, models: tuple[Evaluation, Evaluation], comparison: evalkit.Comparison
) -> None:
    comparison.save_json(tmp_path / "both.json")
    file = f"{tmp_path / 'both.json'}::candidate"
    for key in ALL:
        (told,), (read,) = (
            gate.check(each, rules=[f"{key} >= 0"]).checks for each in (models[0], file)
        )
        assert read.value == pytest.approx(told.value, rel=1e-12)
        assert (read.low, read.high) == pytest.approx((told.low, told.high), rel=1e-9)
        (wider,) = gate.check(file, rules=[f"{key} >= 0"], alpha=0.01).checks
        assert read.value is not None
        assert read.low is not None
        assert wider.low is not None
        # Normal quantiles at 99 and 95 %: 2.5758 / 1.9600 = 1.3142, on the scale of logits or logs.
        scale = (
            np.log
            if key == "log_loss"
            else lambda x, top=2 if "brier" in key else 1: logit(x / top)
        )
        value, low, lower = map(scale, (read.value, read.low, wider.low))
        assert (value - lower) / (value - low) == pytest.approx(1.3142, abs=1e-4)
        assert wider.method == f"{read.method}, approximate"


def test_a_drop_of_a_loss_is_paired_where_samples_are_at_hand(
    models: tuple[Evaluation, Evaluation], comparison: evalkit.Comparison
) -> None:
    candidate, baseline = models
    (check,) = gate.check(candidate, baseline, max_drop={"log_loss": 0.5}).checks
    assert check.method == "paired by sample"
    difference = comparison.pairs[0].probability["log_loss"].value
    assert difference is not None
    # The pair is baseline − candidate; a loss drops where the candidate's is the greater.
    assert check.value == pytest.approx(-difference)
    assert check.low is not None
    assert check.high is not None
    assert check.low < -difference < check.high
    (apart,) = gate.check(candidate, baseline, max_drop={"roc_auc_macro": 0.5}).checks
    assert apart.method == "independent samples, approximate"
    assert apart.candidate is not None
    assert apart.baseline is not None
    assert apart.value == pytest.approx(apart.baseline - apart.candidate)
    assert apart.baseline > apart.candidate


@pytest.mark.parametrize(
    ("key", "difference"),
    [
        ("roc_auc", lambda counts, level: auc_difference(counts, (0, 1), 1, level)),
        (
            "average_precision",
            lambda counts, level: average_precision_difference(counts, (0, 1), 1, level),
        ),
    ],
)
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_a_drop_of_a_ranking_is_paired_by_class(
    key: str, difference: Any, alpha: float, models: tuple[Evaluation, Evaluation]
) -> None:
    """At the level of the decision, where the samples are at hand; files are independent."""
    candidate, baseline = models
    (check,) = gate.check(candidate, baseline, max_drop={f"{key}[dog]": 0.5}, alpha=alpha).checks
    together, _ = counts_together([baseline.counts, candidate.counts], ("baseline", "candidate"))
    wanted = difference(together, 1 - alpha)
    assert check.method == "paired by sample"
    assert (check.low, check.value, check.high) == pytest.approx(
        (-wanted.high, -wanted.value, -wanted.low)
    )


def test_the_average_precision_of_an_earlier_file_is_unknown(
    tmp_path: Path, comparison: evalkit.Comparison
) -> None:
    comparison.save_json(tmp_path / "new.json")
    results = json.loads((tmp_path / "new.json").read_text())
    for model in results["models"]:
        del model["probability"]["average_precision"]
    (tmp_path / "old.json").write_text(json.dumps(results))
    with pytest.raises(InputError, match="which average_precision needs"):
        gate.check(f"{tmp_path / 'old.json'}::candidate", rules=["average_precision[dog] >= 0.5"])


@pytest.mark.parametrize(("alpha", "stretch"), [(0.05, 1.0), (0.01, 1.3142)])
def test_a_drop_of_a_loss_is_paired_in_one_file(
    alpha: float, stretch: float, tmp_path: Path, comparison: evalkit.Comparison
) -> None:
    """The difference of the file, at another level stretched as that of a normal estimate."""
    comparison.save_json(tmp_path / "both.json")
    one, other = (f"{tmp_path / 'both.json'}::{name}" for name in ("candidate", "baseline"))
    (check,) = gate.check(one, other, max_drop={"brier_score": 0.5}, alpha=alpha).checks
    difference = comparison.pairs[0].probability["brier_score"]
    given: Any = difference
    value, low, high = -given.value, -given.high, -given.low
    assert check.method == "paired by sample" + (", approximate" if alpha != 0.05 else "")
    assert check.value == pytest.approx(value)
    assert check.low == pytest.approx(value - stretch * (value - low), abs=1e-5)
    assert check.high == pytest.approx(value + stretch * (high - value), abs=1e-5)


def test_limits_of_a_difference_come_from_those_of_its_parts(
    tmp_path: Path, models: tuple[Evaluation, Evaluation]
) -> None:
    """Of two files nothing is known that pairs the losses of samples."""
    one, other = (tmp_path / f"{model.name}.json" for model in models)
    for model, path in zip(models, (one, other), strict=True):
        evalkit.compare([model], replicates=50).save_json(path)
    (check,) = gate.check(one, other, max_drop={"brier_score": 0.5}).checks
    ours, theirs = (gate.check(each, rules=["brier_score >= 0"]).checks[0] for each in (one, other))
    numbers = [
        number for each in (ours, theirs) for number in (each.low, each.value, each.high) if number
    ]
    low, value, high, other_low, other_value, other_high = numbers
    assert check.value == pytest.approx(value - other_value)
    assert check.low == pytest.approx(
        value - other_value - np.hypot(value - low, other_high - other_value)
    )
    assert check.high == pytest.approx(
        value - other_value + np.hypot(high - value, other_value - other_low)
    )


def test_a_model_without_probabilities_is_refused() -> None:
    hard = evalkit.evaluate(["cat", "dog"], ["cat", "cat"], classes=CLASSES, name="hard")
    with pytest.raises(InputError, match=r"hard has no probabilities, which log_loss needs"):
        gate.check(hard, rules=["log_loss <= 1"])


@pytest.mark.parametrize(
    ("place", "written"),
    [("value", '"high"'), ("low", "Infinity"), ("low", "99"), ("method", "[]"), ("odd", "1")],
)
def test_a_damaged_estimate_is_named(
    place: str, written: str, tmp_path: Path, comparison: evalkit.Comparison
) -> None:
    comparison.save_json(tmp_path / "both.json")
    results = json.loads((tmp_path / "both.json").read_text())
    results["models"][0]["probability"]["overall"]["log_loss"][place] = "HERE"
    text = json.dumps(results).replace('"HERE"', written)
    (tmp_path / "both.json").write_text(text)
    with pytest.raises(FileFormatError, match=r"both\.json"):
        gate.check(f"{tmp_path / 'both.json'}::candidate", rules=["log_loss <= 9"])
