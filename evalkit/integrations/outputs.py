"""The output of a classifier in a form common to all libraries, and its conversion from scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray

SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class ClassifierOutput:
    """Actual and predicted classes of n samples.

    Attributes
    ----------
    actual : (n,) indices into the classes.
    predicted : (n,) indices into the classes, or None for the class of the highest probability.
    probabilities : (n, K) or None.
    classes : the ordered classes.
    """

    actual: NDArray[np.integer[Any]]
    predicted: NDArray[np.integer[Any]] | None
    probabilities: FloatArray | None
    classes: tuple[Any, ...]


def scores_to_probabilities(scores: Any) -> FloatArray:
    """Return the probabilities (n, K) of scores: the softmax of each row of logits.

    A single score per sample is the logit of the second of two classes. If all rows are
    probabilities, with values between 0 and 1 and sums of one, they are returned unchanged.
    Logarithms of probabilities are valid logits.

    Parameters
    ----------
    scores : (n, K), (n, 1) or (n,) finite numbers.

    Raises
    ------
    InputError
        If the scores have another shape or are not finite.

    Examples
    --------
    >>> scores_to_probabilities([[0.0, 0.0], [100.0, 0.0]]).round(6).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    values: FloatArray = np.asarray(scores, dtype=np.float64)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 1:
        values = np.stack([np.zeros_like(values), values], axis=1)
    if values.ndim != 2 or not values.shape[1]:
        raise InputError(
            f"The scores have shape {np.shape(scores)}, expected (n, K), (n, 1) or (n,)."
        )
    if not np.isfinite(values).all():
        row = int((~np.isfinite(values).all(axis=1)).argmax())
        raise InputError(f"The scores of sample {row} are not finite.")
    if len(values) and _are_probabilities(values):
        return values
    shifted = np.exp(values - values.max(axis=1, keepdims=True))
    softmax: FloatArray = shifted / shifted.sum(axis=1, keepdims=True)
    return softmax


def _are_probabilities(values: FloatArray) -> bool:
    if np.ndim(values) != 2 or (values < 0).any() or (values > 1).any():
        return False
    return bool((np.abs(values.sum(axis=1) - 1) <= SUM_TOLERANCE).all())


def class_indices(values: Any, classes: Sequence[Any], what: str) -> NDArray[np.int64]:
    """Return `values` as indices into the classes.

    Parameters
    ----------
    values : (n,) integers.
    classes : the ordered classes.
    what : the name of the values, for error messages.

    Raises
    ------
    InputError
        If a value is not an integer, or is out of range.
    """
    codes = np.asarray(values)
    if codes.ndim != 1:
        raise InputError(f"The {what} have shape {codes.shape}, expected one per sample.")
    indices = codes.astype(np.int64)
    if codes.dtype.kind not in "iufb" or (indices != codes).any():
        raise InputError(
            f"The {what} have dtype {codes.dtype}, expected integer indices into the classes."
        )
    if len(indices) and (indices.min() < 0 or indices.max() >= len(classes)):
        sample = int(((indices < 0) | (indices >= len(classes))).argmax())
        raise InputError(
            f"The {what} contain {indices[sample]} for sample {sample}, expected a value between "
            f"0 and {len(classes) - 1}. Check that the scores have one column per class."
        )
    return indices


def output_from_scores(
    targets: Any, scores: Any, classes: Sequence[Any] | None
) -> ClassifierOutput:
    """Return the output for scores (n, K) and targets (n,), which are indices into the classes.

    Raises
    ------
    InputError
        If the number of classes differs from the number of columns, or the number of targets
        from the number of rows.
    """
    probabilities = scores_to_probabilities(scores)
    declared = tuple(range(probabilities.shape[1])) if classes is None else tuple(classes)
    if len(declared) != probabilities.shape[1]:
        raise InputError(
            f"The scores have {probabilities.shape[1]} columns for {len(declared)} classes, "
            "expected one column per class."
        )
    actual = class_indices(targets, declared, "targets")
    if len(actual) != len(probabilities):
        raise InputError(
            f"There are {len(actual)} targets for {len(probabilities)} rows of scores, expected "
            "one target per row."
        )
    return ClassifierOutput(actual, None, probabilities, declared)
