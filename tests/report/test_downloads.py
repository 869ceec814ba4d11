"""What can be saved from the page says what the comparison says."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evalkit.report.downloads import downloads, json_text, latex_text
from evalkit.report.packing import packed
from evalkit.report.render import Plotly, render_html
from evalkit.report.subject import Subject
from evalkit.tabular import csv_cell, latex_cell, printable_cell

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

OpenPage = Callable[..., Any]


def test_packed_text_unpacks_and_holds_no_time() -> None:
    """gzip's header carries no date: equal texts give equal bytes."""
    raw = base64.b64decode(packed("größe"))
    assert gzip.decompress(raw).decode() == "größe"
    assert raw[4:8] == b"\0\0\0\0"


def test_json_is_the_results(two_models: Comparison) -> None:
    """The embedded JSON is results.json to six digits, with thinner curves."""
    found, whole = json.loads(json_text(Subject(two_models))), two_models.to_dict()
    assert found.keys() == whole.keys()
    assert found["schema"] == whole["schema"]
    for ours, theirs in zip(found["models"], whole["models"], strict=True):
        assert ours["counts"] == theirs["counts"]
        assert ours["overall"]["accuracy"]["value"] == pytest.approx(
            theirs["overall"]["accuracy"]["value"], rel=1e-6
        )
        for name in ("roc", "precision_recall"):
            for thin, curve in zip(
                ours["probability"][name], theirs["probability"][name], strict=True
            ):
                assert len(thin["x"]) <= len(curve["x"])


def saved_csv(opened: Any) -> list[dict[str, str]]:
    """The rows of results.csv, as the page saves it."""
    with opened.page.expect_download() as caught:
        opened.page.locator("#downloads button", has_text="results.csv").click()
    text = Path(caught.value.path()).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.browser
@pytest.mark.parametrize("plotly", ["none", "inline"])
def test_csv_holds_every_estimate(
    open_page: OpenPage, two_models: Comparison, plotly: Plotly
) -> None:
    """One row per estimate, with the numbers of the comparison to six digits."""
    opened = open_page(render_html(two_models, plotly=plotly), accept_downloads=True)
    rows = saved_csv(opened)
    by_key = {(row["model"], row["class"], row["metric"]): row for row in rows}
    assert len(by_key) == len(rows)
    for model in two_models.models:
        assert model.probability is not None
        wanted = [
            *(("", key, estimate) for key, estimate in model.overall.items()),
            *(("", key, estimate) for key, estimate in model.probability.overall.items()),
            *(
                (name, key, estimate)
                for key, estimates in model.per_class.items()
                for name, estimate in zip(two_models.classes, estimates, strict=True)
            ),
        ]
        assert sum(row["model"] == model.name for row in rows) == len(wanted)
        for name, key, estimate in wanted:
            row = by_key[model.name, name, key]
            assert row["method"] == estimate.method
            for field in ("value", "low", "high"):
                number = getattr(estimate, field)
                assert (row[field] == "") == (number is None)
                assert number is None or float(row[field]) == pytest.approx(number, rel=1e-5)


@pytest.mark.browser
def test_csv_names_are_no_formulas(
    open_page: OpenPage, make_comparison: Callable[..., Comparison]
) -> None:
    """A class named like a formula does not run in a spreadsheet, and controls are replaced."""
    names = ("=1+1", "@SUM(A1)", "-1", 'ok,"so"\u202e')
    comparison = make_comparison(classes=names, probabilities=False)
    opened = open_page(render_html(comparison, plotly="none"), accept_downloads=True)
    cells = {row["class"] for row in saved_csv(opened)}
    assert cells == {"", *(csv_cell(printable_cell(name)) for name in names)}


def test_latex_has_no_live_characters(hostile_comparison: Comparison) -> None:
    """Names become text: outside the table's own markup nothing is a command."""
    text = latex_text(Subject(hostile_comparison))
    assert text.count(r"\begin{tabular}") == 1
    assert latex_cell("a_b{50 %}\\x") == r"a\_b\{50 \%\}\textbackslash{}x"


def test_files_have_names(two_models: Comparison) -> None:
    """JSON and LaTeX are carried; scripts make the CSV of the JSON."""
    assert [file.filename for file in downloads(Subject(two_models))] == [
        "results.json",
        "summary.tex",
    ]
