"""Expected calibration error: how far confidence lies from accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evalkit.metrics.count.averaging import as_scalar
from evalkit.metrics.probability.calibration_curve import bin_edges
from evalkit.metrics.probability.forecasts import Forecast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray


def expected_calibration_error(
    y_true: Any,
    y_proba: Any,
    *,
    n_bins: int = 15,
    strategy: Literal["uniform", "quantile"] = "uniform",
    classwise: bool = False,
    pos_label: Any = None,
    sample_weight: Any = None,
    labels: Iterable[Any] | None = None,
) -> FloatArray:
    """Return the mean distance of confidence from accuracy over bins of confidence.

    ECE = Σ_b (n_b / n) |accuracy_b − mean confidence_b|, of the most probable class; classwise the
    mean over classes of the same sum for each class's probability.

    Parameters
    ----------
    y_true : (n,) labels of any kind.
    y_proba : (n, K) probabilities, or (n,) of the positive one of two classes.
    n_bins : how many bins of confidence; the value depends on it.
    strategy : bins of one width, or of one number of samples.
    classwise : whether every class counts, rather than the most probable one.
    pos_label : the positive label where `y_proba` is (n,).
    sample_weight : (n,) weights of zero or more.
    labels : the classes in the order of the columns; the sorted labels that occur if absent.

    Returns
    -------
    A value in [0, 1], 0 for a calibrated model; lower is better.

    Raises
    ------
    InputError, LabelError
        If targets and probabilities do not fit, probabilities lie outside [0, 1], or an option is
        unknown.

    Notes
    -----
    Guo et al., *On calibration of modern neural networks*, ICML 2017; classwise, Kull et al.,
    *Beyond temperature scaling*, NeurIPS 2019.

    Examples
    --------
    >>> float(expected_calibration_error([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]).round(3))
    0.3
    """
    forecast = Forecast.of(y_true, y_proba, labels, sample_weight, pos_label=pos_label)
    actual = forecast.one_hot()
    if classwise:
        errors = [
            _binned_error(forecast.probabilities[:, k], actual[:, k], forecast, n_bins, strategy)
            for k in range(forecast.n_classes)
        ]
        return as_scalar(np.asarray(np.mean(errors)))
    chosen = forecast.probabilities.argmax(axis=1)
    rows = np.arange(len(chosen))
    confidence = forecast.probabilities[rows, chosen]
    error = _binned_error(confidence, actual[rows, chosen], forecast, n_bins, strategy)
    return as_scalar(np.asarray(error))


def _binned_error(
    confidence: NDArray[Any],
    is_right: NDArray[np.bool_],
    forecast: Forecast,
    n_bins: int,
    strategy: str,
) -> float:
    edges = bin_edges(confidence, n_bins, strategy)
    bins = np.searchsorted(edges[1:-1], confidence)
    weights = np.ones(len(bins)) if forecast.weights is None else forecast.weights
    # n_b |accuracy − confidence| is the absolute sum of the differences in the bin.
    gaps = np.bincount(bins, (is_right - confidence.astype(np.float64)) * weights)
    return float(np.abs(gaps).sum() / weights.sum())
