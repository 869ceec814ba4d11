"""What can be saved from the page says what the comparison says."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from typing import TYPE_CHECKING

import pytest

from evalkit.report.downloads import csv_text, downloads, json_text, latex_text
from evalkit.report.packing import packed
from evalkit.report.subject import Subject
from evalkit.tabular import latex_cell

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison


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


def test_csv_holds_every_estimate(two_models: Comparison) -> None:
    """A row an estimate, with the numbers of the comparison in full."""
    rows = list(csv.DictReader(io.StringIO(csv_text(Subject(two_models)))))
    by_key = {(row["model"], row["class"], row["metric"]): row for row in rows}
    assert len(by_key) == len(rows)
    for model in two_models.models:
        assert float(by_key[model.name, "", "accuracy"]["value"]) == model.overall["accuracy"].value
        for name, estimate in zip(two_models.classes, model.per_class["recall"], strict=True):
            assert float(by_key[model.name, name, "recall"]["low"]) == estimate.low


def test_csv_names_are_no_formulas(make_comparison: Callable[..., Comparison]) -> None:
    """A class named like a formula does not run in a spreadsheet."""
    comparison = make_comparison(classes=("=1+1", "@SUM(A1)", "ok"), probabilities=False)
    cells = {row["class"] for row in csv.DictReader(io.StringIO(csv_text(Subject(comparison))))}
    assert cells == {"", "'=1+1", "'@SUM(A1)", "ok"}


def test_latex_has_no_live_characters(hostile_comparison: Comparison) -> None:
    """Names become text: outside the table's own markup nothing is a command."""
    text = latex_text(Subject(hostile_comparison))
    assert text.count(r"\begin{tabular}") == 1
    assert latex_cell("a_b{50 %}\\x") == r"a\_b\{50 \%\}\textbackslash{}x"


def test_files_have_names(two_models: Comparison) -> None:
    """JSON, CSV and LaTeX are carried."""
    assert [file.filename for file in downloads(Subject(two_models))] == [
        "results.json",
        "results.csv",
        "summary.tex",
    ]
