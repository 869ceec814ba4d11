"""A confusion matrix as tables: its values, whole and in order, whatever it is written as."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd

from evalkit.metrics.confusion import ConfusionMatrix

MATRIX = ConfusionMatrix([[1200, 1], [0, 2]], classes=("cat", "<b>dog</b>"))


def test_plain_values_make_the_matrix_again() -> None:
    again = ConfusionMatrix(**json.loads(json.dumps(MATRIX.to_dict())))
    assert again == MATRIX


def test_the_printed_table_holds_the_counts() -> None:
    frame = pd.read_fwf(io.StringIO(str(MATRIX)), thousands=",", index_col=0)
    assert frame.to_numpy().tolist() == MATRIX.counts.tolist()
    assert list(frame.columns) == ["cat", "<b>dog</b>"]


def test_a_notebook_s_table_holds_the_counts() -> None:
    table = ET.fromstring(MATRIX._repr_html_())
    assert [cell.text for cell in table.findall("thead/tr/th")][1:] == ["cat", "<b>dog</b>"]
    rows = [[cell.text for cell in row] for row in table.findall("tbody/tr")]
    assert rows == [["cat", "1,200", "1"], ["<b>dog</b>", "0", "2"]]


def test_markdown_and_latex_have_a_row_a_class() -> None:
    assert MATRIX.to_markdown().splitlines()[2] == "| cat | 1,200 | 1 |"
    assert r"cat & 1,200 & 1 \\" in MATRIX.to_latex().splitlines()


def test_weights_keep_their_fractions() -> None:
    matrix = ConfusionMatrix([[1.5, 0.0], [0.25, 2.0]])
    assert matrix.to_markdown().splitlines()[2:] == ["| 0 | 1.5 | 0 |", "| 1 | 0.25 | 2 |"]


def test_a_large_matrix_shows_its_name_alone() -> None:
    large = ConfusionMatrix(np.eye(31, dtype=int))
    assert str(large) == repr(large)
    assert "<table" not in large._repr_html_()
    assert large.to_markdown().count("\n") == 32
