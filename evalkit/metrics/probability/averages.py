"""Binary metrics of score columns, averaged over classes, labels or samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.averaging import as_scalar
from evalkit.metrics.probability.targets import BinaryTarget
from evalkit.metrics.weights import checked_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray

ColumnAverage: TypeAlias = Literal["micro", "macro", "weighted", "samples"]


def average_columns(
    metric: Callable[[BinaryTarget], float],
    indicators: NDArray[np.bool_],
    scores: NDArray[Any],
    average: ColumnAverage | None,
    sample_weight: Any,
) -> FloatArray:
    """Return a binary metric of each column of indicators and scores, or their average.

    Parameters
    ----------
    metric : of one binary target.
    indicators : (n, K) which samples are positive for each column.
    scores : (n, K) finite numbers.
    average : ``None``, one value a column; ``"macro"``, their mean; ``"weighted"``, their mean by
        positives; ``"micro"``, of all entries together; ``"samples"``, the mean over rows.
    sample_weight : (n,) weights, or None.

    Raises
    ------
    InputError
        If shapes differ or the average is unknown.
    """
    if indicators.shape != scores.shape:
        raise InputError(
            f"y_true and y_score must have one shape; got {indicators.shape} and {scores.shape}"
        )
    weights = checked_weights(sample_weight, len(indicators))
    if average == "micro":
        repeated = None if weights is None else np.repeat(weights, indicators.shape[1])
        target = BinaryTarget.of_mask(indicators.ravel(), scores.ravel(), repeated)
        return as_scalar(np.asarray(metric(target)))
    if average == "samples":
        values = _by_column(metric, indicators.T, scores.T, None)
        return as_scalar(np.asarray(np.average(values, weights=weights)))
    values = _by_column(metric, indicators, scores, weights)
    if average is None:
        return values
    if average == "macro":
        return as_scalar(np.asarray(values.mean()))
    if average == "weighted":
        support = np.count_nonzero(indicators, axis=0) if weights is None else weights @ indicators
        if not support.any():
            return as_scalar(np.asarray(0.0))
        scored = np.where(support == 0, 0.0, values)
        return as_scalar(np.asarray(np.average(scored, weights=support)))
    raise InputError(
        f"average must be None, 'micro', 'macro', 'weighted' or 'samples'; got {average!r}"
    )


def _by_column(
    metric: Callable[[BinaryTarget], float],
    indicators: NDArray[np.bool_],
    scores: NDArray[Any],
    weights: NDArray[Any] | None,
) -> FloatArray:
    columns = range(indicators.shape[1])
    return np.asarray(
        [
            metric(
                BinaryTarget.of_mask(
                    np.ascontiguousarray(indicators[:, k]),
                    np.ascontiguousarray(scores[:, k]),
                    weights,
                )
            )
            for k in columns
        ],
        dtype=np.float64,
    )
