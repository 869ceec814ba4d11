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
from evalkit.history.charts import CHARACTER, DATES, RUNS, chart
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
    page = history_html(
        read_history(write_runs(runs), metrics=["accuracy", "f1_macro"]), title=HOSTILE
    )
    elements = Elements()
    elements.feed(page)
    assert not {"script", "img", "iframe"} & set(elements.names)
    assert elements.suspicious == []
    assert elements.names.count("table") == 2
    assert elements.names.count("svg") == 3 * 2
    assert elements.names.count("polyline") == 3 * 4
    assert "default-src 'none'" in unescape(page)
    assert "script-src ;" in unescape(page)
    text = unescape(page).replace("\N{NO-BREAK SPACE}", " ")
    assert text.count("90.2") >= 2
    assert text.count("new level: 80.0 → 90.0") == 2
    assert "rose from 80.0 to 90.0" in text
    assert "significant changes" not in text
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


def test_a_chart_names_its_axes_and_spaces_dates_by_days(write_runs: WriteRuns) -> None:
    history = read_history(write_runs([{"a": 720}] * 3))
    named = chart(history, "accuracy", history.runs)
    assert (named.x_title, named.y_title) == (RUNS, "Accuracy, %")
    dated = chart(history, "accuracy", ["2026-03-01", "2026-03-02", "2026-03-05"])
    assert dated.x_title == DATES
    x = [dot.x for dot in dated.lines[0].dots]
    assert (x[1] - x[0]) / (x[2] - x[0]) == pytest.approx(1 / 4, abs=0.001)


@pytest.mark.parametrize("width", [350.0, 700.0, 1040.0])
def test_labels_of_runs_do_not_overlap(write_runs: WriteRuns, width: float) -> None:
    """The first and the last run and the run of a change have one where there is room."""
    history = read_history(write_runs([{"a": 720}] * 12 + [{"a": 810}] * 12))
    runs = [f"nightly build {100 + i} of the network" for i in range(24)]
    shown = chart(history, "accuracy", runs, width)
    places = [tick.place for tick in shown.x_ticks]
    assert {shown.left, shown.lines[0].dots[12].x, shown.right} <= set(places)
    widths = [CHARACTER * len(tick.label) for tick in shown.x_ticks]
    for (x, one), (right, other) in pairwise(zip(places, widths, strict=True)):
        assert right - x > (one + other) / 2


def test_bands_of_many_models_are_left_out(write_runs: WriteRuns) -> None:
    run = {f"model {i}": 720 for i in range(5)}
    history = read_history(write_runs([run, run]))
    assert {line.band for line in chart(history, "accuracy", history.runs).lines} == {""}
    assert "Bands" not in history_html(history)


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
