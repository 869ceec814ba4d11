"""The Matthews correlation coefficient: actual and predicted classes as correlated variables."""

from __future__ import annotations

import numpy as np

from evalkit.metrics.count.averaging import ZeroDivision, defined, ratio
from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def matthews_corrcoef(counts: CountsLike, *, zero_division: ZeroDivision = np.nan) -> FloatArray:
    """Return the correlation between the actual and the predicted class, Gorodkin's R_K.

    R_K = (n Σ_k n_kk − Σ_k a_k p_k) / √((n² − Σ_k a_k²)(n² − Σ_k p_k²)), with a_k samples of
    class k and p_k predictions of it.

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    zero_division : the value where undefined.

    Returns
    -------
    (...) values in [−1, 1], 0 for guessing; undefined where all samples have one class or all
    predictions are one class.

    Notes
    -----
    Matthews, *Biochimica et Biophysica Acta* 405 (1975) 442; Gorodkin, *Computational Biology
    and Chemistry* 28 (2004) 367.

    Examples
    --------
    >>> float(matthews_corrcoef([[3, 1], [0, 2]]).round(3))
    0.707
    """
    marginals = Marginals.of(counts)
    # Shares instead of counts: n² overflows 64-bit integers from 3 · 10⁹ samples on.
    total = marginals.total[..., None]
    actual = ratio(marginals.actual, total)
    predicted = ratio(marginals.predicted, total)
    missed = ratio(marginals.false_negative, total).sum(axis=-1)
    # Misses that chance would give less those there are: exact where there are none.
    covariance = (actual * (1 - predicted)).sum(axis=-1) - missed
    # Σ a (1 − a) is exactly zero for a single class, which 1 − Σ a² is not.
    variance = (actual * (1 - actual)).sum(axis=-1) * (predicted * (1 - predicted)).sum(axis=-1)
    correlation = np.clip(ratio(covariance, np.sqrt(variance)), -1.0, 1.0)
    return defined(correlation, zero_division, "the Matthews correlation coefficient")
