"""Prediction files of every format are read as they were written, guessed aloud, never mended."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, FileFormatError, IncompatibleError, OutputError
from evalkit.predictions import (
    Predictions,
    align_classes,
    is_predictions_file,
    read_predictions,
    write_predictions,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMATS = [".csv", ".parquet", ".feather", ".arrow", ".npz", ".jsonl"]


def drawn(classes: tuple[str, ...], rows: int = 60) -> Predictions:
    """Predictions with everything that a file can hold."""
    generator = np.random.default_rng(0)
    y_proba = generator.dirichlet(np.ones(len(classes)), rows)
    found = Predictions.from_codes(
        generator.integers(0, len(classes), rows),
        y_proba=y_proba,
        classes=classes,
        sample_weight=generator.random(rows),
        ids=np.array([f"row {i}" for i in range(rows)]),
    )
    others = {
        "site": np.array(["north", "=south"], dtype=object)[generator.integers(0, 2, rows)],
        "age": generator.integers(20, 90, rows),
    }
    return replace(found, others=others)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "classes",
    [
        ("dog", "cat", "bird"),
        ("0", "1", "10"),
        ("=HYPERLINK(1)", "-x", "'=quoted"),
        ('a "b",\nc', "NA", "None"),
        ("007", "7", "1e3"),
        ("été", "猫", "\u202egnp"),
    ],
)
def test_round_trip(suffix: str, classes: tuple[str, ...], tmp_path: Path) -> None:
    """Every column comes back exactly, whatever the classes are called."""
    if suffix in (".parquet", ".feather", ".arrow"):
        pytest.importorskip("pyarrow")
    expected = drawn(classes)
    path = tmp_path / f"model{suffix}"
    write_predictions(expected, path)
    assert is_predictions_file(path)
    found = read_predictions(path)
    assert found.classes == classes
    assert found.is_declared
    assert [model.name for model in found.models] == ["model"]
    assert found.notes == ()
    assert found.ids is not None
    for name in ("actual", "predicted", "probabilities", "weights", "ids"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    for name, column in expected.others.items():
        # CSV holds text, in which a number is its digits.
        held = column.astype(str) if suffix == ".csv" else column
        np.testing.assert_array_equal(found.others[name], held)


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    """No cell of a CSV file begins as a spreadsheet's formulas do, negative numbers apart."""
    write_predictions(drawn(("=cmd|'/c calc'!A0", "@SUM(1)", "+1+cmd")), tmp_path / "a.csv")
    table = pd.read_csv(tmp_path / "a.csv", header=None, dtype=str, keep_default_na=False)
    for cell in table.to_numpy().ravel():
        assert cell[:1] not in tuple("=+@\t\r")


@pytest.fixture
def csv(tmp_path: Path) -> Callable[..., Path]:
    """Return a writer of CSV files from columns."""

    def write(name: str = "model.csv", **columns: Any) -> Path:
        path = tmp_path / name
        pd.DataFrame(columns).to_csv(path, index=False)
        return path

    return write


def test_columns_are_guessed_aloud(csv: Callable[..., Path]) -> None:
    """Unmistakable names are taken, each with a note; other columns are slices."""
    path = csv(
        target=["a", "b"],
        prediction=["a", "a"],
        weight=[1, 2],
        prob_a=[0.9, 0.6],
        prob_b=[0.1, 0.4],
        site=["x", "y"],
    )
    found = read_predictions(path)
    assert found.classes == ("a", "b")
    assert len(found.notes) == 3
    assert set(found.others) == {"site", "weight"}
    assert found.weights is None
    assert found.probabilities is not None


def test_columns_are_mapped(csv: Callable[..., Path]) -> None:
    """Other people's names are mapped to evalkit's, and mapped columns are not guessed about."""
    path = csv(truth=["a", "b"], answer=["a", "a"], pa=[0.9, 0.6], pb=[0.1, 0.4])
    mapping = {"y_true": "truth", "y_pred": "answer", "proba_a": "pa", "proba_b": "pb"}
    found = read_predictions(path, columns=mapping)
    assert found.notes == ()
    assert found.probabilities is not None
    np.testing.assert_array_equal(found.probabilities, [[0.9, 0.1], [0.6, 0.4]])


def test_several_models_in_one_file(csv: Callable[..., Path]) -> None:
    """Each pred_ column is a model, with its own probabilities."""
    path = csv(
        y_true=["a", "b"], pred_x=["a", "a"], pred_x_y=["b", "b"],
        proba_x_a=[0.9, 0.6], proba_x_b=[0.1, 0.4], proba_x_y_a=[0.2, 0.3], proba_x_y_b=[0.8, 0.7],
    )  # fmt: skip
    x, x_y = read_predictions(path).models
    assert (x.name, x_y.name) == ("x", "x_y")
    assert x.predicted.tolist() == [0, 0]
    assert x_y.predicted.tolist() == [1, 1]
    assert x_y.probabilities is not None
    assert x_y.probabilities[:, 1].tolist() == [0.8, 0.7]


def test_labels_from_probabilities(csv: Callable[..., Path]) -> None:
    """Without predicted labels the highest probability decides, and that is said."""
    found = read_predictions(csv(y_true=["a", "b"], proba_b=[0.7, 0.1], proba_a=[0.3, 0.9]))
    assert found.classes == ("b", "a")
    assert found.predicted.tolist() == [0, 1]
    assert "highest probability" in found.models[0].notes[0]


def test_one_column_of_two_classes(csv: Callable[..., Path]) -> None:
    """Of two classes one probability is enough."""
    found = read_predictions(csv(y_true=["no", "yes"], y_pred=["no", "no"], proba_yes=[0.25, 0.5]))
    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0.75, 0.25], [0.5, 0.5]]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [1], "b": [2]}, "no column y_true, but 'a', 'b'"),
        ({"y_true": [1], "b": [2]}, "predicted labels or probabilities"),
        ({"y_true": ["a", None], "y_pred": ["a", "a"]}, "missing.*row 1"),
        ({"y_true": ["a", "b"], "y_pred": [0, 1]}, "'a', 'b' and y_pred .* holds '0', '1'"),
        (
            {"y_true": ["a", "b"], "proba_a": [0.5, 0.4], "proba_b": [0.5, 0.4]},
            "sum to 0.8 in row 1",
        ),
        ({"y_true": ["a", "b"], "proba_a": [2.5, -1], "proba_b": [0.5, 4]}, "logits"),
        ({"y_true": ["a", "b"], "proba_a": [99, 50], "proba_b": [1, 50]}, "percentages"),
        ({"y_true": ["a", "b"], "proba_a": [1.5, 0.5], "proba_b": [0, 0.5]}, "not probabilities"),
        ({"y_true": ["a", "b"], "proba_a": [None, 0.5], "proba_b": [1, 0.5]}, "not finite"),
        ({"y_true": ["a", "b"], "proba_a": ["high", 0.5], "proba_b": [1, 0.5]}, "'high' in row 0"),
        ({"y_true": ["a", "c"], "proba_a": [0.5, 0.5], "proba_b": [0.5, 0.5]}, "'c' in row 1"),
        ({"y_true": [1], "y_pred": [1], "sample_weight": [-1]}, "zero or more"),
        ({"y_true": [1], "y_pred": [1], "sample_weight": [0]}, r"All weights are zero: .*csv"),
        ({"y_true": [1.5], "y_pred": [1]}, "not a whole number: y_true .* holds 1.5 in row 0"),
    ],
)
def test_what_cannot_be_meant(columns: Any, message: str, csv: Callable[..., Path]) -> None:
    """Each fault is named with its column and row, in one line."""
    with pytest.raises((DataError, FileFormatError), match=message) as refusal:
        read_predictions(csv(**columns))
    assert "\n" not in str(refusal.value)


def test_mapping_to_nothing(csv: Callable[..., Path]) -> None:
    """A mapped column that is not there is answered with the nearest; a role that is none, too."""
    path = csv(truth=["a"], y_pred=["a"])
    with pytest.raises(DataError, match="Did you mean 'truth'"):
        read_predictions(path, columns={"y_true": "thruth"})
    with pytest.raises(
        DataError, match=r"Unknown role 'actual'\. A column is mapped to one of y_true"
    ):
        read_predictions(path, columns={"actual": "truth"})


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl", "npz"])
def test_numbers_are_one_class_in_every_format(kind: str, tmp_path: Path) -> None:
    """The class 1 is "1" whether a file calls it 1, "1" or 1.0."""
    path = tmp_path / f"a.{kind}"
    numbers = np.array([2, 10, 1])
    if kind == "csv":
        path.write_text("y_true,y_pred\n2,2.0\n10,10.0\n1,1.0\n")
    elif kind == "parquet":
        pytest.importorskip("pyarrow")
        pd.DataFrame({"y_true": numbers, "y_pred": ["2", "10", "1"]}).to_parquet(path)
    elif kind == "jsonl":
        path.write_text(
            "".join(json.dumps({"y_true": int(i), "y_pred": str(i)}) + "\n" for i in numbers)
        )
    else:
        np.savez(path, y_true=numbers, y_pred=numbers.astype("U"))
    found = read_predictions(path)
    assert found.classes == ("1", "2", "10")
    assert found.actual.tolist() == found.predicted.tolist() == [1, 2, 0]


def test_classes_of_several_files_are_joined(csv: Callable[..., Path]) -> None:
    """A class that one model never names is still a class of both."""
    a = read_predictions(csv("a.csv", y_true=["x", "y"], y_pred=["x", "z"]))
    b = read_predictions(csv("b.csv", y_true=["x", "y"], y_pred=["x", "y"]))
    first, second = align_classes([a, b])
    assert first.classes == second.classes == ("x", "y", "z")
    assert second.predicted.tolist() == [0, 1]


def test_names_beside_numbers_are_refused(csv: Callable[..., Path]) -> None:
    """One file of names and one of codes cannot be matched; both are shown."""
    names = read_predictions(csv("a.csv", y_true=["cat", "dog"], y_pred=["cat", "cat"]))
    codes = read_predictions(csv("b.csv", y_true=[0, 1], y_pred=[0, 0]))
    with pytest.raises(IncompatibleError, match="'cat', 'dog' and b has '0', '1'"):
        align_classes([names, codes])


def test_unknown_ending(tmp_path: Path) -> None:
    """Another ending is refused with the list of those that are written."""
    with pytest.raises(OutputError, match=r"\.arrow, \.csv, "):
        write_predictions(drawn(("a", "b")), tmp_path / "a.xlsx")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("column", ["y_true", "y_pred"])
def test_an_empty_label_is_missing(suffix: str, column: str, tmp_path: Path) -> None:
    """An empty text is no class in any format; the column and the row are named."""
    if suffix in (".parquet", ".feather", ".arrow"):
        pytest.importorskip("pyarrow")
    path = tmp_path / f"a{suffix}"
    labels = {"y_true": ["a", "b", "b"], "y_pred": ["a", "b", "a"]}
    labels[column] = ["a", "", "a"]
    write_predictions(Predictions.from_labels(**labels), path)
    with pytest.raises(DataError, match=rf"{column} of .*a{suffix} has 1 missing.* row 1"):
        read_predictions(path)


@pytest.mark.parametrize("empty", ["", '""'])
def test_an_empty_label_of_csv_is_missing(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether an empty label is quoted makes no difference, read whole or in batches."""
    pytest.importorskip("pyarrow")
    from evalkit import scale

    path = tmp_path / "a.csv"
    path.write_text(f"y_true,y_pred\na,a\nb,{empty}\n")
    with pytest.raises(DataError, match=r"y_pred of .*a\.csv has 1 missing.* row 1"):
        read_predictions(path)
    with pytest.raises(DataError, match=r"y_pred of .*a\.csv has 1 missing.* row 1"):
        scale.evaluate(path)
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)
    with pytest.raises(DataError, match=r"y_pred of .*a\.csv has 1 missing.* row 1"):
        scale.evaluate(path)


def test_an_empty_label_of_a_batch_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of Parquet refuse an empty label too."""
    pytest.importorskip("pyarrow")
    from evalkit import scale

    path = tmp_path / "a.parquet"
    pd.DataFrame({"y_true": ["a", "b"], "y_pred": ["a", ""]}).to_parquet(path)
    monkeypatch.setattr("evalkit.counts.datasets.MOST_ROWS", 0)
    with pytest.raises(DataError, match=r"y_pred of .*a\.parquet has 1 missing.* row 1"):
        scale.evaluate(path)


@pytest.mark.parametrize("suffix", FORMATS)
def test_several_models_make_a_round_trip(suffix: str, tmp_path: Path) -> None:
    """Two models on the same samples come back from one file."""
    if suffix in (".parquet", ".feather", ".arrow"):
        pytest.importorskip("pyarrow")
    one = drawn(("a", "b"))
    other = replace(one.models[0], name="other", predicted=1 - one.predicted)
    path = tmp_path / f"both{suffix}"
    write_predictions(replace(one, models=(*one.models, other)), path)
    found = read_predictions(path)
    assert [model.name for model in found.models] == ["model", "other"]
    np.testing.assert_array_equal(found.models[1].predicted, other.predicted)
    np.testing.assert_array_equal(found.select(0).probabilities, one.probabilities)


def test_a_column_without_a_name_is_text(tmp_path: Path) -> None:
    """The index column that pandas writes has no name, and its cells stay text."""
    path = tmp_path / "a.csv"
    path.write_text(",y_true,y_pred\n00,a,a\n01,b,b\n")
    assert read_predictions(path).others[""].tolist() == ["00", "01"]
