"""Tables in a terminal and a pipe: every number is whole, and every name is only text."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from rich.console import Console

import evalkit
from evalkit.compare.evaluation import Evaluation
from evalkit.history.series import read_history
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.narrative.wording import unit_of
from evalkit.report.detail_tables import MOST_SLICES, detail_tables
from evalkit.report.printed import amount, p_text, printed_difference
from evalkit.report.tables import estimate_text, summary_rows, terminal_tables
from evalkit.tabular import latex_cell, markdown_cell
from evalkit.terminal_tables import TerminalTable, text_table

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("cat", "[bold]dog[/bold]", "fire truck")


def printed(drawn: Any, width: int = 100) -> str:
    """Return what rich prints, as text, checked to be no wider than the console."""
    recorded = Console(record=True, width=width, file=io.StringIO())
    recorded.print(drawn)
    text: str = recorded.export_text()
    assert max(map(len, text.splitlines())) <= width
    return text


def numbers(text: str) -> set[str]:
    """Return the numbers in a text, as written."""
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?", text))


def in_percent(values: Any) -> set[str]:
    """Return fractions as they are written in percent, without those that are missing."""
    return {f"{100 * float(value):.1f}" for value in values if value == value}


@pytest.fixture
def pair() -> list[Evaluation]:
    """Two models on the same 1,500 samples."""
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, 1500)
    names = np.array(CLASSES)
    return [
        evalkit.evaluate(
            names[actual],
            names[np.where(rng.random(1500) < right, actual, 0)],
            classes=CLASSES,
            name=name,
            ids=np.arange(1500),
        )
        for name, right in (("[red]first", 0.7), ("second", 0.8))
    ]


def test_an_evaluation_shows_every_number_of_its_frame(pair: list[Evaluation]) -> None:
    text = printed(pair[0])
    frame = pair[0].to_frame()
    assert text.startswith("[red]first: accuracy")
    assert {f"{n:,}" for n in frame["support"]} <= numbers(text)
    rates = frame.drop(columns=["class", "support"]).to_numpy().ravel()
    assert in_percent(rates) <= numbers(text)
    for name in CLASSES:
        assert f"\n{name} " in text
    assert "n = 1,500" in text
    assert "Wilson" in text


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_a_comparison_shows_every_number_of_its_summary(pair: list[Evaluation], width: int) -> None:
    """The verdict of the page, each metric of each model, the baseline, and the differences."""
    comparison = evalkit.compare(pair, replicates=50)
    text = printed(comparison, width)
    assert len(comparison.summary_metrics) == 5
    for metric in comparison.summary_metrics:
        unit = unit_of(metric.metric)
        for estimate in metric.models:
            assert set(estimate_text(estimate, unit).split()) <= set(text.split())
        if metric.baseline is not None:
            assert amount(metric.baseline, unit) in text.split()
        difference = printed_difference(metric.pairs[0], unit)
        assert {difference.value, *difference.interval.split()} <= set(text.split())
    assert "n = 1,500" in text
    assert "(Wilson, bootstrap)" in " ".join(text.split())
    for sentence in (comparison.verdict.headline, comparison.verdict.lede):
        assert " ".join(sentence.split()) in " ".join(text.split())


def test_every_form_of_the_summary_agrees(pair: list[Evaluation]) -> None:
    """Terminal, plain text, Markdown and LaTeX have the rows of one table, the best first."""
    comparison = evalkit.compare(pair, replicates=50)
    heads, rows = summary_rows(comparison)
    frequent = comparison.classes[int(np.argmax(comparison.support))]
    assert [row[0] for row in rows] == ["second", "[red]first", f'always "{frequent}"']
    cells = [cell for row in rows for cell in row[1:]]
    for text in (printed(comparison, 200), str(comparison)):
        assert all(cell in text for cell in [*heads, *cells])
    markdown, latex = comparison.to_markdown(), comparison.to_latex()
    assert all(markdown_cell(cell) in markdown for cell in [*heads, *cells])
    assert all(latex_cell(cell) in latex for cell in [*heads, *cells])


def test_a_baseline_stands_in_every_summary() -> None:
    """The last row is the metric of the constant prediction, as the metric itself has it."""
    rng = np.random.default_rng(1)
    actual = rng.integers(0, 3, 300)
    found = evalkit.evaluate(actual, np.where(rng.random(300) < 0.6, actual, 0))
    comparison = evalkit.compare([found], replicates=50)
    constant = np.full(300, np.bincount(actual).argmax())
    last = summary_rows(comparison)[1][-1]
    assert last[0] == f'always "{constant[0]}"'
    assert last[1] == f"{100 * evalkit.accuracy(actual, constant):.1f}"
    assert last[3] == f"{100 * evalkit.recall(actual, constant, average='macro'):.1f}"


def test_the_leader_is_set_against_every_other_model() -> None:
    rng = np.random.default_rng(2)
    actual = rng.integers(0, 3, 400)
    models = [
        evalkit.evaluate(actual, np.where(rng.random(400) < right, actual, 0), name=name)
        for name, right in (("a", 0.5), ("b", 0.9), ("c", 0.7))
    ]
    comparison = evalkit.compare(models, replicates=50)
    (table,) = (t for t in terminal_tables(comparison) if t.title.startswith("Differences"))
    assert [row[0] for row in table.rows] == ["c − b", "b − a"]
    for row, other in zip(table.rows, (2, 0), strict=True):
        gap = comparison.gap(1, other)
        assert row[1] == printed_difference(gap).value
        assert p_text(gap).endswith(row[3])


def test_warnings_are_below_the_verdict(pair: list[Evaluation]) -> None:
    warned = replace(pair[0], warnings=("Labels are doubtful.",))
    lines = str(evalkit.compare([warned], replicates=50)).splitlines()
    assert "Warning: [red]first: Labels are doubtful." in lines[:3]


def test_details_show_probabilities_costs_and_slices() -> None:
    """Every estimate that the records hold, for two models and one."""
    rng = np.random.default_rng(3)
    actual = rng.integers(0, 2, 400)
    sites = rng.choice(["north", "south"], 400)
    models = []
    for name in "ab":
        raw = rng.random((400, 2)) + np.eye(2)[actual]
        proba = raw / raw.sum(axis=1, keepdims=True)
        models.append(evalkit.evaluate(actual, y_proba=proba, name=name, slices={"site": sites}))
    for some in (models, models[:1]):
        comparison = evalkit.compare(some, replicates=50, costs=[[0, 1], [5, 0]])
        tables = {table.title: str(table) for table in detail_tables(comparison)}
        assert list(tables) == ["Classes", "Probabilities", "Costs per sample", "Slices"]
        assert comparison.costs is not None
        for model, costs in zip(comparison.models, comparison.costs.models, strict=True):
            assert model.probability is not None
            for estimate in (*model.probability.auc, *model.probability.average_precision):
                assert estimate_text(estimate) in tables["Classes"]
            for key, estimate in model.probability.overall.items():
                assert estimate_text(estimate, unit_of(key)) in tables["Probabilities"]
            assert costs.decided is not None
            for estimate in (costs.expected, costs.decided):
                assert estimate_text(estimate, "cost") in tables["Costs per sample"]
        for found in comparison.slice_results:
            for of_model in found.models:
                assert estimate_text(of_model.overall["accuracy"]) in tables["Slices"]
                assert printed_difference(of_model.adjusted).interval in tables["Slices"]


def test_weak_metrics_of_slices_are_listed() -> None:
    """A class whose recall breaks down on one slice is named with its difference."""
    rng = np.random.default_rng(5)
    actual, sites = rng.integers(0, 3, 3000), rng.choice(["north", "south"], 3000)
    wrong = rng.random(3000) < np.where((sites == "south") & (actual == 2), 0.6, 0.1)
    predicted = np.where(wrong, (actual + 1) % 3, actual)
    comparison = evalkit.compare(
        [evalkit.evaluate(actual, predicted, slices={"site": sites})], replicates=50
    )
    table = detail_tables(comparison)[-1]
    weak = [
        (found, test)
        for found in comparison.slice_results
        for test in found.models[0].tests
        if test.is_weak
    ]
    assert weak
    assert len(table.rows) == len(weak)
    assert ["site south", 'Recall of "2"'] in [list(row[:2]) for row in table.rows]
    for row, (_, test) in zip(table.rows, weak, strict=True):
        assert row[3].split(" [")[0] == printed_difference(test.from_rest).value


def test_of_many_slices_the_weakest_are_shown() -> None:
    rng = np.random.default_rng(4)
    actual, places = rng.integers(0, 2, 3000), np.arange(3000) % (MOST_SLICES + 5)
    predicted = np.where((places == 7) | (rng.random(3000) < 0.1), 1 - actual, actual)
    names = np.array([f"p{place}" for place in places])
    found = evalkit.evaluate(actual, predicted, slices={"place": names})
    comparison = evalkit.compare([found], replicates=50)
    (table,) = (each for each in detail_tables(comparison) if each.title == "Slices")
    assert len(table.rows) == MOST_SLICES
    assert table.rows[0][0] == "place p7"
    assert any(f"of {MOST_SLICES + 5}" in line for line in table.caption)


def test_groups_are_a_table_of_their_own() -> None:
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 2, 200)
    runs = [
        evalkit.evaluate(
            actual,
            np.where(rng.random(200) < 0.8, actual, 0),
            name=f"run {i}",
            group=f"group {i % 2}",
        )
        for i in range(6)
    ]
    comparison = evalkit.compare(runs, replicates=50)
    text = printed(comparison, 160)
    shown = re.findall(r"^group (\d)\s+\d[^:\n]*$", text, re.MULTILINE)
    assert shown == [str(i) for i in comparison.group_ranking]
    assert text.index("group 0") < text.index("run 0")
    spread = comparison.groups[0].metrics["accuracy"].standard_deviation
    assert spread is not None
    assert f"±{200 * spread:.1f}" in text


def test_a_matrix_shows_every_count() -> None:
    matrix = ConfusionMatrix([[1_234_567, 1], [0, 2]], classes=("cat", "[b]dog"))
    text = printed(matrix)
    assert {"1,234,567", "1", "0", "2", "1,234,570"} <= numbers(text)
    assert "[b]dog" in text
    large = ConfusionMatrix(np.eye(31, dtype=int))
    assert " ".join(printed(large).split()) == repr(large)


def test_counts_beyond_a_million_are_whole() -> None:
    matrix = ConfusionMatrix([[1_234_567, 1], [0, 2]])
    evaluation = Evaluation("m", matrix)
    for text in (printed(evaluation), str(evaluation), evaluation.to_markdown()):
        assert "1,234,568" in text


def test_a_gate_shows_its_checks_and_why(pair: list[Evaluation]) -> None:
    decision = evalkit.gate.check(*pair, max_drop={"accuracy": 0.01}, rules=["recall[cat] >= 0.5"])
    text = printed(decision)
    for check in decision.checks:
        assert {f"{abs(x):.4f}" for x in (check.value, check.low, check.high) if x} <= numbers(text)
        assert f"{check.rule} " in text
    assert f"{decision.checks[0].rule}: {decision.checks[0].reason}" in text


def test_a_history_shows_its_runs(pair: list[Evaluation], tmp_path: Path) -> None:
    files = [tmp_path / "monday.json", tmp_path / "tuesday.json"]
    comparisons = [evalkit.compare([each], replicates=50) for each in pair]
    for file, comparison in zip(files, comparisons, strict=True):
        comparison.save_json(file)
    text = printed(read_history(files))
    values = [c.models[0].overall["accuracy"].value for c in comparisons]
    assert in_percent(values) <= numbers(text)
    assert "\nmonday " in text


@pytest.mark.parametrize("width", range(24, 120, 8))
def test_no_word_is_broken_or_lost_where_room_is_short(width: int) -> None:
    rows = [[f"class {i}", *(f"{i}{j}.5 [10.0–{90 + j}.0]" for j in range(7))] for i in range(3)]
    heads = ["class", *(f"metric {j}, %" for j in range(7))]
    words = printed(TerminalTable(heads=heads, rows=rows), width).split()
    assert {word for row in [heads, *rows] for cell in row for word in cell.split()} <= set(words)


def test_a_name_commands_no_terminal() -> None:
    drawn = TerminalTable(
        heads=["class", "n"], rows=[["\x1b[2Ja\n", "1"]], title="\x1b[31m", caption=["\u202e"]
    )
    assert not {"\x1b", "\u202e"} & set(printed(drawn))


@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), min_size=1, max_size=4))
def test_plain_text_commands_no_terminal(rows: list[list[str]]) -> None:
    text = text_table(["a", "b", "c"], rows)
    assert text.count("\n") == len(rows)
    assert "\x1b" not in text


def test_columns_are_where_pandas_finds_them() -> None:
    text = text_table(["class", "n", "share"], [["cat", "10", "0.5"], ["dog", "5", "0.25"]])
    frame = pd.read_fwf(io.StringIO(text))
    assert frame.to_dict("list") == {"class": ["cat", "dog"], "n": [10, 5], "share": [0.5, 0.25]}


def test_columns_align_by_the_width_of_characters() -> None:
    """A wide character takes two columns of a terminal, a combining one none."""
    assert text_table(["a", "n"], [["日本", "1"], ["e\u0301", "23"]]) == (
        "a      n\n日本   1\ne\u0301     23"
    )


@pytest.mark.parametrize("length", [1, 300, 100_000])
def test_plain_text_never_wraps(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not at the width of the window, and with no colour even where a terminal asks for it."""
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("FORCE_COLOR", "1")
    table = TerminalTable(
        heads=["class", "n"],
        rows=[["[red]a b " * length, "1"]],
        title="title " * length,
        caption=["caption " * length],
        styles=["green"],
    )
    title, _, heads, row, _, caption = str(table).split("\n")
    assert (title, caption) == ("title " * length, "caption " * length)
    assert heads.split() == ["class", "n"]
    assert row == "[red]a b " * length + "  1"
