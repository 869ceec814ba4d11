"""Zero-one loss: the share of samples that are wrong."""

from __future__ import annotations

import numpy as np

from evalkit.metrics.count.averaging import ZeroDivision, defined, ratio
from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def zero_one_loss(counts: CountsLike, *, zero_division: ZeroDivision = np.nan) -> FloatArray:
    """Return the share of samples whose predicted class is not the actual one.

    zero-one loss = 1 − accuracy; for one label a sample it is also the Hamming loss.

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    zero_division : the value where there are no samples.

    Returns
    -------
    (...) values in [0, 1], lower is better; undefined without samples.

    Notes
    -----
    Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning* (2009), section 2.4.

    Examples
    --------
    >>> float(zero_one_loss([[3, 1], [0, 2]]))
    0.16666666666666666
    """
    marginals = Marginals.of(counts)
    values = ratio(marginals.false_negative.sum(axis=-1), marginals.total)
    return defined(values, zero_division, "zero-one loss")
