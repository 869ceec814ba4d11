"""Which evaluations may be compared, how they are matched, and what each refusal says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import evalkit
from evalkit.compare.alignment import aligned
from evalkit.errors import IncompatibleError, InputError

if TYPE_CHECKING:
    from tests.compare.conftest import MakeEvaluation


def test_nothing_to_compare_is_refused() -> None:
    """An empty list is a mistake, not an empty report."""
    with pytest.raises(InputError, match="at least one"):
        aligned([])


def test_equal_names_are_told_apart(make_evaluation: MakeEvaluation) -> None:
    """Two models of one name get numbers, visibly, and a third keeps its own."""
    models, _, notes = aligned([make_evaluation(name, seed=i) for i, name in enumerate("aab")])
    assert [model.name for model in models] == ["a (1)", "a (2)", "b"]
    assert "Several models are named a." in notes[0]


def test_a_number_that_is_taken_is_not_given_twice(make_evaluation: MakeEvaluation) -> None:
    """A model that somebody called "a (1)" keeps that name for itself."""
    models, _, _ = aligned([make_evaluation(name, seed=1) for name in ("a", "a (1)", "a")])
    assert len({model.name for model in models}) == 3


def test_samples_are_matched_by_id() -> None:
    """Shuffled rows with ids give the counts of the unshuffled ones, paired sample by sample."""
    actual, predicted = np.array([0, 1, 2, 0]), np.array([0, 1, 1, 2])
    order = np.array([2, 0, 3, 1])
    a = evalkit.evaluate(actual, predicted, classes=(0, 1, 2), name="a", ids=np.arange(4))
    b = evalkit.evaluate(actual[order], predicted[order], classes=(0, 1, 2), name="b", ids=order)
    comparison = evalkit.compare([a, b])
    assert comparison.pairs[0].only_first == comparison.pairs[0].only_second == 0
    assert "matched" in comparison.notes[0]


def test_a_missing_id_is_named() -> None:
    """The refusal names the id, its row and the model that lacks it."""
    a = evalkit.evaluate([0, 1], [0, 1], name="a", ids=["x", "y"])
    b = evalkit.evaluate([0, 1], [0, 1], name="b", ids=["x", "z"])
    with pytest.raises(IncompatibleError, match=r"the id y of a \(row 1\) is not in b"):
        evalkit.compare([a, b])


def test_a_repeated_id_is_named() -> None:
    """An id that stands twice cannot match anything."""
    a = evalkit.evaluate([0, 1], [0, 1], name="a", ids=["x", "y"])
    b = evalkit.evaluate([0, 1], [0, 1], name="b", ids=["x", "x"])
    with pytest.raises(IncompatibleError, match="b has the id x twice"):
        evalkit.compare([a, b])


def test_other_actual_labels_are_refused_with_the_first_row() -> None:
    """Models judged by different truths are not compared, and the first such row is shown."""
    a = evalkit.evaluate([0, 1, 1], [0, 1, 1], name="a")
    b = evalkit.evaluate([0, 1, 0], [0, 1, 1], name="b")
    with pytest.raises(IncompatibleError, match=r"row 2 is 1 in a and 0 in b \(1 of 3 differ\)"):
        evalkit.compare([a, b])


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (("cat", "dog"), r"Classes differ: a has 3 classes .*, b has 2 classes"),
        (
            ("dog", "cat", "ship"),
            r"Order of the classes differs at position 0: a has 'cat', b has 'dog'",
        ),
    ],
)
def test_other_classes_are_refused(
    make_evaluation: MakeEvaluation, other: tuple[str, ...], said: str
) -> None:
    """Both models and the difference of their schemas stand in the message."""
    a, b = make_evaluation("a", seed=1), make_evaluation("b", seed=1, classes=other)
    with pytest.raises(IncompatibleError, match=said):
        evalkit.compare([a, b])


def test_strings_and_integers_mixed_up_show_both() -> None:
    """Labels "1" and 1 look alike in print, so the refusal shows their kinds."""
    a = evalkit.evaluate([0, 1], [0, 1], name="a")
    b = evalkit.evaluate(["0", "1"], ["0", "1"], name="b")
    with pytest.raises(IncompatibleError, match="Types of the classes differ: a has 0, b has '0'"):
        evalkit.compare([a, b])


def test_lengths_that_differ_are_refused(make_evaluation: MakeEvaluation) -> None:
    """Both numbers of samples are shown."""
    with pytest.raises(IncompatibleError, match="a has 400 and b has 399"):
        evalkit.compare([make_evaluation("a", seed=1), make_evaluation("b", seed=1, n=399)])


def test_weights_that_differ_are_refused() -> None:
    """A weighted and an unweighted evaluation are not of the same population."""
    a = evalkit.evaluate([0, 1], [0, 1], name="a", sample_weight=[1.0, 2.0])
    b = evalkit.evaluate([0, 1], [0, 1], name="b")
    with pytest.raises(IncompatibleError, match="different sample weights: a and b differ"):
        evalkit.compare([a, b])
