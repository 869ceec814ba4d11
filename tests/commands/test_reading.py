"""Every command that reads predictions says what it guessed, and takes the same options."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from evalkit import cli

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = {
    "evaluate": ("--format", "json"),
    "report": ("--plotly", "none", "--output", "r.html", "--json", "r.json", "--force"),
    "gate": ("--rule", "accuracy > 0.001"),
}


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Any]:
    """Run a command in an empty folder: exit code, standard output, lines of standard error."""
    monkeypatch.chdir(tmp_path)

    def call(command: str, *words: str) -> tuple[int, str, list[str]]:
        code = 0
        try:
            cli.main([command, *words, *COMMANDS.get(command, ())])
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err.splitlines()

    return call


@pytest.mark.parametrize("command", COMMANDS)
def test_guesses_are_one_line_each_on_standard_error(command: str, run: Callable[..., Any]) -> None:
    Path("a.csv").write_text("Actual Label|prediction\na|a\nb|b\nb|a\n")
    code, _, err = run(command, "a.csv")
    assert code == 0
    assert err == [
        "a: Cells were read as separated by bars.",
        "a: The column 'Actual Label' was read as y_true.",
        "a: The column 'prediction' was read as y_pred.",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_documented_names_print_nothing(command: str, run: Callable[..., Any]) -> None:
    Path("a.csv").write_text("id,y_true,y_pred\n1,a,a\n2,b,b\n")
    assert run(command, "a.csv")[2] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_options_settle_what_is_refused(command: str, run: Callable[..., Any]) -> None:
    """The one line of a refusal names an option, with which the command answers."""
    Path("map.csv").write_text("from,to\nLABEL_0,no\nLABEL_1,yes\n")
    Path("truth.txt").write_text("a\nb\n")
    rows = [{"y_true": "a", "y_pred": "a"}, {"y_true": "b", "y_pred": "b"}]
    cases = {
        "a.csv": ("y_true,y_pred\nyes,Yes\nno,No\n", "--fold-case", ["--fold-case"]),
        "b.csv": ("y_true,y_pred\nyes,yes \nno,no \n", "--strip", ["--strip"]),
        "c.csv": ("y_true,y_pred\nyes,LABEL_1\nno,LABEL_0\n", "--map", ["--map", "map.csv"]),
        "d.csv": ("y_true,score\nyes,0.9\nno,0.2\n", "--positive", ["--positive", "yes"]),
        "e.csv": ("label,target,y_pred\na,b,a\nb,a,b\n", "--column", ["--column", "y_true=label"]),
        "f.csv": (
            "y_true;y_pred;proba_a;proba_b\na;a;0,5;0,5\nb;b;0,1;0,9\n",
            "--decimal",
            ["--decimal", ","],
        ),
        "g.csv": ("y_true,y_pred,proba_a,proba_b\na,a,3,4\nb,b,1,2\n", "", ["--no-proba"]),
        "h.json": (json.dumps({"r": {"s": rows}}, indent=1), "--records", ["--records", "r.s"]),
        "i.csv": (
            "prediction\na\nb\n",
            "",
            ["--truth", "truth.txt", "--by-position"],
        ),
    }
    for name, (text, option, words) in cases.items():
        Path(name).write_text(text)
        code, out, err = run(command, name)
        assert (code, out, len(err)) == (2, "", 1), name
        # The gate reads a JSON document without records as results.
        assert option in err[0] or command == "gate", name
        assert run(command, name, *words)[0] in (0, 3), name


@pytest.mark.parametrize("command", COMMANDS)
def test_a_confusion_matrix_as_csv(command: str, run: Callable[..., Any]) -> None:
    Path("cm.csv").write_text(",cat,dog\ncat,50,1\ndog,2,70\n")
    code, _, err = run(command, "cm.csv")
    assert code == 0
    assert err == [
        "cm: The file was read as a confusion matrix: rows are actual, columns predicted classes."
    ]


def test_a_matrix_beside_predictions(run: Callable[..., Any]) -> None:
    """Classes of predictions follow those of the matrix; the two are not paired."""
    Path("cm.csv").write_text(",dog,cat\ndog,2,1\ncat,0,2\n")
    Path("a.csv").write_text("y_true,y_pred\ndog,dog\ncat,cat\ndog,cat\ncat,cat\ndog,dog\n")
    assert run("report", "cm.csv", "a.csv")[0] == 0
    assert json.loads(Path("r.json").read_text())["classes"] == ["dog", "cat"]


@pytest.mark.parametrize("kind", ["pickle", "joblib", "compressed"])
def test_trusted_models_in_every_command(kind: str, run: Callable[..., Any]) -> None:
    """A pickle is loaded only with the option, by every command that loads models."""
    linear = pytest.importorskip("sklearn.linear_model")
    joblib = pytest.importorskip("joblib")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200, 3)), rng.integers(0, 2, 200)
    pd.DataFrame(X, columns=list("abc")).assign(t=y).to_csv("data.csv", index=False)
    model = linear.LogisticRegression().fit(X, y)
    if kind == "pickle":
        Path("m.pkl").write_bytes(pickle.dumps(model))
    else:
        joblib.dump(model, "m.pkl", compress=3 if kind == "compressed" else 0)
    words = ("m.pkl", "--data", "data.csv", "--target", "t")
    for command in (*COMMANDS, "predict"):
        more = ("--output", "p.csv") if command == "predict" else ()
        code, _, err = run(command, *words, *more)
        assert (code, len(err)) == (2, 1)
        assert "--trust-pickle" in err[0]
        assert run(command, *words, *more, "--trust-pickle", "m.pkl")[0] in (0, 3)


def test_inspect_says_the_guesses_too(run: Callable[..., Any]) -> None:
    Path("a.csv").write_text("Actual Label|prediction\na|a\n")
    code, out, err = run("inspect", "a.csv")
    assert (code, err) == (0, [])
    assert "separated by bars" in out
    assert "'Actual Label' was read as y_true" in out
