"""The Matthews correlation coefficient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.count.averaging import ratio
from evalkit.metrics.from_counts import model_metric

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray, Marginals


@model_metric(
    label="Matthews correlation",
    formula="(n Σ TP − Σ aₖ pₖ) / √((n² − Σ aₖ²)(n² − Σ pₖ²))",
    low=-1,
    use="As one number for imbalanced classes. It is high only if all classes are predicted well.",
    undefined="if all samples have one class, or all predictions are one class",
)
def matthews_corrcoef(marginals: Marginals) -> FloatArray:
    """Return the correlation between actual and predicted classes; 0 for guessing.

    Gorodkin's R_K = (n Σ TP − Σ aₖ pₖ) / √((n² − Σ aₖ²)(n² − Σ pₖ²)), with aₖ samples of class k
    and pₖ predictions of it, in [−1, 1]; undefined if all samples have one class, or all
    predictions are one class.

    Notes
    -----
    Matthews, *Biochimica et Biophysica Acta* 405 (1975) 442; Gorodkin, *Computational Biology
    and Chemistry* 28 (2004) 367.

    Examples
    --------
    >>> float(matthews_corrcoef(["cat", "dog", "dog"], ["cat", "dog", "cat"]).round(3))
    0.5
    """
    # Shares instead of counts: n² overflows 64-bit integers from 3 · 10⁹ samples on.
    total = marginals.total[..., None]
    actual = ratio(marginals.actual, total)
    predicted = ratio(marginals.predicted, total)
    errors = ratio(marginals.false_negative, total).sum(axis=-1)
    # Errors expected by chance minus observed errors: exact where there are no errors.
    covariance = (actual * (1 - predicted)).sum(axis=-1) - errors
    # Σ a (1 − a) is exactly zero for a single class, 1 − Σ a² is not.
    variance = (actual * (1 - actual)).sum(axis=-1) * (predicted * (1 - predicted)).sum(axis=-1)
    # Shares of weighted samples may exceed 1 by rounding.
    deviation = np.sqrt(np.maximum(variance, 0.0))
    return np.clip(ratio(covariance, deviation), -1.0, 1.0)
