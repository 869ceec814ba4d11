"""The receiver operating characteristic: what recall costs in false alarms."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import UndefinedMetricWarning
from evalkit.metrics.probability.ranking import Thresholds
from evalkit.metrics.probability.targets import BinaryTarget

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray


def roc_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = True,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the false and true positive rates of every threshold, from the highest down.

    Parameters
    ----------
    y_true : (n,) labels of two classes.
    y_score : (n,) scores, higher for likelier positives.
    pos_label : the positive label; 1 where the labels are 0 or −1 and 1.
    sample_weight : (n,) weights of zero or more.
    drop_intermediate : whether to leave out points on a straight line between their neighbours.

    Returns
    -------
    (m,) false positive rates, true positive rates and thresholds; the first threshold is
    infinite, its rates 0. A rate is NaN, with `UndefinedMetricWarning`, where its class has no
    samples.

    Raises
    ------
    InputError, LabelError
        If targets and scores do not fit, or it is not clear which label is positive.

    Notes
    -----
    Fawcett, *Pattern Recognition Letters* 27 (2006) 861.

    Examples
    --------
    >>> [part.tolist() for part in roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])[:2]]
    [[0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0]]
    """
    curve = Thresholds.of(BinaryTarget.of(y_true, y_score, pos_label, sample_weight))
    if drop_intermediate and len(curve.values) > 2:
        bends = np.diff(curve.false_positives, 2).astype(bool)
        bends |= np.diff(curve.true_positives, 2).astype(bool)
        curve = curve.take(np.flatnonzero(np.concatenate([[True], bends, [True]])))
    return (
        _rate(np.append(0.0, curve.false_positives), "negatives"),
        _rate(np.append(0.0, curve.true_positives), "positives"),
        np.append(np.inf, curve.values),
    )


def _rate(passed: FloatArray, which: str) -> FloatArray:
    if passed[-1] > 0:
        return np.asarray(passed / passed[-1])
    warnings.warn(
        f"there are no {which} in y_true: their rate is undefined, NaN is returned",
        UndefinedMetricWarning,
        stacklevel=3,
    )
    return np.full_like(passed, np.nan)
