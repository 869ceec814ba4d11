"""Commands on a terminal draw tables; in a pipe and under NO_COLOR all is plain text."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evalkit import cli

RULE = "\N{BOX DRAWINGS LIGHT HORIZONTAL}" * 3
Run = Callable[..., str]
COMMANDS = {
    "evaluate": ("evaluate", "first.csv"),
    "report": ("report", "first.csv", "--plotly", "none"),
    "gate": ("gate", "first.csv", "--rule", "accuracy > 0.1"),
    "history": ("history", "results.json"),
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command beside predictions and results: what it prints, to a terminal if asked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, 90)
    predicted = np.where(rng.random(90) < 0.7, actual, 0)
    rows = "\n".join(f"{a},{p}" for a, p in zip(actual, predicted, strict=True))
    Path("first.csv").write_text(f"y_true,y_pred\n{rows}\n")

    def call(*words: str, terminal: bool) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(sys.stdout, "isatty", lambda: terminal)
            try:
                cli.main(list(words))
            except SystemExit as stop:
                code = stop.code
            else:
                code = 0
        out, err = capsys.readouterr()
        assert not code, err
        return out

    Path("results.json").write_text(call("evaluate", "first.csv", "--format=json", terminal=False))
    return call


@pytest.mark.parametrize("command", COMMANDS)
def test_a_terminal_gets_a_table_of_rich(run: Run, command: str) -> None:
    accuracy = json.loads(Path("results.json").read_text())["models"][0]["overall"]["accuracy"]
    drawn = run(*COMMANDS[command], terminal=True)
    assert RULE in drawn
    assert f"{accuracy['value']:.4f}" in drawn or f"{100 * accuracy['value']:.1f}" in drawn
    assert "\x1b[" in drawn


@pytest.mark.parametrize("command", COMMANDS)
def test_all_else_stays_plain(run: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pipe and under NO_COLOR the text is one and the same, however narrow the window."""
    plain = run(*COMMANDS[command], terminal=False)
    assert RULE not in plain
    assert "\x1b" not in plain
    with monkeypatch.context() as patched:
        patched.setenv("NO_COLOR", "1")
        assert run(*COMMANDS[command], terminal=True) == plain
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(*COMMANDS[command], terminal=False) == plain


def test_other_formats_are_for_programs_even_on_a_terminal(run: Run) -> None:
    for text_format in ("json", "markdown", "csv"):
        words = ("evaluate", "first.csv", "--format", text_format)
        assert run(*words, terminal=True) == run(*words, terminal=False)
