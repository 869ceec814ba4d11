"""Log loss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.metrics.catalog import metric
from evalkit.metrics.probability.forecasts import Forecast, mean_over_samples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalkit.metrics.count.marginals import FloatArray


@metric(
    label="Log loss",
    formula="−(1/n) Σ ln p(actual class)",
    needs="probabilities",
    high=math.inf,
    higher_is_better=False,
    use="To compare predicted probabilities as a whole. One confident error costs much.",
    undefined="without samples",
)
def log_loss(
    y_true: Any,
    y_proba: Any,
    *,
    normalize: bool = True,
    sample_weight: Any = None,
    labels: Iterable[Any] | None = None,
) -> FloatArray:
    """Return the mean negative log-probability of the actual classes, in nats.

    log loss = −(1/n) Σ ln p(actual class), with p clipped to [ε, 1 − ε]; ε is the machine epsilon.

    Parameters
    ----------
    y_true : (n,) labels of any kind, or (n, K) indicators.
    y_proba : (n, K) probabilities, or (n,) of the second of two classes.
    normalize : whether to return the mean instead of the sum.
    sample_weight : (n,) weights of zero or more.
    labels : the classes in the order of the columns; the sorted labels that occur if absent.

    Returns
    -------
    A value of 0 or more; lower is better.

    Raises
    ------
    InputError, LabelError
        If labels and probabilities do not match, or probabilities lie outside [0, 1].

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
