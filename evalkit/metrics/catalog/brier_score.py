"""Brier score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from evalkit.metrics.catalog import metric
from evalkit.metrics.probability.forecasts import Forecast, mean_over_samples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalkit.metrics.count.marginals import FloatArray


@metric(
    label="Brier score",
    formula="(1/n) Σᵢ Σₖ (pᵢₖ − yᵢₖ)², halved for two classes",
    needs="probabilities",
    high=2,
    higher_is_better=False,
    use="Like log loss, but bounded: a confident error costs at most 2.",
    undefined="without samples",
)
def brier_score(
    y_true: Any,
    y_proba: Any,
    *,
    sample_weight: Any = None,
    pos_label: Any = None,
    labels: Iterable[Any] | None = None,
    scale_by_half: bool | Literal["auto"] = "auto",
) -> FloatArray:
    """Return the mean squared difference between probabilities and actual classes.

    Brier score = (1/n) Σᵢ Σₖ (pᵢₖ − yᵢₖ)², halved for two classes, which is (1/n) Σᵢ (pᵢ − yᵢ)².

    Parameters
    ----------
    y_true : (n,) labels of any kind, or (n, K) indicators.
    y_proba : (n, K) probabilities, or (n,) of the positive of two classes.
    sample_weight : (n,) weights of zero or more.
    pos_label : the positive label where `y_proba` is (n,); 1, or the second of two numbers, if
        absent.
    labels : the classes in the order of the columns; the sorted labels that occur if absent.
    scale_by_half : whether to halve the value; ``"auto"`` halves it for two classes.

    Returns
    -------
    A value in [0, 2], or [0, 1] if halved; lower is better.

    Raises
    ------
    InputError, LabelError
        If labels and probabilities do not match, or probabilities lie outside [0, 1].

    Notes
    -----
    Brier, *Monthly Weather Review* 78 (1950) 1.

    Examples
    --------
    >>> float(brier_score([0, 1, 1], [0.1, 0.9, 0.8]).round(3))
    0.02
    """
    forecast = Forecast.of(y_true, y_proba, labels, sample_weight, pos_label=pos_label)
    squared = ((forecast.probabilities - forecast.one_hot()) ** 2).sum(axis=1)
    if scale_by_half is True or (scale_by_half == "auto" and forecast.n_classes < 3):
        squared = squared / 2
    return mean_over_samples(squared, forecast.weights)
