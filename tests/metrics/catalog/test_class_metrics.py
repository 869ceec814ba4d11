"""With equal arguments, scikit-learn's number to 1e-12; and what scikit-learn does not say."""

from __future__ import annotations

import warnings
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.sparse

import evalkit

if TYPE_CHECKING:
    from collections.abc import Callable

metrics = pytest.importorskip("sklearn.metrics")

PAIRS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "precision": (evalkit.precision, metrics.precision_score),
    "recall": (evalkit.recall, metrics.recall_score),
    "f1": (evalkit.f1, metrics.f1_score),
    "f_beta 0.1": (
        partial(evalkit.f_beta, beta=0.1),
        partial(metrics.fbeta_score, beta=0.1),
    ),
    "f_beta 10": (partial(evalkit.f_beta, beta=10), partial(metrics.fbeta_score, beta=10)),
    "jaccard": (evalkit.jaccard, metrics.jaccard_score),
}
# The last label never occurs; the first list leaves classes out, in another order.
LABELS = (None, [2, 0], [3, 1, 9], [9])


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
def test_labels_averages_weights_and_undefined_values(
    name: str, average: Any, labels_of: Any
) -> None:
    """Every combination of labels, weights and zero_division agrees."""
    actual, predicted, weights = labels_of()
    mine, theirs = PAIRS[name]
    undefined = (0.0, 1.0) if name == "jaccard" else (0.0, 1.0, np.nan, "warn")
    for labels, weight, zero in product(LABELS, (None, weights), undefined):
        options: dict[str, Any] = {"labels": labels, "average": average, "sample_weight": weight}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = theirs(actual, predicted, zero_division=zero, **options)
            found = mine(actual, predicted, zero_division=zero, **options)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted", "samples"])
def test_indicators(name: str, average: Any) -> None:
    """Several labels a sample, dense or sparse, weighted or not, in part or all."""
    rng = np.random.default_rng(0)
    actual, predicted = rng.random((2, 60, 5)) < 0.5
    actual[3], predicted[3] = False, False
    weights = rng.random(60)
    mine, theirs = PAIRS[name]
    for labels, weight in product((None, [4, 1]), (None, weights)):
        options: dict[str, Any] = {"labels": labels, "average": average, "zero_division": 1.0}
        expected = theirs(actual, predicted, sample_weight=weight, **options)
        for kind in (np.asarray, scipy.sparse.csr_array, np.ndarray.tolist):
            found = mine(kind(actual), kind(predicted), sample_weight=weight, **options)
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_a_sequence_of_betas_is_one_count() -> None:
    """The axis of β stands in front, for averages over samples too."""
    actual, predicted = (
        np.eye(4, dtype=int),
        np.roll(np.eye(4, dtype=int), 1, axis=0) | np.eye(4, dtype=int),
    )
    betas = (0.1, 1, 10)
    for average in (None, "macro", "samples"):
        many = evalkit.f_beta(actual, predicted, beta=betas, average=average)
        each = [evalkit.f_beta(actual, predicted, beta=b, average=average) for b in betas]
        np.testing.assert_allclose(many, each, rtol=0, atol=1e-15)


def test_default_is_one_value_a_class() -> None:
    """A report is about classes."""
    assert evalkit.recall(["cat", "dog", "dog"], ["cat", "cat", "dog"]).tolist() == [1.0, 0.5]


@pytest.mark.parametrize(
    ("y_true", "y_pred", "options", "message"),
    [
        ([0, 1, 2], [0, 1, 1], {"average": "binary"}, "only for two classes: got 3"),
        (
            [0, 1],
            [0, 1],
            {"average": "binary", "pos_label": 2},
            "pos_label is not one of the classes: got 2",
        ),
        ([0, 1], [0, 1], {"average": "samples"}, "several labels per sample"),
        ([0, 1], [0, 1], {"average": "mean"}, "Invalid average: got 'mean'"),
        ([[0, 1]], [[0, 1]], {"average": "binary"}, "one label per sample"),
        ([[0, 1]], [0], {}, "one label per sample in both"),
        ([[0, 1]], [[0, 2]], {}, "y_pred of shape"),
        ([[0, 1]], [[0, 1, 1]], {}, "Shapes differ"),
        ([[0, 1]], [[0, 1]], {"labels": [2]}, "whole numbers from 0 to 1"),
        ([[0, 1], [1]], [[0, 1], [1, 0]], {}, "Rows have different lengths"),
        ([0, 1], [0, 1], {"labels": ["a"]}, "differ in type from y_true"),
        ([0, 1], [0, 1], {"labels": []}, "got no class"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    y_true: Any, y_pred: Any, options: Any, message: str
) -> None:
    """One line says what was expected and what came."""
    with pytest.raises(evalkit.EvalkitError, match=message) as caught:
        evalkit.f1(y_true, y_pred, **options)
    assert "\n" not in str(caught.value)


def test_pos_label_without_binary_is_said_to_be_unused() -> None:
    """An argument that changes nothing does not pass in silence."""
    with pytest.warns(UserWarning, match="only used with average='binary'"):
        evalkit.f1(["a", "b"], ["a", "b"], pos_label="b")


def test_sparse_single_labels_are_refused() -> None:
    """A sparse column would lose its zeros."""
    column = scipy.sparse.csr_array([[1], [0]])
    with pytest.raises(TypeError, match="cannot be a sparse matrix"):
        evalkit.precision(column, column)
