"""Top-k accuracy."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column
from evalkit.errors import InputError, UndefinedMetricWarning
from evalkit.labels import scores_by_class
from evalkit.metrics.catalog import metric
from evalkit.metrics.probability.forecasts import mean_over_samples
from evalkit.metrics.probability.targets import checked_scores, column_codes, score_matrix
from evalkit.metrics.weights import checked_weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray


@metric(
    label="Top-k accuracy",
    formula="samples whose class is among the k most probable / n",
    needs="probabilities",
    use="With many classes, or if a person chooses among a few suggestions.",
    undefined="without samples",
)
def top_k_accuracy(
    y_true: Any,
    y_score: Any,
    *,
    k: int = 2,
    normalize: bool = True,
    sample_weight: Any = None,
    labels: Iterable[Any] | None = None,
) -> FloatArray:
    """Return the share of samples whose class is among the k classes with the highest scores.

    top-k accuracy = samples whose class is among the k most probable / n.

    Parameters
    ----------
    y_true : (n,) labels of any kind.
    y_score : (n, K) scores, or (n,) of the second of two classes. Of equal scores the later column
        has the higher rank.
    k : number of classes that may contain the actual one.
    normalize : whether to return the share instead of the number of samples.
    sample_weight : (n,) weights of zero or more.
    labels : the classes in the order of the columns; the sorted labels that occur if absent.

    Returns
    -------
    A value in [0, 1]; 1, with `UndefinedMetricWarning`, if k is not less than the number of
    classes.

    Raises
    ------
    InputError, LabelError
        If targets and scores do not match, or k is less than 1.

    Notes
    -----
    Russakovsky et al., *International Journal of Computer Vision* 115 (2015) 211.

    Examples
    --------
    >>> float(top_k_accuracy([0, 1, 2], [[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.7, 0.2, 0.1]], k=2))
    0.6666666666666666
    """
    if k < 1:
        raise InputError(f"Invalid k: got {k}. Use at least 1.")
    column = Column.of(y_true, "y_true")
    scores, labels = scores_by_class(y_score, labels, column, "y_score")
    if scores.ndim == 1 or scores.shape[1] == 1:
        scores = _two_columns(checked_scores(scores, len(column)))
    scores = score_matrix(scores, len(column))
    codes, classes = column_codes(column, labels, scores.shape[1])
    if k >= len(classes):
        warnings.warn(
            f"Top-{k} accuracy of {len(classes)} classes is 1 for any scores. Choose a smaller k.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
    own = scores[np.arange(len(codes)), codes][:, None]
    later = np.arange(scores.shape[1]) > codes[:, None]
    rank = np.count_nonzero((scores > own) | ((scores == own) & later), axis=1)
    weights = checked_weights(sample_weight, len(codes))
    return mean_over_samples(rank < k, weights, normalize=normalize)


def _two_columns(scores: NDArray[Any]) -> NDArray[Any]:
    """Return one column per class; the second has the higher score only above the threshold."""
    are_probabilities = scores.min(initial=0) >= 0 and scores.max(initial=0) <= 1
    wins = scores > (0.5 if are_probabilities else 0.0)
    return np.stack([~wins, wins], axis=1).astype(np.float64)
