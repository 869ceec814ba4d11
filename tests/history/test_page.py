"""The page of a history: every number in its tables, names as text, nothing that runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from evalkit import cli
from evalkit.history.charts import chart
from evalkit.history.page import history_html
from evalkit.history.series import read_history
from evalkit.report.ticks import nice_ticks

WriteRuns = Callable[..., list[Path]]
HOSTILE = "</style><script>alert(1)</script>{{7*7}}<img src=x onerror=alert(2)>"


class Elements(HTMLParser):
    """The names of all elements, and the attributes that could run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.suspicious: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.suspicious += [
            (name, value) for name, value in attrs if name.startswith("on") or name == "src"
        ]


def test_the_page_holds_the_numbers_and_runs_nothing(write_runs: WriteRuns) -> None:
    runs = [{HOSTILE: n, "b": 720} for n in (720, 722, 719, 810, 812, 809)]
    page = history_html(read_history(write_runs(runs)), title=HOSTILE)
    elements = Elements()
    elements.feed(page)
    assert not {"script", "img", "iframe"} & set(elements.names)
    assert elements.suspicious == []
    assert elements.names.count("svg") == elements.names.count("table") == 2
    assert elements.names.count("polyline") == 4
    assert "default-src 'none'" in unescape(page)
    assert "script-src ;" in unescape(page)
    text = unescape(page)
    assert text.count("90.2") >= 2
    assert text.count("new level: 80.0 → 90.0") == 2
    assert "2 significant changes" in text
    assert "49" not in re.findall(r"<title>(.*?)</title>", page)[0]


def test_a_gap_is_two_lines(write_runs: WriteRuns) -> None:
    runs = [{"a": 720, "b": 1}, {"a": 720, "b": 1}, {"b": 1, "c": 1}, {"a": 720, "b": 1}]
    history = read_history(write_runs(runs), metrics=["accuracy"])
    lines = [
        line for line in chart(history, "accuracy", history.runs).lines if line.css == "model-0"
    ]
    assert [len(line.dots) for line in lines] == [2, 1]
    shown = chart(history, "accuracy", history.runs)
    for line in shown.lines:
        for dot in line.dots:
            assert shown.left <= dot.x <= shown.right
            assert shown.top <= dot.y <= shown.bottom


@pytest.mark.parametrize(("low", "high"), [(0.47, 0.52), (0, 0), (0.9, 0.9), (-1, 1), (0, 1e-9)])
def test_ticks_enclose_the_values_and_are_even(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    assert ticks[0] <= low <= high <= ticks[-1]
    assert 2 <= len(ticks) <= 12
    steps = [b - a for a, b in pairwise(ticks)]
    assert steps == pytest.approx([steps[0]] * len(steps))


def test_the_command_writes_the_page_and_prints_the_table(
    write_runs: WriteRuns,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    files = [str(path) for path in write_runs([{"a": 720}, {"a": 810}])]
    cli.main(["history", *files, "--output", "history.html", "--metric", "accuracy"])
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "run-01  ◆ 90.0 [87.9–91.8]" in shown.out
    assert Path("history.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    Path("mine.html").write_text("my thesis")
    with pytest.raises(SystemExit) as stop:
        cli.main(["history", *files, "--output", "mine.html"])
    assert stop.value.code == 2
    assert "--force" in capsys.readouterr().err
