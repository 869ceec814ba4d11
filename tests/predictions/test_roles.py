"""Names of columns get the role that they say, aloud, or are refused with the option."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit.errors import DataError
from evalkit.predictions.options import ReadOptions
from evalkit.predictions.roles import assign_roles, plain_name

NAMED = [
    ("references", "predictions"),
    ("labels", "preds"),
    ("y_test", "y_pred"),
    ("truth", ".pred_class"),
    ("gold", "prediction"),
    ("expected", "predicted"),
    ("Actual Label", "Predicted Label"),
    ("label", "prediction"),
    ("Ground-Truth", "PREDICTION"),
    ("obs", "pred"),
    ("y", "yhat"),
    ("true.class", "predicted.class"),
]


@pytest.mark.parametrize(("actual", "predicted"), NAMED)
def test_names_of_other_tools(actual: str, predicted: str) -> None:
    """Each name has its role whatever its capitals, blanks and punctuation; each guess is said."""
    roles = assign_roles([actual, predicted, "site"], where="a.csv")
    assert (roles.y_true, roles.y_pred) == (actual, {"": predicted})
    assert len(roles.notes) == sum(name not in ("y_true", "y_pred") for name in (actual, predicted))


@pytest.mark.parametrize("heading", ["ID", "Id", "ImageId", "image_id", "image id", "Sample-ID"])
def test_ids_of_any_spelling(heading: str) -> None:
    roles = assign_roles(["y_true", "y_pred", heading], where="a.csv")
    assert roles.id == heading
    assert roles.is_id_guessed
    assert len(roles.notes) == 1


def test_documented_names_are_no_guess() -> None:
    names = ["id", "y_true", "y_pred", "sample_weight", "proba_a", "proba_b"]
    roles = assign_roles(names, where="a.csv")
    assert roles.notes == ()
    assert roles.sample_weight == "sample_weight"
    assert roles.probabilities == {"": {"a": "proba_a", "b": "proba_b"}}


def test_names_that_mean_something_else() -> None:
    """A weight in kilograms and an age are columns without a role."""
    roles = assign_roles(["y_true", "y_pred", "weight", "p_age"], where="a.csv")
    assert roles.others == ("weight", "p_age")
    assert roles.sample_weight is None
    assert roles.notes == ()


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (["label", "target", "y_pred"], {}, "--column y_true=label or --column y_true=target"),
        (["y_true", "pred", "prediction"], {}, "--column y_pred=pred"),
        (["y_true", "y_pred", "uuid", "image_id"], {}, "--column id= for none"),
        (["y_true", "score"], {}, "--positive CLASS"),
        (["y_true", "score", "prob"], {"positive": "a"}, "--column y_prob=score"),
        (["gold", "prediction"], {"columns": {"y_true": "gold"}}, "--column y_pred=prediction"),
        (["y_true", "proba_A", "proba_a"], {"fold_case": True}, "Two columns .* 'a'"),
        (["Id", "Category"], {}, "--truth FILE"),
    ],
)
def test_what_is_ambiguous(names: list[str], options: dict[str, Any], said: str) -> None:
    """Where two columns claim a role, or none does, the message names the option."""
    with pytest.raises(DataError, match=said):
        assign_roles(names, where="a.csv", options=ReadOptions(**options))


def test_evalkits_own_name_wins() -> None:
    roles = assign_roles(["label", "y_true", "y_pred", "ID", "id"], where="a.csv")
    assert (roles.y_true, roles.id, roles.others) == ("y_true", "id", ("label", "ID"))


def test_a_mapping_ends_guessing() -> None:
    """No other column of labels is guessed beside a mapped one; `id=` means no id."""
    columns = {"y_true": "gold", "y_pred": "answer", "id": ""}
    names = ["gold", "answer", "prediction", "uuid"]
    roles = assign_roles(names, columns, where="a.csv")
    assert (roles.y_pred, roles.id) == ({"": "answer"}, None)
    assert roles.others == ("prediction", "uuid")
    assert roles.notes == ()


def test_plain_names_keep_letters_of_any_script() -> None:
    assert plain_name("Étiquette réelle") == "étiquetteréelle"
    assert plain_name("") == ""
