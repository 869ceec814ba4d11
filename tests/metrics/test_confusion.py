"""The confusion matrix keeps its classes, merges exactly and refuses what is not one."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from evalkit.errors import IncompatibleError, InputError, LabelError, UndefinedMetricWarning
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.metrics.tabulate import DENSE_CLASSES

CLASSES = ("bird", "ant", "cat")


def test_declared_order_and_absent_classes_are_kept() -> None:
    """A class that never occurs keeps its row and its place."""
    matrix = ConfusionMatrix.from_predictions(["cat", "bird"], ["bird", "bird"], classes=CLASSES)
    assert matrix.classes == CLASSES
    assert matrix.counts.tolist() == [[1, 0, 0], [0, 0, 0], [1, 0, 0]]


def test_categories_declare_the_classes() -> None:
    """Without classes, the categories of either column are the schema."""
    actual = pd.Categorical(["cat", "bird"], categories=CLASSES)
    matrix = ConfusionMatrix.from_predictions(actual, ["bird", "bird"])
    assert matrix.classes == CLASSES
    with pytest.raises(LabelError, match="'cow' in row 1"):
        ConfusionMatrix.from_predictions(actual, ["bird", "cow"])


samples = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), max_size=40)


@given(st.lists(samples, min_size=1, max_size=6), st.randoms())
def test_merging_any_partition_in_any_order_is_one_pass(
    parts: list[list[tuple[str, str]]], random: Any
) -> None:
    """Addition, sum and update agree with counting everything at once."""
    whole = ConfusionMatrix.empty(CLASSES)
    for part in parts:
        whole.update([pair[0] for pair in part], [pair[1] for pair in part])
    counted = []
    for part in parts:
        matrix = ConfusionMatrix.empty(CLASSES)
        matrix.update([pair[0] for pair in part], [pair[1] for pair in part])
        counted.append(matrix)
    random.shuffle(counted)
    assert sum(counted, start=ConfusionMatrix.empty(CLASSES)) == whole
    assert whole.total == sum(map(len, parts))


def test_sum_needs_no_start() -> None:
    """sum() begins with zero, which is no matrix."""
    matrix = ConfusionMatrix([[1, 0], [0, 1]])
    assert sum([matrix, matrix]) == ConfusionMatrix([[2, 0], [0, 2]])


def test_a_failed_update_changes_nothing() -> None:
    """A batch with an undeclared label leaves the counts as they were."""
    matrix = ConfusionMatrix.from_predictions(["cat"], ["cat"], classes=CLASSES)
    with pytest.raises(LabelError, match="'cow' in row 1"):
        matrix.update(["cat", "cow"], ["cat", "cat"])
    assert matrix.total == 1


def test_addition_makes_a_new_matrix() -> None:
    """Neither operand changes, and updating the sum changes neither."""
    first, second = ConfusionMatrix([[1, 0], [0, 1]]), ConfusionMatrix([[0, 2], [0, 0]])
    total = first + second
    total.update([0], [0])
    assert first.counts.tolist() == [[1, 0], [0, 1]]
    assert second.counts.tolist() == [[0, 2], [0, 0]]


@pytest.mark.parametrize("classes", [("cat", "ant", "bird"), ("bird", "ant"), (0, 1, 2)])
def test_other_classes_do_not_add(classes: tuple[Any, ...]) -> None:
    """Not even the same names in another order: nothing is added by position by accident."""
    with pytest.raises(IncompatibleError, match="do not have the same classes in the same order"):
        ConfusionMatrix.empty(CLASSES) + ConfusionMatrix.empty(classes)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([[1, 2]], r"\(1, 2\).*shape \(K, K\)"),
        ([], r"\(0,\)"),
        ([[1, -1], [0, 1]], "negative: got -1 in row 0, column 1"),
        ([[1, 0], [np.nan, 1]], "not finite: got nan in row 1, column 0"),
        ([["a"]], "numbers"),
    ],
)
def test_what_is_not_counts_is_refused(counts: Any, message: str) -> None:
    """Counts are square, finite and not negative."""
    with pytest.raises(InputError, match=message):
        ConfusionMatrix(counts)


def test_counts_and_classes_must_match() -> None:
    """One row per class."""
    with pytest.raises(InputError, match="for 3 classes"):
        ConfusionMatrix([[1, 0], [0, 1]], classes=CLASSES)
    with pytest.raises(LabelError, match="declared twice"):
        ConfusionMatrix([[1, 0], [0, 1]], classes=("a", "a"))


@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        ([], [], "at least one sample"),
        ([1, 2], [1], "Lengths differ: y_true has length 2, y_pred has length 1"),
        ([1], [], "Lengths differ: y_true has length 1, y_pred has length 0"),
        (["a"], [1], "mix names and numbers"),
        ([0.2, 1.0], [1, 1], "not scores"),
    ],
)
def test_what_cannot_be_counted_is_refused(y_true: Any, y_pred: Any, message: str) -> None:
    """One line, whatever is wrong."""
    with pytest.raises(InputError, match=message) as caught:
        ConfusionMatrix.from_predictions(y_true, y_pred)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"got shape \(1,\).*shape \(2,\)"),
        ([[1.0, 2.0]], r"got shape \(1, 2\)"),
        ([1.0, np.nan], "not finite: sample_weight holds nan in row 1"),
        ([1.0, -2.0], "negative: sample_weight holds -2.0 in row 1"),
    ],
)
def test_bad_weights_are_refused(weights: Any, message: str) -> None:
    """A weight a sample, finite and not negative."""
    with pytest.raises(InputError, match=message):
        ConfusionMatrix.from_predictions([0, 1], [0, 1], sample_weight=weights)


def test_weights_decide_the_type_of_the_counts() -> None:
    """Integers stay integers; fractions make float64."""
    unweighted = ConfusionMatrix.from_predictions([0, 1], [0, 1])
    integers = ConfusionMatrix.from_predictions([0, 1], [0, 1], sample_weight=[2, 3])
    fractions = ConfusionMatrix.from_predictions([0, 1], [0, 1], sample_weight=[0.5, 3])
    assert [m.counts.dtype for m in (unweighted, integers, fractions)] == [int, int, float]
    assert fractions.counts.tolist() == [[0.5, 0.0], [0.0, 3.0]]


def test_codes_are_positions() -> None:
    """Codes name classes by position; one outside is refused."""
    matrix = ConfusionMatrix.from_codes(np.array([0, 2]), np.array([2, 2]), classes=CLASSES)
    assert matrix.counts.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 1]]
    with pytest.raises(LabelError, match="3 in row 1"):
        ConfusionMatrix.from_codes([0, 3], [0, 0], classes=CLASSES)


def test_counts_cannot_be_written() -> None:
    """What is handed out is a view that nobody changes by accident."""
    with pytest.raises(ValueError, match="read-only"):
        ConfusionMatrix([[1, 0], [0, 1]]).counts[0, 0] = 5


def test_the_matrix_keeps_its_own_copy() -> None:
    """Changing the array it was made from changes nothing."""
    counts = np.array([[1, 0], [0, 1]])
    matrix = ConfusionMatrix(counts)
    counts[0, 0] = 5
    assert matrix.total == 2


@pytest.mark.parametrize("n_classes", [3, DENSE_CLASSES + 1])
def test_pickles_and_equality(n_classes: int) -> None:
    """A pickled matrix comes back equal; equal is counts and classes."""
    matrix = ConfusionMatrix.from_predictions([0, 1, 2], [0, 2, 2], classes=range(n_classes))
    assert pickle.loads(pickle.dumps(matrix)) == matrix
    assert matrix != ConfusionMatrix.empty(range(n_classes))
    assert matrix != "a matrix"
    with pytest.raises(TypeError, match="unhashable"):
        hash(matrix)


def test_many_classes_are_kept_as_cells() -> None:
    """Counts of many classes are cells; dense counts are refused with what to use instead."""
    n_classes = DENSE_CLASSES + 1
    rng = np.random.default_rng(0)
    actual, predicted = rng.integers(0, 50, (2, 400))
    few = ConfusionMatrix.from_predictions(actual, predicted, classes=range(50))
    many = ConfusionMatrix.from_predictions(actual, predicted, classes=range(n_classes))
    with pytest.raises(InputError, match="Use cells or marginals"):
        _ = many.counts
    assert many.cells.counts.tolist() == few.cells.counts.tolist()
    assert many.accuracy() == few.accuracy()
    some = many.precision(zero_division=np.nan)[:50]
    assert some.tolist() == few.precision().tolist()
    for weights in ("linear", "quadratic"):
        assert many.cohen_kappa(weights=weights) == pytest.approx(
            few.cohen_kappa(weights=weights), abs=1e-12
        )
    assert (many + many).total == 2 * few.total


def test_frame_names_its_axes() -> None:
    """The DataFrame has classes on both axes, actual down and predicted across."""
    frame = ConfusionMatrix([[3, 1], [0, 2]], classes=("cat", "dog")).to_frame()
    assert frame.loc["cat", "dog"] == 1
    assert (frame.index.name, frame.columns.name) == ("actual", "predicted")


def test_repr_is_short() -> None:
    """The repr names a few classes and the total."""
    matrix = ConfusionMatrix(np.eye(100, dtype=int))
    assert repr(matrix) == "ConfusionMatrix(100 classes: 0, 1, 2, 3, 4, 5, …; total 100)"


def test_undefined_values_warn_unless_told_otherwise() -> None:
    """The default is 0.0 and a warning; NaN and any number are silent."""
    matrix = ConfusionMatrix([[2, 0], [1, 0]])
    with pytest.warns(UndefinedMetricWarning, match="Precision is undefined for 1 of 2 values"):
        assert matrix.precision().tolist() == [2 / 3, 0.0]
    assert np.isnan(matrix.precision(zero_division=np.nan)[1])
    assert matrix.precision("macro", zero_division=np.nan) == 2 / 3


def test_a_single_class_is_no_error() -> None:
    """One class makes a matrix of one cell, and its rates are 1."""
    matrix = ConfusionMatrix.from_predictions(["cat"], ["cat"])
    assert matrix.counts.tolist() == [[1]]
    assert matrix.accuracy() == matrix.f1("macro") == 1.0
