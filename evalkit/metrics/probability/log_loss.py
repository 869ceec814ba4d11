"""Log loss: how surprised a model was by what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.metrics.probability.forecasts import Forecast, mean_over_samples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalkit.metrics.count.marginals import FloatArray


def log_loss(
    y_true: Any,
    y_proba: Any,
    *,
    normalize: bool = True,
    sample_weight: Any = None,
    labels: Iterable[Any] | None = None,
) -> FloatArray:
    """Return the mean negative log-probability of the actual classes, in nats.

    log loss = −(1/n) Σ_i ln p_i(actual class of i), with p kept ε away from 0 and 1.

    Parameters
    ----------
    y_true : (n,) labels of any kind, or (n, K) indicators.
    y_proba : (n, K) probabilities, or (n,) of the second of two classes.
    normalize : whether to return the mean rather than the sum.
    sample_weight : (n,) weights of zero or more.
    labels : the classes in the order of the columns; the sorted labels that occur if absent.

    Returns
    -------
    A value of 0 or more, lower is better. ε is the machine epsilon of the probabilities.

    Raises
    ------
    InputError, LabelError
        If labels and probabilities do not fit, or probabilities lie outside [0, 1].

    Notes
    -----
    Good, *Journal of the Royal Statistical Society B* 14 (1952) 107.

    Examples
    --------
    >>> float(log_loss(["spam", "ham"], [[0.1, 0.9], [0.8, 0.2]]).round(3))
    0.164
    """
    forecast = Forecast.of(y_true, y_proba, labels, sample_weight)
    epsilon = np.finfo(forecast.probabilities.dtype).eps
    clipped = forecast.of_actual(np.clip(forecast.probabilities, epsilon, 1 - epsilon), np.log)
    return mean_over_samples(-clipped, forecast.weights, normalize=normalize)
