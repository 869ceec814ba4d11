"""What a model said of samples, as codes, whatever library it came from; and scores as such."""

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
class Answers:
    """Actual and predicted classes of n samples.

    Attributes
    ----------
    actual : (n,) positions in the classes.
    predicted : (n,) likewise; None where the class of the highest probability is meant.
    probabilities : (n, K) or None.
    classes : the ordered classes.
    """

    actual: NDArray[np.integer[Any]]
    predicted: NDArray[np.integer[Any]] | None
    probabilities: FloatArray | None
    classes: tuple[Any, ...]


def probabilities_of_scores(scores: Any) -> FloatArray:
    """Return probabilities (n, K) of scores: the softmax of each row of logits.

    One score a sample is the logit of the second of two classes. Rows that are probabilities
    already, all of them between 0 and 1 and summing to one, stay as they are. The logarithm of
    probabilities is a logit like any other.

    Parameters
    ----------
    scores : (n, K), (n, 1) or (n,) finite numbers.

    Raises
    ------
    InputError
        If the scores have another shape or one is not finite.

    Examples
    --------
    >>> probabilities_of_scores([[0.0, 0.0], [100.0, 0.0]]).round(6).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    values: FloatArray = np.asarray(scores, dtype=np.float64)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 1:
        values = np.stack([np.zeros_like(values), values], axis=1)
    if values.ndim != 2 or not values.shape[1]:
        raise InputError(f"scores must have shape (n, K), (n, 1) or (n,); got {np.shape(scores)}")
    if not np.isfinite(values).all():
        row = int((~np.isfinite(values).all(axis=1)).argmax())
        raise InputError(f"scores must be finite; those of sample {row} are not")
    if len(values) and _are_probabilities(values):
        return values
    shifted = np.exp(values - values.max(axis=1, keepdims=True))
    softmax: FloatArray = shifted / shifted.sum(axis=1, keepdims=True)
    return softmax


def _are_probabilities(values: FloatArray) -> bool:
    if np.ndim(values) != 2 or (values < 0).any() or (values > 1).any():
        return False
    return bool((np.abs(values.sum(axis=1) - 1) <= SUM_TOLERANCE).all())


def positions(targets: Any, classes: Sequence[Any], what: str) -> NDArray[np.int64]:
    """Return targets that are positions in the classes.

    Raises
    ------
    InputError
        If one is no whole number, or lies outside the classes.
    """
    codes = np.asarray(targets)
    if codes.ndim != 1:
        raise InputError(f"{what} must be one a sample; got shape {codes.shape}")
    whole = codes.astype(np.int64)
    if codes.dtype.kind not in "iufb" or (whole != codes).any():
        raise InputError(f"{what} must be positions in the classes, from 0; got {codes.dtype}")
    if len(whole) and (whole.min() < 0 or whole.max() >= len(classes)):
        wrong = int(((whole < 0) | (whole >= len(classes))).argmax())
        raise InputError(
            f"{what} must lie between 0 and {len(classes) - 1}; got {whole[wrong]} for sample "
            f"{wrong}: is a class missing from the scores?"
        )
    return whole


def answers_of_scores(targets: Any, scores: Any, classes: Sequence[Any] | None) -> Answers:
    """Return the answers of scores (n, K), targets (n,) being positions in the classes.

    Raises
    ------
    InputError
        If there are not as many classes as columns, or not as many targets as rows.
    """
    probabilities = probabilities_of_scores(scores)
    declared = tuple(range(probabilities.shape[1])) if classes is None else tuple(classes)
    if len(declared) != probabilities.shape[1]:
        raise InputError(
            f"there must be a class a column of the scores; got {len(declared)} classes for "
            f"{probabilities.shape[1]} columns"
        )
    actual = positions(targets, declared, "targets")
    if len(actual) != len(probabilities):
        raise InputError(
            f"there must be a target a row of the scores; got {len(actual)} for "
            f"{len(probabilities)} rows"
        )
    return Answers(actual, None, probabilities, declared)
