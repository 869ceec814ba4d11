"""Expected calibration error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evalkit.metrics.catalog import metric
from evalkit.metrics.count.averaging import as_scalar
from evalkit.metrics.probability.curves import bin_edges
from evalkit.metrics.probability.forecasts import Forecast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray


@metric(
    label="Expected calibration error",
    formula="Σ over bins (samples / n) |accuracy − mean confidence|",
    needs="probabilities",
    higher_is_better=False,
    use="To see whether a model is overconfident or underconfident. It depends on the bins: report "
    "their number.",
    undefined="without samples",
)
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
    """Return the mean absolute difference between confidence and accuracy over confidence bins.

    ECE = Σ over bins (samples / n) |accuracy − mean confidence|, of the most probable class. The
    classwise error is the mean over the classes of the same sum for the probability of the class.

    Parameters
    ----------
    y_true : (n,) labels of any kind.
    y_proba : (n, K) probabilities, or (n,) of the positive of two classes.
    n_bins : number of confidence bins; the value depends on it.
    strategy : ``"uniform"`` for bins of equal width, ``"quantile"`` for equal numbers of samples.
    classwise : whether to use the probabilities of all classes instead of the most probable one.
    pos_label : the positive label where `y_proba` is (n,).
    sample_weight : (n,) weights of zero or more.
    labels : the classes in the order of the columns; the sorted labels that occur if absent.

    Returns
    -------
    A value in [0, 1], 0 for a calibrated model; lower is better.

    Raises
    ------
    InputError, LabelError
        If targets and probabilities do not match, probabilities lie outside [0, 1], or an option
        is unknown.

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
    # samples · |accuracy − confidence| is the absolute sum of the differences in the bin.
    gaps = np.bincount(bins, (is_right - confidence.astype(np.float64)) * weights)
    return float(np.abs(gaps).sum() / weights.sum())
