"""Balanced accuracy: accuracy as if all classes were equally common."""

from __future__ import annotations

import numpy as np

from evalkit.metrics.count.averaging import ZeroDivision, class_mean, defined, ratio
from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals


def balanced_accuracy(
    counts: CountsLike, *, adjusted: bool = False, zero_division: ZeroDivision = np.nan
) -> FloatArray:
    """Return the mean recall of the classes that have samples.

    balanced accuracy = (1 / C) Σ_k TP_k / n_k over the C classes with n_k > 0; adjusted for
    chance it is (balanced accuracy − 1/C) / (1 − 1/C).

    Parameters
    ----------
    counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
    adjusted : whether guessing should score 0 rather than 1/C.
    zero_division : the value where undefined.

    Returns
    -------
    (...) values in [0, 1]; adjusted in [−1/(C − 1), 1]. Undefined without samples, and if
    adjusted also with a single class.

    Notes
    -----
    Brodersen et al., *The balanced accuracy and its posterior distribution*, ICPR 2010.

    Examples
    --------
    >>> float(balanced_accuracy([[3, 1], [0, 2]]))
    0.875
    """
    marginals = Marginals.of(counts)
    values = class_mean(ratio(marginals.true_positive, marginals.actual))
    if adjusted:
        chance = ratio(1.0, np.count_nonzero(marginals.actual, axis=-1))
        values = ratio(values - chance, 1.0 - chance)
    return defined(values, zero_division, "balanced accuracy")
