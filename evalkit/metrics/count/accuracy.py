"""Accuracy: the share of samples that are right."""

from __future__ import annotations

import numpy as np

from evalkit.metrics.count.averaging import ZeroDivision, defined, ratio
from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def accuracy(counts: CountsLike, *, zero_division: ZeroDivision = np.nan) -> FloatArray:
    """Return the share of samples whose predicted class is the actual one.

    accuracy = Σ_k n_kk / n.

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    zero_division : the value where there are no samples.

    Returns
    -------
    (...) values in [0, 1]; undefined without samples.

    Notes
    -----
    Metz, *Seminars in Nuclear Medicine* 8 (1978) 283.

    Examples
    --------
    >>> float(accuracy([[3, 1], [0, 2]]))
    0.8333333333333334
    """
    marginals = Marginals.of(counts)
    values = ratio(marginals.true_positive.sum(axis=-1), marginals.total)
    return defined(values, zero_division, "accuracy")
