"""The type of predictions: one set of checks, and what is made of its columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from evalkit.errors import DataError, EvalkitError, InputError, LabelError
from evalkit.predictions import Predictions, Sampling

PROBABILITIES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])


def made(**options: Any) -> Predictions:
    """Return predictions of three samples."""
    columns: dict[str, Any] = {
        "y_proba": PROBABILITIES,
        "classes": ["b", "a"],
        "name": "m",
        "sample_weight": [1, 2, 3],
        "ids": ["x", "y", "z"],
        "groups": [2, 1, 2],
        "slices": {"site": ["n", "s", "n"]},
    }
    return Predictions.from_labels(["b", "a", "a"], **(columns | options))


def test_labels_are_positions_in_the_classes() -> None:
    """Declared classes keep their order; without them the labels are sorted."""
    declared, inferred = made(), Predictions.from_labels(["b", "a"], ["b", "b"])
    assert declared.actual.tolist() == [0, 1, 1]
    assert declared.predicted.tolist() == [0, 1, 0]
    assert (declared.classes, declared.is_declared) == (("b", "a"), True)
    assert (inferred.classes, inferred.is_declared) == (("a", "b"), False)
    assert declared.groups is not None
    assert declared.groups.tolist() == [1, 0, 1]
    assert declared.weights is not None
    assert declared.weights.dtype == np.float64


def test_sampling_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups are counted at the first read and not again."""
    predictions = made()
    assert predictions.sampling == Sampling(weighted=True, groups=2)

    def refuse(*_: Any) -> None:
        raise AssertionError("groups were counted again")

    monkeypatch.setattr(np, "unique", refuse)
    assert predictions.sampling.groups == 2


def test_rows_are_taken_from_every_column() -> None:
    """Each column follows the rows."""
    predictions = replace(made(), others={"note": np.array(["p", "q", "r"])})
    taken = predictions.take(np.array([2, 0]))
    assert len(taken) == 2
    assert taken.actual.tolist() == [1, 0]
    assert taken.predicted.tolist() == [0, 0]
    assert taken.probabilities is not None
    assert taken.probabilities.tolist() == [[0.6, 0.4], [0.9, 0.1]]
    assert taken.ids is not None
    assert taken.ids.tolist() == ["z", "x"]
    assert taken.others["note"].tolist() == ["r", "p"]
    assert taken.slices["site"].codes.tolist() == [0, 0]


def test_other_classes_recode_every_column() -> None:
    """Codes and the columns of probabilities follow the order of the classes."""
    predictions = made()
    other = predictions.under(("a", "b"))
    assert other.actual.tolist() == [1, 0, 0]
    assert other.predicted.tolist() == [1, 0, 1]
    assert other.probabilities is not None
    assert other.probabilities.tolist() == PROBABILITIES[:, ::-1].tolist()
    with pytest.raises(InputError, match="unknown: 'b'"):
        predictions.under(("a", "c"))
    with pytest.raises(InputError, match="m has no column for 'c'"):
        predictions.under(("a", "b", "c"))


def test_columns_get_roles() -> None:
    """Columns of a file become groups, strata and slices; a wrong name gets the nearest."""
    columns = {
        "patient": np.array(["9", "10", "9"], object),
        "age": np.array(["20", None, "70"], object),
    }
    predictions = replace(made(groups=None), others=columns, is_text=True, source="a.csv")
    found = predictions.with_columns(groups="patient", strata="patient", slices=["age:50"])
    assert found.groups is not None
    assert found.groups.tolist() == [0, 1, 0]
    assert found.slices["age"].values == ("< 50", "≥ 50", "missing")
    assert set(found.slices) == {"site", "age"}
    with pytest.raises(DataError, match=r"m has no column patent\. Did you mean patient"):
        predictions.with_columns(groups="patent")
    with pytest.raises(DataError, match=r"age of a\.csv has 1 missing.*row 1"):
        predictions.with_columns(groups="age")
    with pytest.raises(DataError, match=r"patient of a\.csv holds 'x' in row 0"):
        replace(predictions, others={"patient": np.array(["x", "1", "2"], object)}).with_columns(
            slices=["patient:3"]
        )


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"y_proba": None}, InputError, "No predictions"),
        ({"y_proba": PROBABILITIES[:2]}, InputError, r"y_proba has shape \(2, 2\)"),
        ({"y_proba": PROBABILITIES * 3}, InputError, "outside.*2.7 for 'b' in row 0"),
        ({"y_proba": PROBABILITIES * 100}, InputError, "divide them by 100"),
        ({"y_proba": PROBABILITIES - 0.5}, InputError, "softmax"),
        ({"y_proba": PROBABILITIES / 2}, InputError, r"y_proba sum to 0\.5 in row 0 \(3 such"),
        ({"y_proba": PROBABILITIES * np.nan}, InputError, r"nan for 'b' in row 0 \(3 such"),
        ({"y_pred": ["a", "b"]}, InputError, "predicted has shape"),
        ({"y_pred": ["a", "b", "c"]}, LabelError, "'c' in row 2"),
        ({"sample_weight": [1, -2, 3]}, InputError, "negative: sample_weight holds -2 in row 1"),
        ({"sample_weight": [1, 2]}, InputError, "one weight per sample"),
        ({"sample_weight": [0, 0, 0]}, InputError, "All weights are zero: sample_weight"),
        ({"sample_weight": ["x", "y", "z"]}, InputError, "Weights are not numbers"),
        ({"ids": ["x", "y"]}, InputError, "ids has 2 values for 3"),
        ({"groups": ["x", None, "y"]}, LabelError, "groups has 1 missing"),
        ({"strata": ["x", "y"]}, InputError, "strata has 2 values for 3"),
        ({"slices": {"site": ["n"]}}, InputError, r"site has shape \(1,\)"),
    ],
)
def test_what_is_wrong_is_named(
    options: dict[str, Any], error: type[EvalkitError], told: str
) -> None:
    """Each fault is named with its column and place, in one line."""
    with pytest.raises(error, match=told) as refusal:
        made(**options)
    assert "\n" not in str(refusal.value)


def test_codes_are_positions() -> None:
    """A code outside the classes is refused with its row."""
    with pytest.raises(InputError, match="actual holds 2 in row 1"):
        Predictions.from_codes([0, 2], [0, 1], classes=("a", "b"))
    with pytest.raises(InputError, match="predicted holds -1 in row 0"):
        Predictions.from_codes([0, 1], [-1, 1], classes=("a", "b"))


def test_groups_keep_their_names() -> None:
    """Names stand in the order of the codes, as text, also after rows are taken."""
    assert made().group_names == ("1", "2")
    assert made(groups=["y", "x", "y"]).group_names == ("x", "y")
    assert made(groups=[10.0, 9.0, 10.0]).group_names == ("9", "10")
    assert made(groups=None).group_names == ()
    assert made().take(np.array([1])).group_names == ("1", "2")
