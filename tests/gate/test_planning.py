"""`evalkit plan`: the numbers of `evalkit.statistics`, from options and from a results.json."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit import statistics
from evalkit.cli import main
from evalkit.errors import InputError
from evalkit.gate.planning import plan

if TYPE_CHECKING:
    from pathlib import Path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    main(["plan", *arguments])
    return capsys.readouterr().out


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(capsys, *arguments, "--format", "json"))
    return found


def model(right: Any, name: str) -> evalkit.Evaluation:
    actual = np.arange(len(right)) % 2
    names = np.array(["cat", "dog"])
    return evalkit.evaluate(
        names[actual], names[np.where(right, actual, 1 - actual)], classes=list(names), name=name
    )


@pytest.fixture
def results(tmp_path: Path) -> str:
    """1,000 samples: 40 right in a only, 60 in b only; a is right on 900."""
    a, b = np.ones(1_000, bool), np.ones(1_000, bool)
    b[:40], a[100:160] = False, False
    a[200:240] = b[200:240] = False
    path = tmp_path / "results.json"
    evalkit.compare([model(a, "a"), model(b, "b")], replicates=50).save_json(path)
    return str(path)


def test_the_number_of_samples_is_that_of_the_statistics(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--accuracy", "0.9", "--difference", "0.01", "--power", "0.8"]
    found = told(capsys, *options)
    rate = 0.9 * 0.09 + 0.91 * 0.1
    assert found["needed"] == statistics.samples_mcnemar(0.01, disagreement=rate)
    assert dict(map(tuple, found["curve"]))[found["needed"]] == pytest.approx(0.8, abs=0.001)
    text = printed(capsys, *options)
    assert f"{found['needed']:,} samples for power 80.0" in text
    assert "err independently" in text


def test_a_results_file_gives_disagreement_and_samples(
    capsys: pytest.CaptureFixture[str], results: str
) -> None:
    found = told(capsys, "--from", results, "--difference", "0.02")
    assert found["at_hand"] == 1_000
    assert found["needed"] == statistics.samples_mcnemar(0.02, disagreement=0.1)
    power = statistics.power_mcnemar(1_000, 0.02, disagreement=0.1)
    assert found["power_at_hand"] == pytest.approx(power)
    at_detectable = statistics.power_mcnemar(1_000, found["detectable"], disagreement=0.1)
    assert at_detectable == pytest.approx(0.8, abs=1e-4)
    only = told(capsys, "--from", results)
    assert (only["needed"], only["detectable"]) == (None, found["detectable"])
    size = f"+{100 * found['detectable']:.2f} points"
    assert size in printed(capsys, "--from", results)


def test_a_rule_of_the_file(capsys: pytest.CaptureFixture[str], results: str) -> None:
    """450 of 500 cats are found; the file names the model."""
    found = told(capsys, "--from", f"{results}::a", "--rule", "recall[cat] >= 0.8")
    assert found["at_hand"] == 500
    expected = statistics.samples_proportion(0.9, 0.8)
    assert found["needed"] == expected
    failing = told(capsys, "--rule", "accuracy >= 0.9", "--value", "0.85", "--samples", "100")
    assert failing["needed"] == statistics.samples_proportion(0.85, 0.9)
    assert "fails" in failing["question"]
    below = told(capsys, "--rule", "zero_one_loss <= 0.1", "--value", "0.05")
    assert "passes" in below["question"]
    assert below["needed"] == statistics.samples_proportion(0.05, 0.1)


def test_margins_and_independent_samples(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "--disagreement", "0.05", "--margin", "0.01", "--samples", "2000")
    assert found["needed"] == statistics.samples_noninferiority(0.01, disagreement=0.05)
    assert found["power_at_hand"] < 0.8 < found["power"] + 0.01
    found = told(capsys, "--accuracy", "0.8", "--difference", "-0.1", "--unpaired")
    assert found["needed"] == statistics.samples_two_proportions(0.8, 0.7)


def test_a_planned_gate_passes_as_often_as_stated() -> None:
    """The interval of the gate, at 1 − α, on drawn numbers of the planned size."""
    found = plan(rule="recall[cat] >= 0.9", value=0.96)
    assert found.needed is not None
    hits = np.random.default_rng(0).binomial(found.needed, 0.96, 4_000)
    low, _ = statistics.proportion_interval(hits, found.needed, method="clopper-pearson")
    stated = dict(found.curve)[found.needed]
    assert (np.asarray(low) >= 0.9).mean() == pytest.approx(stated, abs=0.02)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"difference": 0.1}, "disagreement of the models is not known"),
        ({"accuracy": 0.9}, "Nothing to plan"),
        ({"accuracy": 0.9, "difference": 0.2}, "not between 0 and 1"),
        ({"unpaired": True, "difference": 0.1}, "Pass --accuracy"),
        ({"unpaired": True, "accuracy": 0.9, "margin": 0.1}, "needs paired models"),
        ({"rule": "accuracy >= 0.9"}, "Pass --value or --from"),
        ({"rule": "f1_macro >= 0.9", "value": 0.95}, "cannot be planned"),
        ({"rule": "recall[*] >= 0.9", "value": 0.95}, "cannot be planned"),
        ({"rule": "accuracy >= 0.9", "value": 0.9}, "equals the bound"),
        ({"accuracy": 0.9, "difference": 0.01, "alpha": 2}, "alpha is 2"),
    ],
)
def test_incomplete_questions_are_refused(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan(**asked)
