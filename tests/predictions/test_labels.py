"""Labels that have nothing in common are refused with the cause, and options make them one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import evalkit
from evalkit.errors import DataError, LabelError
from evalkit.predictions import read_predictions
from evalkit.predictions.labels import near_labels, require_common_labels
from evalkit.predictions.options import ReadOptions, read_renames

if TYPE_CHECKING:
    from pathlib import Path

FOREIGN = [
    ({"yes", "no"}, {"Yes", "No"}, "capitals", {"fold_case": True}),
    ({"yes", "no"}, {"yes ", " no"}, "blanks", {"strip": True}),
    ({"yes", "no"}, {"YES ", "NO"}, "capitals and blanks", {"fold_case": True, "strip": True}),
    ({"True", "False"}, {"TRUE", "FALSE"}, "capitals", {"fold_case": True}),
    ({"1", "0"}, {"True", "False"}, "truth values", {"renamed": {"True": "1", "False": "0"}}),
    ({"0", "1"}, {"class_0", "class_1"}, "prefix", {"renamed": {"class_0": "0", "class_1": "1"}}),
    ({"a", "b"}, {"0", "1"}, "names and .* numbers", {"renamed": {"0": "a", "1": "b"}}),
    ({"cat", "dog"}, {"chat", "chien"}, "--map FILE", {"renamed": {"chat": "cat", "chien": "dog"}}),
    ({"yes"}, {"Yes"}, "capitals", {"fold_case": True}),
]


@pytest.mark.parametrize(("actual", "predicted", "cause", "options"), FOREIGN)
def test_labels_without_a_common_class(
    actual: set[str], predicted: set[str], cause: str, options: dict[str, Any], tmp_path: Path
) -> None:
    """The refusal names the cause, and the options for labels settle it."""
    rows = list(zip(sorted(actual), sorted(predicted), strict=True)) * 2
    path = tmp_path / "a.csv"
    path.write_text("y_true,y_pred\n" + "".join(f"{a},{b}\n" for a, b in rows))
    with pytest.raises(DataError, match=rf"nothing in common: y_true of .*{cause}") as refusal:
        read_predictions(path)
    assert "\n" not in str(refusal.value)
    found = read_predictions(path, ReadOptions(**options))
    assert len(found.classes) == len(actual)


@pytest.mark.parametrize(
    ("actual", "predicted"),
    [({"cat"}, {"dog"}), ({"cat", "dog"}, {"ant"}), ({"a1"}, {"b1"}), ({"1"}, {"0"})],
)
def test_a_model_may_be_wrong_everywhere(actual: set[str], predicted: set[str]) -> None:
    """One label on a side, unlike the others in every way, is an answer and no mistake."""
    require_common_labels(actual, predicted)


def test_the_same_in_python() -> None:
    with pytest.raises(LabelError, match=r"capitals. Convert one of them, or pass classes="):
        evalkit.evaluate(["yes", "no"], ["Yes", "No"])
    with pytest.raises(LabelError, match="nothing in common"):
        evalkit.evaluate([0, 1], [2, 3])
    declared = evalkit.evaluate([0, 1], [2, 3], classes=[0, 1, 2, 3])
    assert float(declared.confusion_matrix.accuracy()) == 0.0


def test_labels_that_differ_in_capitals_beside_common_ones() -> None:
    said = near_labels({"cat", "dog"}, {"Cat", "dog"})
    assert said is not None
    assert "'cat' occurs only as an actual label and 'Cat'" in said
    assert near_labels({"Cat", "cat"}, {"Cat", "cat"}) is None


def test_options_apply_to_names_of_probabilities(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true,y_pred,proba_Yes,proba_No\nyes,Yes,0.75,0.25\nno,Yes,0.5,0.5\n")
    found = read_predictions(path, ReadOptions(fold_case=True))
    assert found.classes == ("yes", "no")
    assert found.predicted.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n", "from,to"),
        ("from,to\nx,y,z\n", "Row 2 .* has 3 cells"),
        ("from,to\nx,y\nx,z\n", "Row 3 .* a second time"),
        ('from,to\n"x,y\n', "not CSV"),
    ],
)
def test_damaged_renames(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        read_renames(tmp_path / "map.csv")


def test_renames_may_be_quoted(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text('from,to\n"a, b","c\nd"\n')
    assert read_renames(tmp_path / "map.csv") == {"a, b": "c\nd"}


@pytest.mark.parametrize("number", ["0.713", "-2.5", ".5", "1.5e-3", "0,713", "12.5%"])
def test_measurements_are_no_labels(number: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'y_true;y_pred\n1;1\n2;"{number}"\n')
    with pytest.raises(DataError, match=r"not a whole number: y_pred of .* in row 1"):
        read_predictions(path)


def test_text_beside_numbers_is_text(tmp_path: Path) -> None:
    """Versions such as 1.0 keep their fraction beside text, and lose it among numbers."""
    path = tmp_path / "a.csv"
    path.write_text("y_true,y_pred\n1.0,1.0\n2.0,unknown\n")
    assert read_predictions(path).classes == ("1.0", "2.0", "unknown")
    path.write_text("y_true,y_pred\n1.0,1\n2.0,2\n")
    assert read_predictions(path).classes == ("1", "2")


def test_labels_outside_the_declared_classes_are_counted(tmp_path: Path) -> None:
    """An answer such as "N/A" is never a silent class: rows and examples are named."""
    path = tmp_path / "a.csv"
    rows = "a,a,0.9,0.1\na,N/A,0.5,0.5\nb,b,0.1,0.9\nb,I cannot,0.5,0.5\nb,N/A,0.5,0.5\n"
    path.write_text("y_true,y_pred,proba_a,proba_b\n" + rows)
    with pytest.raises(DataError, match=r"'N/A' in row 1 \(3 such rows, for example 'N/A', 'I ca"):
        read_predictions(path)
