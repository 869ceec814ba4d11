"""Probabilities that were rounded, guessed, of one class, or at odds with the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import evalkit
from evalkit.errors import DataError, InputError
from evalkit.predictions import read_predictions
from evalkit.predictions.options import ReadOptions
from evalkit.predictions.probabilities import normalised_probabilities

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CLASSES = ("cat", "dog", "ship")


def drawn(n: int = 200, k: int = 3, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).dirichlet(np.ones(k), n)


@pytest.mark.parametrize("decimals", [1, 2, 3])
@pytest.mark.parametrize("k", [2, 3, 10])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_rounded_rows_are_normalised(decimals: int, k: int, kind: type) -> None:
    """Every row sums to one, and no probability moves by more than the rounding of the row."""
    rounded: NDArray[Any] = drawn(k=k).round(decimals).astype(kind)
    rounded[rounded.sum(axis=1) == 0, 0] = 1
    # At most 0.2 is accepted; ten classes with one decimal may be off by more.
    rounded = rounded[np.abs(rounded.sum(axis=1) - 1) <= min(0.2, 0.5 * k * 10.0**-decimals)]
    found, notes = normalised_probabilities(rounded, range(k), len(rounded))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(found, rounded, atol=0.25)
    off = np.abs(rounded.sum(axis=1, dtype=float) - 1) > 1e-3
    assert len(notes) == bool(off.any())
    np.testing.assert_array_equal(found[~off], rounded[~off])


@pytest.mark.parametrize(
    "row", [[0.123456, 0.7, 0.1], [0.5, 0.3, 0.0], [0.0, 0.0, 0.0], [0.25, 0.25, 0.25]]
)
def test_what_rounding_does_not_explain(row: list[float]) -> None:
    with pytest.raises(InputError, match="do not sum to 1"):
        normalised_probabilities([row, [0.2, 0.3, 0.5]], CLASSES, 2)


def test_normalising_is_said(tmp_path: Path) -> None:
    table = pd.DataFrame(drawn().round(2), columns=[f"proba_{name}" for name in CLASSES])
    table.insert(0, "y_true", "cat")
    table.to_csv(tmp_path / "a.csv", index=False)
    (model,) = read_predictions(tmp_path / "a.csv").models
    assert any("2 decimals" in note and "normalised" in note for note in model.notes)
    options = ReadOptions(probabilities=False, columns={"y_pred": "proba_cat"})
    with pytest.raises(DataError, match="not a whole number"):
        read_predictions(tmp_path / "a.csv", options)


def frame(**columns: object) -> pd.DataFrame:
    labels = np.array(CLASSES)[drawn().argmax(axis=1)]
    return pd.DataFrame({"y_true": labels, "y_pred": labels, **columns})


@pytest.mark.parametrize("beginning", ["prob_", "p_", "Probability ", "score_", ".pred_", "PROBA."])
def test_probabilities_of_other_names(beginning: str, tmp_path: Path) -> None:
    """They are taken where every class has a column and rows sum to one, and that is said."""
    table = frame(**{f"{beginning}{name}": drawn()[:, i] for i, name in enumerate(CLASSES)})
    table.to_csv(tmp_path / "a.csv", index=False)
    found = read_predictions(tmp_path / "a.csv")
    assert found.probabilities is not None
    np.testing.assert_allclose(found.probabilities, drawn())
    assert len(found.notes) == 1


@pytest.mark.parametrize("factor", [0.5, 100.0])
def test_columns_that_are_no_probabilities(factor: float, tmp_path: Path) -> None:
    table = frame(**{f"p_{name}": factor * drawn()[:, i] for i, name in enumerate(CLASSES)})
    table.to_csv(tmp_path / "a.csv", index=False)
    found = read_predictions(tmp_path / "a.csv")
    assert found.probabilities is None
    assert found.notes == ()
    assert set(found.others) == {"p_cat", "p_dog", "p_ship"}
    frame(p_cat=drawn()[:, 0], p_age=1 - drawn()[:, 0]).to_csv(tmp_path / "b.csv", index=False)
    assert read_predictions(tmp_path / "b.csv").probabilities is None


def test_indicators_of_the_class_are_no_probabilities(tmp_path: Path) -> None:
    table = frame()
    for name in CLASSES:
        table[f"p_{name}"] = (table["y_true"] == name).astype(int)
    table.to_csv(tmp_path / "a.csv", index=False)
    assert read_predictions(tmp_path / "a.csv").probabilities is None


@pytest.mark.parametrize("name", ["y_prob", "score", "Probability", "y_score"])
def test_the_probability_of_one_class(name: str, tmp_path: Path) -> None:
    """The class of ``--positive`` has it, whichever of the two comes first."""
    path = tmp_path / "a.csv"
    path.write_text(f"y_true,{name}\nno,0.25\nyes,0.75\nyes,0.5\n")
    with pytest.raises(DataError, match="--positive CLASS"):
        read_predictions(path)
    found = read_predictions(path, ReadOptions(positive="yes"))
    assert found.classes == ("no", "yes")
    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]]
    other = read_predictions(path, ReadOptions(positive="no"))
    assert other.probabilities is not None
    assert other.probabilities[:, 0].tolist() == [0.25, 0.75, 0.5]
    with pytest.raises(DataError, match=r"'maybe'.*'no', 'yes'"):
        read_predictions(path, ReadOptions(positive="maybe"))


def test_decimal_commas_and_percent(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("y_true;y_pred;proba_a;proba_b\na;a;62,5 %;37,5 %\nb;a;50%;50%\n")
    with pytest.raises(DataError, match="--decimal ,"):
        read_predictions(path)
    found = read_predictions(path, ReadOptions(decimal=","))
    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0.625, 0.375], [0.5, 0.5]]


def test_probabilities_at_odds_with_labels() -> None:
    """Permuted columns, flipped columns and other labels are told; ties and few rows are not."""
    rows, names = drawn(), np.array(CLASSES)
    labels = names[rows.argmax(axis=1)]

    def warned(y_pred: object, y_proba: object, y_true: object = labels) -> str:
        found = evalkit.evaluate(y_true, y_pred, y_proba=y_proba, classes=CLASSES)
        return "".join(found.warnings)

    assert warned(labels, rows) == ""
    assert "contradict" in warned(np.roll(labels, 1), rows)
    assert "wrong classes" in warned(names[rows.argmin(axis=1)], rows)
    assert warned(labels, np.full_like(rows, 1 / 3)) == ""
    flipped = evalkit.evaluate(
        rows[:, 0] > 0.5, y_proba=np.where(rows[:, :1] > 0.5, [0.9, 0.1], [0.1, 0.9]),
        classes=[False, True],
    )  # fmt: skip
    assert "the actual label has the lowest" in flipped.warnings[0]
    few = slice(10)
    assert warned(np.roll(labels, 1)[few], rows[few], labels[few]) == ""


def test_a_warning_is_on_the_first_screen_and_in_the_file() -> None:
    labels = np.array(CLASSES)[drawn().argmax(axis=1)]
    found = evalkit.compare(
        [evalkit.evaluate(labels, np.roll(labels, 1), y_proba=drawn(), classes=CLASSES, name="m")],
        replicates=20,
    )
    assert found.warnings[0].startswith("m: Probabilities contradict")
    assert type(found).from_dict(found.to_dict()).warnings == found.warnings
    page = found.to_html(plotly="none")
    assert page.index("Check the input.") < page.index("</header>")
