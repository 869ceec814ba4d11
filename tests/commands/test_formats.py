"""What `report` and `evaluate` print in each format, and the names that errors offer."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import click
import click.shell_completion
import numpy as np
import pytest

import evalkit
from evalkit import cli
from evalkit.compare.comparison import Comparison
from evalkit.errors import InputError, LabelError
from evalkit.nearest import nearest, suggestion
from evalkit.tabular import markdown_cell

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command line in a folder with two prediction files of three classes."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, 90)
    names = np.array(["cat", "dog", "fire truck"])
    for model in ("first", "second"):
        predicted = np.where(rng.random(90) < 0.7, actual, 0)
        rows = "\n".join(f"{names[a]},{names[p]}" for a, p in zip(actual, predicted, strict=True))
        Path(f"{model}.csv").write_text(f"y_true,y_pred\n{rows}\n")

    def call(*words: object) -> tuple[int, str, str]:
        code = 0
        try:
            cli.main([str(word) for word in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return call


def test_evaluate_prints_the_classes_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    code, out, err = run("evaluate", "first.csv")
    assert (code, err) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    rows = [line.split()[0] for line in out.splitlines() if line[:4] in ("cat ", "dog ", "fire")]
    assert rows == ["cat", "dog", "fire"]
    assert "\x1b" not in out


@pytest.mark.parametrize("command", ["evaluate", "report"])
def test_json_is_the_results(run: Run, command: str) -> None:
    code, out, err = run(command, "first.csv", "--format", "json", "--seed", "3")
    assert code == 0
    assert json.loads(out)["settings"]["seed"] == 3
    assert err.strip() == ("" if command == "evaluate" else "report.html")
    if command == "report":
        run("report", "first.csv", "--json", "results.json", "--seed", "3")
        assert Path("results.json").read_text(encoding="utf-8") == out


def test_csv_has_a_row_an_estimate(run: Run) -> None:
    _, out, _ = run("evaluate", "first.csv", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    overall = [row for row in rows if not row["class"]]
    assert [row["class"] for row in rows if row["metric"] == "recall"] == [
        "cat",
        "dog",
        "fire truck",
    ]
    accuracy = next(row for row in overall if row["metric"] == "accuracy")
    _, plain, _ = run("evaluate", "first.csv", "--format", "json")
    told = json.loads(plain)["models"][0]["overall"]["accuracy"]
    assert {key: float(accuracy[key]) for key in ("value", "low", "high")} == {
        key: told[key] for key in ("value", "low", "high")
    }
    _, both, _ = run("report", "first.csv", "second.csv", "--format", "csv")
    assert {row["model"] for row in csv.DictReader(io.StringIO(both))} == {"first", "second"}


def test_markdown_has_the_verdict_and_tables(run: Run) -> None:
    """The verdict of the results, then one table of the models and one of the three classes."""
    _, out, _ = run("evaluate", "first.csv", "--format", "markdown")
    _, plain, _ = run("evaluate", "first.csv", "--format", "json")
    comparison = Comparison.from_dict(json.loads(plain))
    headline, lede = map(markdown_cell, (comparison.verdict.headline, comparison.verdict.lede))
    assert out.startswith(f"**{headline}** {lede}")
    tables = [part for part in out.split("\n\n") if part.startswith("|")]
    assert tables[0] == comparison.to_markdown().rstrip("\n")
    names = [line.split(" | ")[0] for line in tables[1].splitlines()[2:]]
    assert names == ["| cat", "| dog", "| fire truck"]
    assert len(tables) == 2


def test_evaluate_prints_what_its_options_ask_for(run: Run) -> None:
    """Costs, slices, the posterior and another primary metric are in its table and its JSON."""
    with Path("first.csv").open() as file:
        head, *rows = file.read().splitlines()
    sited = [f"{row},{'ab'[i % 2]}" for i, row in enumerate(rows)]
    Path("sites.csv").write_text("\n".join([f"{head},site", *sited]))
    Path("costs.csv").write_text("0,1,1\n1,0,1\n9,9,0\n")
    words = ["--costs", "costs.csv", "--slice-by", "site", "--metric", "recall_macro"]
    code, out, err = run("evaluate", "sites.csv", *words, "--json", "results.json")
    assert (code, err) == (0, "")
    for part in ("Costs per sample", "Slices", "site a", "site b", "macro recall"):
        assert part in out
    found = Comparison.from_dict(json.loads(Path("results.json").read_text(encoding="utf-8")))
    assert found.settings.metric == "recall_macro"
    assert found.primary.metric == "recall_macro"
    assert out.startswith(found.verdict.headline.replace("\N{NO-BREAK SPACE}", " "))
    assert [each.values for each in found.slice_results] == [("a",), ("b",)]
    _, out, _ = run("evaluate", "sites.csv", *words, "--format", "csv")
    written = list(csv.DictReader(io.StringIO(out)))
    (cost,) = (row for row in written if row["metric"] == "expected_cost")
    assert found.costs is not None
    assert float(cost["value"]) == found.costs.models[0].expected.value
    # One cluster per site has no test; the reason is that, not the missing samples.
    whole = ["--slice-by", "site", "--cluster-by", "site"]
    code, out, _ = run("evaluate", "sites.csv", *whole)
    assert code == 0
    assert "n/a: too few groups or samples to test" in out
    overall = [r for r in written if r["kind"] == "overall" and r["metric"] == "accuracy"]
    for each, of_slice in zip(overall, found.slice_results, strict=True):
        assert each["slice"] == of_slice.values[0]
        assert float(each["value"]) == of_slice.models[0].overall["accuracy"].value
    run("report", "sites.csv", *words, "--json", "page.json", "--plotly", "none")
    assert Path("page.json").read_bytes() == Path("results.json").read_bytes()


def test_page_terminal_json_and_markdown_have_one_verdict(run: Run) -> None:
    words = ["report", "first.csv", "second.csv", "--plotly", "none"]
    _, out, _ = run(*words, "--json", "results.json")
    _, markdown, _ = run(*words, "--format", "markdown")
    verdict = Comparison.from_dict(json.loads(Path("results.json").read_text("utf-8"))).verdict
    page = html.unescape(re.sub(r"<[^>]+>", "", Path("report.html").read_text("utf-8")))
    for sentence in (verdict.headline, verdict.lede):
        shown = " ".join(sentence.split())
        assert shown in " ".join(page.split())
        assert shown in " ".join(out.split())
        assert markdown_cell(shown) in " ".join(markdown.split())


def test_the_positive_class_is_chosen(run: Run) -> None:
    code, out, _ = run("evaluate", "first.csv", "--positive", "dog")
    assert code == 0
    assert 'Recall of "dog", %' in out
    code, out, err = run("evaluate", "first.csv", "--positive", "dgo")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "did you mean dog" in err


def test_mistakes_are_answered_with_the_nearest_name(run: Run) -> None:
    for words, meant in (
        (["evalute", "first.csv"], "evaluate"),
        (["evaluate", "frist.csv"], "Did you mean first.csv?"),
        (["evaluate", "first.csv", "--confidnce", "0.9"], "--confidence"),
        (["evaluate", "first.csv", "--column", "y_true=y_tru"], "y_true"),
        (["evaluate", "first.csv", "--format", "xml"], "markdown"),
    ):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert meant in err


def test_metrics_and_classes_are_suggested() -> None:
    with pytest.raises(InputError, match="did you mean recall"):
        evalkit.statistics.bootstrap_interval([[1, 0], [0, 1]], "recal_macro")
    with pytest.raises(LabelError, match="Did you mean 'cat'"):
        evalkit.evaluate(["cat", "dog"], ["cta", "dog"], classes=("cat", "dog"))


def test_what_is_near() -> None:
    assert nearest("reca", ["precision", "recall"]) == "recall"
    assert nearest("", ["a"]) is None
    assert suggestion("zzz", []) == "available: none"
    assert suggestion("zzz", range(20)).endswith("11, …")


def test_the_shell_completes_commands_and_options() -> None:
    """Click's own completion, as its documented variable turns it on."""
    complete = click.shell_completion.BashComplete(cli.cli, {}, "evalkit", "_EVALKIT_COMPLETE")
    assert [item.value for item in complete.get_completions(["gate"], "--max")] == ["--max-drop"]
    assert "evaluate" in [item.value for item in complete.get_completions([], "eval")]
