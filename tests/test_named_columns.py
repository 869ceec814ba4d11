"""Names of columns decide which class a column stands for; foreign names are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import evalkit
from evalkit import ConfusionMatrix
from evalkit.columns import Column, array_of, frame_names
from evalkit.errors import InputError, LabelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

CLASSES = np.array(["cat", "dog", "ship"])
ORDER = ("ship", "cat", "dog")
FRAMES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "arrow": pa.Table.from_pandas,
    "prefixed": lambda frame: frame.add_prefix("proba_"),
}
METRICS: dict[str, Callable[..., Any]] = {
    "log_loss": evalkit.log_loss,
    "brier_score": evalkit.brier_score,
    "expected_calibration_error": evalkit.expected_calibration_error,
    "roc_auc": lambda y, s, **options: evalkit.roc_auc(y, s, multi_class="ovr", **options),
    "top_k_accuracy": lambda y, s, **options: evalkit.top_k_accuracy(y, s, k=1, **options),
    "average_precision": evalkit.average_precision,
}


@pytest.fixture
def samples() -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Sixty actual classes and probabilities of three."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 3, 60), rng.dirichlet([1] * 3, 60)


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("metric", METRICS)
def test_names_of_columns_decide(
    samples: tuple[NDArray[Any], NDArray[np.float64]], metric: str, kind: str
) -> None:
    """A permuted frame gives the number of the array in order."""
    codes, scores = samples
    frame = FRAMES[kind](pd.DataFrame(scores, columns=CLASSES)[list(ORDER)])
    function = METRICS[metric]
    assert float(function(CLASSES[codes], frame)) == pytest.approx(
        float(function(CLASSES[codes], scores))
    )


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("option", ["y_proba", "logits"])
def test_evaluate_reads_the_names(
    samples: tuple[NDArray[Any], NDArray[np.float64]], kind: str, option: str
) -> None:
    codes, scores = samples
    given = scores if option == "y_proba" else np.log(scores)
    frame = FRAMES[kind](pd.DataFrame(given, columns=CLASSES)[list(ORDER)])
    options: dict[str, Any] = {option: frame}
    named = evalkit.evaluate(CLASSES[codes], **options)
    options[option] = given
    plain = evalkit.evaluate(CLASSES[codes], **options, classes=CLASSES)
    assert named.classes == plain.classes
    (found,), (expected,) = (each.counts.samples.models for each in (named, plain))  # type: ignore[union-attr]
    assert np.allclose(found.probabilities, expected.probabilities)  # type: ignore[arg-type]


def test_a_class_that_does_not_occur_has_its_column(
    samples: tuple[NDArray[Any], NDArray[np.float64]],
) -> None:
    """The names declare the classes, which the labels alone cannot."""
    codes, scores = samples
    rows = codes < 2
    frame = pd.DataFrame(scores, columns=CLASSES)[list(ORDER)][rows]
    evaluation = evalkit.evaluate(CLASSES[codes[rows]], y_proba=frame)
    assert evaluation.classes == ("cat", "dog", "ship")
    expected = evalkit.log_loss(CLASSES[codes[rows]], scores[rows], labels=CLASSES)
    assert float(evalkit.log_loss(CLASSES[codes[rows]], frame)) == pytest.approx(float(expected))


def test_whole_numbers_are_names_too(
    samples: tuple[NDArray[Any], NDArray[np.float64]],
) -> None:
    codes, scores = samples
    frame = pd.DataFrame(scores, columns=[1, 2, 3])[[3, 1, 2]]
    expected = float(evalkit.log_loss(codes + 1, scores))
    assert float(evalkit.log_loss(codes + 1, frame)) == pytest.approx(expected)
    text = frame.rename(columns=str)
    assert float(evalkit.log_loss(codes + 1, text)) == pytest.approx(expected)


@pytest.mark.parametrize("names", [["cat", "dog", "boat"], ["cat", "dog", "cat"], [7, 8, 9]])
def test_foreign_names_are_refused(
    samples: tuple[NDArray[Any], NDArray[np.float64]], names: list[Any]
) -> None:
    codes, scores = samples
    frame = pd.DataFrame(scores, columns=names)
    for call in (
        lambda: evalkit.log_loss(CLASSES[codes], frame, labels=CLASSES),
        lambda: evalkit.evaluate(CLASSES[codes], y_proba=frame, classes=CLASSES),
        lambda: evalkit.evaluate(CLASSES[codes], logits=frame, classes=CLASSES),
    ):
        with pytest.raises(InputError, match="do not match the classes"):
            call()


def test_unnamed_columns_follow_the_classes(
    samples: tuple[NDArray[Any], NDArray[np.float64]],
) -> None:
    """Numbers that pandas gives, and names that polars gives, are no names."""
    codes, scores = samples
    expected = float(evalkit.log_loss(CLASSES[codes], scores))
    for frame in (pd.DataFrame(scores), pl.DataFrame(scores)):
        assert frame_names(frame) is None
        assert float(evalkit.log_loss(CLASSES[codes], frame)) == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_a_crosstab_is_a_confusion_matrix(kind: str) -> None:
    """Rows and columns in any order, and classes that only one side has."""
    actual = ["a", "b", "b", "c", "c", "c"]
    predicted = ["b", "b", "a", "a", "b", "b"]
    table = pd.crosstab(pd.Series(actual), pd.Series(predicted))[["b", "a"]]
    if kind == "pandas":
        frame: Any = table
    else:
        flat = table.rename_axis(columns=None).reset_index(names="actual")
        frame = pl.from_pandas(flat) if kind == "polars" else pa.Table.from_pandas(flat)
    found = ConfusionMatrix(frame)
    assert found == ConfusionMatrix.from_predictions(actual, predicted)
    assert ConfusionMatrix(frame, ["c", "a", "b"]).classes == ("c", "a", "b")


def test_a_crosstab_with_totals_or_foreign_classes_is_refused() -> None:
    columns = pd.Series(["a", "b", "b"]), pd.Series(["a", "b", "a"])
    with pytest.raises(InputError, match="hold totals: 'All'"):
        ConfusionMatrix(pd.crosstab(*columns, margins=True))
    with pytest.raises(InputError, match="not among the classes: 'b'"):
        ConfusionMatrix(pd.crosstab(*columns), ["a", "c"])


def test_a_mapping_names_the_classes() -> None:
    names = {0: "negative", 1: "positive"}
    for evaluation in (
        evalkit.evaluate([0, 1, 1], [0, 1, 0], classes=names),
        evalkit.evaluate(["negative", "positive", "positive"], ["negative", "positive", "negative"],
                         classes=names),
        evalkit.evaluate([0, 1, 1], logits=[[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], classes=names),
    ):  # fmt: skip
        assert evaluation.classes == ("negative", "positive")
        assert evaluation.confusion_matrix.counts.tolist() == [[1, 0], [1, 1]]
    swapped = {1: "positive", 0: "negative"}
    found = ConfusionMatrix.from_predictions([0, 1, 1], [0, 1, 0], classes=swapped)
    assert (found.classes, found.counts.tolist()) == (("positive", "negative"), [[1, 1], [0, 1]])
    with pytest.raises(LabelError, match="2"):
        evalkit.evaluate([0, 2], [0, 0], classes=names)


class TestLogits:
    """Labels with `logits` are looked up in the classes."""

    LOGITS = ((2.0, 1.0, 0.0), (0.0, 2.0, 1.0), (0.0, 1.0, 2.0))

    def test_declared_numbers_are_labels(self) -> None:
        found = evalkit.evaluate([1, 2, 3], logits=self.LOGITS, classes=[1, 2, 3])
        assert found.confusion_matrix.counts.tolist() == np.eye(3).tolist()
        # Also where the highest class does not occur.
        found = evalkit.evaluate([1, 2, 2], logits=self.LOGITS, classes=[1, 2, 3])
        assert found.confusion_matrix.counts.tolist() == [[1, 0, 0], [0, 1, 1], [0, 0, 0]]

    def test_numbers_are_positions_without_classes_or_beside_names(self) -> None:
        plain = evalkit.evaluate([0, 1, 2], logits=self.LOGITS)
        named = evalkit.evaluate([0, 1, 2], logits=self.LOGITS, classes=["x", "y", "z"])
        assert plain.classes == (0, 1, 2)
        assert named.confusion_matrix.counts.tolist() == np.eye(3).tolist()
        with pytest.raises(InputError, match="between 0 and 2"):
            evalkit.evaluate([1, 2, 3], logits=self.LOGITS)

    def test_names_declare_the_classes_if_all_occur(self) -> None:
        found = evalkit.evaluate(["x", "y", "z"], logits=self.LOGITS)
        assert found.classes == ("x", "y", "z")
        with pytest.raises(InputError, match="The classes are unknown"):
            evalkit.evaluate(["x", "y", "y"], logits=self.LOGITS)

    def test_a_missing_label_is_refused(self) -> None:
        with pytest.raises(LabelError, match="missing"):
            evalkit.evaluate([0, None, 1], logits=self.LOGITS)


@pytest.mark.parametrize(
    ("actual", "predicted", "counts"),
    [
        ([2**70, 1], [2**70, 1], [[1, 0], [0, 1]]),
        ([2**63, -1], [2**63, -1], [[1, 0], [0, 1]]),
        ([2**63 + 1, 2**63], [2**63, 2**63], [[1, 0], [1, 0]]),
        ([-(2**80), 5], [5, 5], [[0, 1], [0, 1]]),
    ],
)
def test_large_integers_stay_apart(
    actual: list[int], predicted: list[int], counts: list[list[int]]
) -> None:
    """No integer is rounded to a float; order and counts are exact."""
    assert evalkit.confusion_matrix(actual, predicted).tolist() == counts
    assert evalkit.evaluate(actual, predicted).classes == tuple(sorted({*actual, *predicted}))


def test_polars_integers_of_128_bits() -> None:
    column = pl.Series([1, 2], dtype=pl.Int128)
    assert float(evalkit.accuracy(column, [1, 1])) == 0.5


@pytest.mark.parametrize("labels", [{1, 2}, frozenset({1}), {1: 2}.values(), {1: 2}.keys()])
def test_labels_without_an_order_are_refused(labels: Any) -> None:
    with pytest.raises(evalkit.errors.InputTypeError, match="Use a list"):
        Column.of(labels)


@pytest.mark.torch
def test_tensors_of_any_kind() -> None:
    """Gradients and bfloat16 do not matter."""
    torch = pytest.importorskip("torch")
    scores = torch.tensor([[0.25, 0.75], [0.75, 0.25]], requires_grad=True)
    assert array_of(scores).tolist() == [[0.25, 0.75], [0.75, 0.25]]
    assert array_of(scores.to(torch.bfloat16)).tolist() == [[0.25, 0.75], [0.75, 0.25]]
    exact = torch.tensor([0.1], dtype=torch.float64)
    assert array_of(exact).tolist() == [0.1]
    expected = float(evalkit.log_loss([1, 0], [[0.25, 0.75], [0.75, 0.25]]))
    assert float(evalkit.log_loss([1, 0], scores)) == pytest.approx(expected, rel=1e-6)
    found = evalkit.evaluate([1, 0], y_proba=scores)
    assert found.confusion_matrix.counts.tolist() == [[1, 0], [0, 1]]


def test_a_column_of_scores_is_enough_for_two_classes() -> None:
    scores = [[0.2], [0.9], [0.4]]
    assert float(evalkit.roc_auc([0, 1, 1], scores)) == 1.0
    found = evalkit.evaluate(["no", "yes", "yes"], y_proba=scores)
    assert found.confusion_matrix.counts.tolist() == [[1, 0], [1, 1]]
