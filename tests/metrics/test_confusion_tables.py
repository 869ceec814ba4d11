"""A confusion matrix as tables: its values, whole and in order, whatever it is written as."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd

from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.notebook_html import SHADES

MATRIX = ConfusionMatrix([[1200, 1], [0, 2]], classes=("cat", "<b>dog</b>"))


def test_plain_values_make_the_matrix_again() -> None:
    again = ConfusionMatrix(**json.loads(json.dumps(MATRIX.to_dict())))
    assert again == MATRIX


def test_the_printed_table_holds_the_counts() -> None:
    frame = pd.read_fwf(io.StringIO(str(MATRIX)), thousands=",", index_col=0)
    assert frame.to_numpy().tolist() == MATRIX.counts.tolist()
    assert list(frame.columns) == ["cat", "<b>dog</b>"]


def test_a_notebook_s_table_holds_the_counts() -> None:
    """With the share of the actual class beside each count, and the support at the end."""
    view = ET.fromstring(MATRIX._repr_html_())
    titles, heads = view.findall(".//thead/tr")
    assert [cell.text for cell in titles] == ["Actual", "Predicted", "Support"]
    assert [cell.findtext("bdi") for cell in heads] == ["cat", "<b>dog</b>"]
    rows = [["".join(cell.itertext()) for cell in row] for row in view.findall(".//tbody/tr")]
    assert rows == [
        ["cat", "1,200 99.9", "1 0.1", "1,201"],
        ["<b>dog</b>", "0", "2 100.0", "2"],
    ]


def test_the_shading_of_a_cell_is_its_share() -> None:
    """Zero has none, a whole class the strongest, and a larger share no weaker one."""
    counts = np.array([[100, 0, 0], [40, 59, 1], [2, 10, 88]])
    view = ET.fromstring(ConfusionMatrix(counts)._repr_html_())
    shades = np.array(
        [
            [
                next((int(part[1:]) for part in cell.get("class", "").split() if part[0] == "s"), 0)
                for cell in row.findall("td")[:-1]
            ]
            for row in view.findall(".//tbody/tr")
        ]
    )
    assert shades[0].tolist() == [SHADES, 0, 0]
    assert (shades[counts > 0] > 0).all()
    order = np.argsort(counts, axis=None)
    assert (np.diff(shades.ravel()[order]) >= 0).all()


def test_many_classes_are_shown_by_their_most_confused_pairs() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(2.0, (40, 40)) + 50 * np.eye(40, dtype=int)
    counts[7, 30] = 31
    matrix = ConfusionMatrix(counts, classes=[f"class {i}" for i in range(40)])
    view = ET.fromstring(matrix._repr_html_())
    rows = [["".join(cell.itertext()) for cell in row] for row in view.findall(".//tbody/tr")]
    support = counts[7].sum()
    assert rows[0] == ["class 7", "class 30", "31", str(support), f"{3100 / support:.1f}"]
    errors = np.sort((counts - np.diag(np.diag(counts))).ravel())[::-1]
    assert [int(row[2]) for row in rows] == errors[: len(rows)].tolist()


def test_a_matrix_without_samples_or_errors_has_a_view() -> None:
    assert "accuracy" not in ConfusionMatrix(np.zeros((2, 2), int))._repr_html_()
    assert "No sample is misclassified." in ConfusionMatrix(np.eye(31, dtype=int))._repr_html_()


def test_markdown_and_latex_have_a_row_a_class() -> None:
    assert MATRIX.to_markdown().splitlines()[2] == "| cat | 1,200 | 1 |"
    assert r"cat & 1,200 & 1 \\" in MATRIX.to_latex().splitlines()


def test_weights_keep_their_fractions() -> None:
    matrix = ConfusionMatrix([[1.5, 0.0], [0.25, 2.0]])
    assert matrix.to_markdown().splitlines()[2:] == ["| 0 | 1.5 | 0 |", "| 1 | 0.25 | 2 |"]


def test_a_large_matrix_shows_its_name_alone() -> None:
    large = ConfusionMatrix(np.eye(31, dtype=int))
    assert str(large) == repr(large)
    assert large.to_markdown().count("\n") == 32
