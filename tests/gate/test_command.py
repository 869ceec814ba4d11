"""`evalkit gate` as a pipeline uses it: exit codes, files, and one line a refusal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import evalkit
from evalkit import cli
from evalkit.compare.evaluation import Evaluation

MakePair = Callable[..., tuple[Evaluation, Evaluation]]
Save = Callable[[Evaluation, Path], Path]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run ``evalkit gate`` in an empty folder: exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> tuple[int, str, str]:
        code = 0
        try:
            cli.main(["gate", *map(str, words)])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def files(make_pair: MakePair, save: Save, tmp_path: Path) -> list[Path]:
    """A candidate that lost 60 of 3,000 samples, and its baseline."""
    return [save(each, tmp_path / f"{each.name}.json") for each in make_pair(lost=60)]


@pytest.mark.parametrize(
    ("allowed", "code", "word"),
    [("0.05", 0, "pass"), ("0.001", 1, "fail"), ("2%", 3, "cannot tell")],
)
def test_exit_codes(run: Run, files: list[Path], allowed: str, code: int, word: str) -> None:
    got, out, err = run(files[0], "--baseline", files[1], "--max-drop", f"accuracy={allowed}")
    assert (got, err) == (code, "")
    assert out.startswith(f"gate: {word}. candidate against baseline")
    assert "paired by block" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.json", "--rule", "accuracy > 0"], "File not found: nowhere.json"),
        (["candidate.json"], "The gate has no rule"),
        (["candidate.json", "--rule", "recal[cat] > 0"], r"did you mean recall\?.*\^recal"),
        (["candidate.json", "--rule", "recall[cut] > 0"], r"did you mean cat\?"),
        (["candidate.json", "--rule", "expected_cost < 1"], "no rule can name expected_cost"),
        (["candidate.json", "--rule", "recall[cat > 0"], r"column 12.*recall\[cat \^> 0"),
        (["candidate.json", "--max-drop", "accuracy=0.1"], "--baseline"),
        (["candidate.json", "--max-drop", "accuracy", "--baseline", "baseline.json"], "METRIC=NUM"),
        (["candidate.json", "--alpha", "2", "--rule", "accuracy > 0"], "alpha"),
        (["candidate.json::other", "--rule", "accuracy > 0"], "has no model other"),
        (["broken.json", "--rule", "accuracy > 0"], "broken.json is not JSON"),
        (["foreign.json", "--rule", "accuracy > 0"], "does not have the schema evalkit.results"),
        (["later.json", "--rule", "accuracy > 0"], "version 99"),
        (["hollow.json", "--rule", "accuracy > 0"], "damaged"),
        (["ragged.json", "--rule", "accuracy > 0"], "damaged"),
        (["several.json", "--rule", "accuracy > 0"], r"several.json::a"),
        (["candidate.json", "--rule", "accuracy > 0", "--config", "no.toml"], "no.toml"),
        (
            ["candidate.json", "--rule", "accuracy > 0", "--junit", "no/such.xml"],
            "Folder not found.*/no",
        ),
        (["candidate.json", "--rule", "accuracy > 0", "--markdown", "mine.md"], "--force"),
        (["candidate.json", "--rule", "accuracy > 0", "--column", "y_true"], "--column"),
    ],
)
def test_bad_input_is_one_line(
    run: Run, files: list[Path], tmp_path: Path, words: list[str], said: str
) -> None:
    good = json.loads(files[0].read_text())
    changed = {
        "foreign": {"schema": "other"},
        "later": {**good, "schema_version": 99},
        "hollow": {**good, "models": [{"name": "a"}]},
        "ragged": {**good, "models": [{"name": "a", "counts": [[1, 2], [3]]}]},
        "several": {
            **good,
            "models": [{**good["models"][0], "name": name} for name in "ab"],
            "summary": [],
        },
    }
    for name, content in changed.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "mine.md").write_text("my thesis")
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert re.search(said, err), err
    assert "Traceback" not in err


def test_prediction_files_are_paired_by_sample(
    run: Run, make_pair: MakePair, tmp_path: Path
) -> None:
    for each in make_pair(n=600, lost=30, wrong=60):
        assert each.predictions is not None
        names = np.array(each.classes)
        rows = zip(names[each.predictions.actual], names[each.predictions.predicted], strict=True)
        text = "y_true,y_pred\n" + "\n".join(f"{a},{p}" for a, p in rows)
        (tmp_path / f"{each.name}.csv").write_text(text)
    words = ["candidate.csv", "--baseline", "baseline.csv", "--max-drop", "f1_macro=0.01"]
    code, out, _ = run(*words)
    assert code == 1
    assert "paired by sample" in out


def test_two_models_of_one_file_are_paired(run: Run, make_pair: MakePair) -> None:
    """Accuracy by the samples that only one predicts correctly, other metrics by block."""
    evalkit.compare(make_pair(lost=60), replicates=20).save_json("both.json")
    words = ["both.json::candidate", "--baseline", "both.json::baseline"]
    for metric, how in (("accuracy", "paired by sample"), ("f1_macro", "paired by block")):
        code, out, _ = run(*words, "--max-drop", f"{metric}=0.001")
        assert code == 1
        assert how in out


def test_the_number_of_the_look_is_told(run: Run, files: list[Path]) -> None:
    words = [files[0], "--rule", "accuracy >= 0.5", "--sequential"]
    code, out, _ = run(*words, "3")
    assert code == 0
    assert "of which look 3 may spend 0.0034" in out
    assert "the probability of any wrong decision in any look is at most 5 %" in out
    assert run(*words, "0")[0] == 2


def test_junit_markdown_and_annotations_tell_the_same(run: Run, files: list[Path]) -> None:
    rules = [
        "--rule",
        "recall[*] >= 0.88",
        "--max-drop",
        "accuracy=0.02",
        "--max-drop",
        "f1[cat]=0.2",
    ]
    written = ["--junit", "gate.xml", "--markdown", "gate.md", "--annotations"]
    code, out, _ = run(files[0], "--baseline", files[1], *rules, *written)
    assert code == 3
    suites = ET.parse("gate.xml").getroot()
    cases = suites.findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == [
        "drop(accuracy) <= 0.02",
        "drop(f1[cat]) <= 0.2",
        "recall[cat] >= 0.88",
        "recall[dog] >= 0.88",
        'recall["fire truck"] >= 0.88',
    ]
    suite = suites.find("testsuite")
    assert suite is not None
    skipped = [case for case in cases if case.find("skipped") is not None]
    assert (suite.get("tests"), suite.get("failures")) == ("5", "0")
    assert suite.get("skipped") == str(len(skipped))
    table = [row for row in Path("gate.md").read_text().splitlines() if row.startswith("| ")]
    assert len(table) == 6
    assert sum("cannot tell" in row for row in table) == len(skipped) >= 1
    annotations = [line for line in out.splitlines() if line.startswith("::")]
    assert [line.split(" ")[0] for line in annotations] == ["::warning"] * len(skipped) + [
        "::notice"
    ]
    assert run(files[0], "--baseline", files[1], *rules, *written)[0] == 3


def test_names_of_strangers_stay_text(run: Run, tmp_path: Path) -> None:
    """A class may be called anything: nothing of it becomes markup, a command or a new line."""
    name = '::error::x<img src=x>|`]]>&"\n%0A\x1b[2J\ufffe@team'
    labels = [name, "b"] * 100
    flipped = ["b", name] * 100
    evaluation = evalkit.evaluate(labels, flipped, classes=(name, "b"), name=name)
    evalkit.compare([evaluation], replicates=20).save_json("c.json")
    words = ["c.json", "--rule", "recall[*] >= 0.5", "--junit", "j.xml", "--markdown", "m.md"]
    code, out, _ = run(*words, "--annotations")
    assert code == 1
    assert "\x1b" not in out
    assert {line[:9] for line in out.splitlines() if line.startswith("::")} == {
        "::error t",
        "::notice ",
    }
    assert len(ET.parse("j.xml").getroot().findall("testsuite/testcase/failure")) == 2
    summary = Path("m.md").read_text()
    assert "<img" not in summary
    assert "@team" not in summary


def test_settings_are_read_and_the_command_line_wins(
    run: Run, files: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "evalkit.toml").write_text(
        '[gate]\nbaseline = "baseline.json"\nrules = ["recall[cat] > 0.5"]\n'
        "[gate.max-drop]\naccuracy = 0.001\n"
    )
    code, out, _ = run(files[0])
    assert code == 1
    assert "recall[cat] > 0.5" in out
    assert run(files[0], "--max-drop", "accuracy=0.05")[0] == 0
    (tmp_path / "evalkit.toml").unlink()
    (tmp_path / "pyproject.toml").write_text('[tool.evalkit.gate]\nrules = ["accuracy > 0.99"]\n')
    assert run(files[0])[0] == 1
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    assert run(files[0])[0] == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[gate]\nrule = []", "did you mean rules"),
        ("[gates]", "did you mean gate"),
        ("[gate]\nrules = [1]", "list of strings"),
        ('[gate]\nrules = ["recall > 1"]', r"evalkit.toml: recall has one value per class"),
        ("[gate]\nalpha = true", "alpha in evalkit.toml is True, expected a number"),
        ("[gate.max-drop]\nf1_macro = '1'", "max-drop of f1_macro in evalkit.toml is not a number"),
        ("gate = 1", "gate in evalkit.toml is not a table"),
        ("[gate", "evalkit.toml is not valid TOML"),
    ],
)
def test_bad_settings_are_one_line(
    run: Run, files: list[Path], tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "evalkit.toml").write_text(content)
    code, _, err = run(files[0], "--rule", "accuracy > 0")
    assert code == 2
    assert err.count("\n") == 1
    assert re.search(said, err), err
