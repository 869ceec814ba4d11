"""Counts as arrays: scikit-learn's rules for labels, weights and normalisation."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import InputError
from evalkit.metrics.matrices import normalized

metrics = pytest.importorskip("sklearn.metrics")

COUNTS = np.array([[3, 1, 0], [0, 0, 0], [2, 2, 4]])


@pytest.mark.parametrize("normalize", [None, "true", "pred", "all"])
def test_scikit_learns_matrix(normalize: Any, labels_of: Any) -> None:
    """Subsets, other orders, absent labels and weights."""
    actual, predicted, weights = labels_of()
    whole = np.random.default_rng(1).integers(0, 5, len(actual))
    for labels, weight in product((None, [2, 0], [1, 9, 3]), (None, weights, whole)):
        options: dict[str, Any] = {
            "labels": labels,
            "sample_weight": weight,
            "normalize": normalize,
        }
        expected = metrics.confusion_matrix(actual, predicted, **options)
        found = evalkit.confusion_matrix(actual, predicted, **options)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("samplewise", [False, True])
def test_scikit_learns_matrices_of_indicators(samplewise: bool) -> None:
    """Each label against the others, or each sample's labels."""
    rng = np.random.default_rng(0)
    actual, predicted = rng.random((2, 30, 4)) < 0.5
    for labels, weight in product((None, [3, 1]), (None, rng.random(30))):
        options: dict[str, Any] = {
            "labels": labels,
            "sample_weight": weight,
            "samplewise": samplewise,
        }
        expected = metrics.multilabel_confusion_matrix(actual, predicted, **options)
        found = evalkit.multilabel_confusion_matrix(actual, predicted, **options)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_scikit_learns_matrices_of_labels(labels_of: Any) -> None:
    """Each class against the others, absent ones too."""
    actual, predicted, weights = labels_of()
    for labels, weight in product((None, [2, 9]), (None, weights)):
        options: dict[str, Any] = {"labels": labels, "sample_weight": weight}
        expected = metrics.multilabel_confusion_matrix(actual, predicted, **options)
        found = evalkit.multilabel_confusion_matrix(actual, predicted, **options)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_one_label_is_pointed_out() -> None:
    """A matrix of one cell is rarely what was meant."""
    with pytest.warns(UserWarning, match="only the label 'cat'"):
        assert evalkit.confusion_matrix(["cat"], ["cat"]).tolist() == [[1]]
    assert evalkit.confusion_matrix(["cat"], ["cat"], labels=["cat", "dog"]).shape == (2, 2)


def test_no_samples_need_labels() -> None:
    """Labels give an empty matrix its shape."""
    assert evalkit.confusion_matrix([], [], labels=["a", "b"]).tolist() == [[0, 0], [0, 0]]
    with pytest.raises(evalkit.EvalkitError, match="at least one sample"):
        evalkit.confusion_matrix([], [])


def test_labels_that_do_not_occur_are_refused() -> None:
    """At least one of the labels must be actual, or the list is a mistake."""
    with pytest.raises(evalkit.EvalkitError, match="None of the labels occurs"):
        evalkit.confusion_matrix([0, 1], [2, 1], labels=[2, 3])


def test_too_many_classes_for_an_array() -> None:
    """The message names what keeps them sparse."""
    labels = np.arange(20_000)
    with pytest.raises(evalkit.EvalkitError, match="stores only the cells"):
        evalkit.confusion_matrix(labels, labels)
    chosen = evalkit.confusion_matrix(labels, labels[::-1], labels=[0, 30_000, 19_999])
    assert chosen.tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]


def test_thousands_of_classes_still_make_an_array() -> None:
    """What is kept sparse inside is handed out dense where it was asked for."""
    labels = np.arange(4200)
    matrix = evalkit.confusion_matrix(labels, np.minimum(labels + 1, 4199))
    assert matrix.shape == (4200, 4200)
    assert matrix[7, 8] == matrix[4199, 4199] == matrix[4198, 4199] == 1
    assert matrix.sum() == 4200


def test_shares_sum_to_one() -> None:
    """Over the axis they were divided by, where it has samples."""
    assert np.nansum(normalized(COUNTS, "true"), axis=1).tolist() == [1, 0, 1]
    assert normalized(COUNTS, "pred").sum(axis=0) == pytest.approx([1, 1, 1])
    assert normalized(COUNTS, "all").sum() == pytest.approx(1)


def test_an_empty_row_has_no_shares() -> None:
    """NaN, or what is asked for."""
    assert np.isnan(normalized(COUNTS, "true")[1]).all()
    assert normalized(COUNTS, "true", zero_division=0.0)[1].tolist() == [0, 0, 0]


def test_leading_axes_pass_through() -> None:
    """A stack is normalised matrix by matrix."""
    stack = np.stack([COUNTS, COUNTS.T])
    for over in ("true", "pred", "all"):
        shares = normalized(stack, over, zero_division=0.0)
        assert np.array_equal(shares[1], normalized(COUNTS.T, over, zero_division=0.0))


def test_unknown_axes_are_refused() -> None:
    """By name, with the three there are."""
    with pytest.raises(InputError, match=r"got 'rows'\. Use 'true', 'pred' or 'all'"):
        normalized(COUNTS, "rows")  # type: ignore[arg-type]  # the wrong value is the test
