"""JSON documents, files of actual labels, confusion matrices, and nested or coded columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, EvalkitError
from evalkit.predictions import read_predictions
from evalkit.predictions.matrix_files import read_confusion_matrix
from evalkit.predictions.options import ReadOptions
from evalkit.predictions.truth import read_with_truth

if TYPE_CHECKING:
    from pathlib import Path

TABLE = pd.DataFrame({"y_true": ["a", "b", "b"], "y_pred": ["a", "a", "b"], "site": [1, 2, 3]})
ROWS = TABLE.to_dict("records")
DOCUMENTS: dict[str, tuple[Any, str | None]] = {
    "records": (ROWS, None),
    "columns": (TABLE.to_dict("list"), None),
    "pandas": (json.loads(TABLE.to_json()), None),
    "split": (json.loads(TABLE.to_json(orient="split")), None),
    "table": (json.loads(TABLE.to_json(orient="table")), "data"),
    "nested": ({"config": {"seed": 1}, "results": {"samples": ROWS}}, "results.samples"),
    "in a list": ({"runs": [{"rows": ROWS}]}, "runs.0.rows"),
    "nested cells": ([{**row, "box": [1, 2]} for row in ROWS], None),
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_json_documents(kind: str, indent: int | None, tmp_path: Path) -> None:
    plain, records = DOCUMENTS[kind]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(plain, indent=indent))
    found = read_predictions(path, ReadOptions(records=records))
    assert found.actual.tolist() == [0, 1, 1]
    assert found.predicted.tolist() == [0, 0, 1]
    assert set(found.others) - {"index"} == {"site"}


@pytest.mark.parametrize(
    ("plain", "records", "said"),
    [
        ({"results": {"samples": ROWS}}, None, "Use --records results.samples"),
        ({"results": {"samples": ROWS}}, "results.rows", "nothing at 'rows'.*'samples'"),
        ({"schema": "evalkit.results"}, None, "evalkit gate or evalkit history"),
        ([1, 2], None, "neither an array of objects nor"),
        ([{"y_true": [1], "y_pred": 1}], None, "Nested column: 'y_true' in record 1"),
        ([{"y_true": 1, "y_pred": 1}, {"y_true": 1}], None, "record 2 .* lacks 'y_pred'"),
    ],
)
def test_other_documents(plain: Any, records: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(plain))
    with pytest.raises(EvalkitError, match=said):
        read_predictions(path, ReadOptions(records=records))


@pytest.mark.parametrize("indent", [None, 1])
def test_a_classification_report_is_told_what_it_lacks(indent: int | None, tmp_path: Path) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    report = metrics.classification_report(["a", "b", "b"], ["a", "a", "b"], output_dict=True)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report, indent=indent))
    with pytest.raises(DataError, match="lacks the predictions and the confusion matrix"):
        read_predictions(path)


def test_numbers_beside_text_in_json_are_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"y_true": 1, "y_pred": 1}, {"y_true": 2, "y_pred": "unknown"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_predictions(path).classes == ("1", "2", "unknown")


@pytest.mark.parametrize("header", ["", "label\n"])
def test_a_column_of_predictions_and_one_of_truth(header: str, tmp_path: Path) -> None:
    (tmp_path / "pred.txt").write_text(header + "a\nb\nb\n")
    (tmp_path / "true.txt").write_text(header + "a\na\nb\n")
    options = ReadOptions(truth=str(tmp_path / "true.txt"))
    with pytest.raises(DataError, match="--by-position"):
        read_with_truth(tmp_path / "pred.txt", options)
    by_position = ReadOptions(truth=str(tmp_path / "true.txt"), by_position=True)
    found = read_with_truth(tmp_path / "pred.txt", by_position)
    assert (found.actual.tolist(), found.predicted.tolist()) == ([0, 0, 1], [0, 1, 1])
    assert any("matched by position" in note for note in found.notes)
    (tmp_path / "true.txt").write_text(header + "a\na\n")
    with pytest.raises(DataError, match=r"3 rows and .* 2"):
        read_with_truth(tmp_path / "pred.txt", by_position)


def test_a_submission_and_its_solution(tmp_path: Path) -> None:
    """Both name their labels alike; the solution has more rows, in another order."""
    submission, solution = tmp_path / "submission.csv", tmp_path / "solution.csv"
    submission.write_text("ImageId,Label,proba_a,proba_b\n1,a,0.9,0.1\n2,b,0.2,0.8\n3,b,0.3,0.7\n")
    solution.write_text("Image_ID,Label,Usage\n3,b,x\n9,a,x\n1,a,y\n2,a,y\n")
    found = read_with_truth(submission, ReadOptions(truth=str(solution)))
    assert (found.actual.tolist(), found.predicted.tolist()) == ([0, 0, 1], [0, 1, 1])
    assert found.ids is not None
    assert found.ids.tolist() == ["1", "2", "3"]
    assert found.probabilities is not None
    for text, said in (("1,a,x\n1,b,x\n", "twice"), ("1,a,x\n2,a,x\n", "no '3'")):
        solution.write_text("Image_ID,Label,Usage\n" + text)
        with pytest.raises(DataError, match=said):
            read_with_truth(submission, ReadOptions(truth=str(solution)))


MATRICES = {
    "named": ",cat,dog\ncat,5,1\ndog,2,7\n",
    "named by a crosstab": "y_true,cat,dog\ncat,5,1\ndog,2,7\n",
    "permuted": ",dog,cat\ncat,1,5\ndog,7,2\n",
    "totals": "actual,cat,dog,All\ncat,5,1,6\ndog,2,7,9\nAll,7,8,15\n",
    "semicolons": ";cat;dog\ncat;5;1\ndog;2;7\n",
    "r": '"cat" "dog"\n"cat" 5 1\n"dog" 2 7\n',
    "no names": "5,1\n2,7\n",
    "no names, blanks": "5 1\n2 7\n",
}


@pytest.mark.parametrize("kind", MATRICES)
def test_confusion_matrices(kind: str, tmp_path: Path) -> None:
    (tmp_path / "cm.csv").write_text(MATRICES[kind])
    found = read_confusion_matrix(tmp_path / "cm.csv")
    assert found is not None
    assert found.matrix.counts.tolist() == [[5, 1], [2, 7]]
    assert found.matrix.classes == (("0", "1") if "no names" in kind else ("cat", "dog"))
    assert "rows are actual" in found.notes[0]


@pytest.mark.parametrize(
    "text",
    ["y_true,y_pred\na,a\nb,b\n", "a,b\nb,a\n", "1,2\n2,1\n3,3\n", ",cat,dog\ncat,5,x\ndog,1,2\n"],
)
def test_other_tables_are_no_confusion_matrices(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert read_confusion_matrix(tmp_path / "a.csv") is None


def test_a_symmetric_square_of_numbers_has_no_names(tmp_path: Path) -> None:
    """The first column repeats the first row, and still they are counts."""
    (tmp_path / "a.csv").write_text("16,1,2\n1,20,0\n2,0,18\n")
    found = read_confusion_matrix(tmp_path / "a.csv")
    assert found is not None
    assert np.trace(found.matrix.counts) == 54


def test_impossible_counts_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",a,b\na,-1,2\nb,1,2\n")
    with pytest.raises(DataError, match="negative"):
        read_confusion_matrix(tmp_path / "a.csv")


@pytest.mark.parametrize("kind", ["Categorical", "Enum", "String"])
@pytest.mark.parametrize("write", ["write_ipc", "write_parquet", "write_ipc_stream"])
def test_columns_that_polars_codes(kind: str, write: str, tmp_path: Path) -> None:
    """Coded text is text, and nested columns without a role are left out."""
    pl = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    coded = pl.Enum(["a", "b"]) if kind == "Enum" else getattr(pl, kind)
    table = pl.from_pandas(TABLE.astype({"y_true": object, "y_pred": object}))
    table = table.with_columns(pl.col("y_true", "y_pred").cast(coded), box=pl.lit([1, 2]))
    getattr(table, write)(tmp_path / "a")
    found = read_predictions(tmp_path / "a")
    assert (found.actual.tolist(), found.predicted.tolist()) == ([0, 1, 1], [0, 0, 1])
    assert set(found.others) == {"site"}
