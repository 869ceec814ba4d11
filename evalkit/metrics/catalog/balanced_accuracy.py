"""Balanced accuracy."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import UndefinedMetricWarning
from evalkit.metrics.catalog import metric
from evalkit.metrics.count.averaging import class_mean, defined, ratio
from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals
from evalkit.metrics.targets import Tally

if TYPE_CHECKING:
    from evalkit.metrics.count.averaging import ZeroDivision

LABEL = "Balanced accuracy"


def of_counts(
    counts: CountsLike, *, adjusted: bool = False, zero_division: ZeroDivision = np.nan
) -> FloatArray:
    """Return (...) the mean recall over the classes of counts (..., K, K) that have samples."""
    marginals = Marginals.of(counts)
    values = class_mean(ratio(marginals.true_positive, marginals.actual))
    if adjusted:
        chance = ratio(1.0, np.count_nonzero(marginals.actual, axis=-1))
        values = ratio(values - chance, 1.0 - chance)
    return defined(values, zero_division, LABEL)


@metric(
    label=LABEL,
    formula="mean of TP / (TP + FN) over the classes",
    use="When classes are imbalanced and each is equally important.",
    undefined="without samples",
    of_counts=of_counts,
)
def balanced_accuracy(
    y_true: Any, y_pred: Any, *, sample_weight: Any = None, adjusted: bool = False
) -> FloatArray:
    """Return the mean recall over the classes that have samples.

    balanced accuracy = mean of TP / (TP + FN) over the classes, in [0, 1]; adjusted for chance it
    is (balanced accuracy − 1/C) / (1 − 1/C), at most 1, 0 for guessing. A class that is only
    predicted has no recall: it is left out, with `UndefinedMetricWarning`.

    Parameters
    ----------
    y_true, y_pred : (n,) labels of any kind.
    sample_weight : (n,) weights of zero or more.
    adjusted : whether guessing scores 0 instead of 1/C.

    Raises
    ------
    InputError, LabelError
        As `accuracy`.

    Notes
    -----
    Brodersen et al., *The balanced accuracy and its posterior distribution*, ICPR 2010.

    Examples
    --------
    >>> float(balanced_accuracy(["cat", "dog", "dog"], ["cat", "dog", "cat"]))
    0.75
    """
    marginals = Tally.of(y_true, y_pred, sample_weight).marginals
    absent = int(np.count_nonzero(marginals.actual == 0))
    if absent:
        warnings.warn(
            f"{absent} of {len(marginals.actual)} classes are only predicted: their recall is "
            "undefined and is omitted from balanced accuracy.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
    return of_counts(marginals, adjusted=adjusted)
