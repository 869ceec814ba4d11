"""The precision–recall curve: what recall costs in precision."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import UndefinedMetricWarning
from evalkit.metrics.probability.ranking import Thresholds, turns
from evalkit.metrics.probability.targets import BinaryTarget

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray


def precision_recall_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = False,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the precision and the recall of every threshold, from the lowest up.

    Parameters
    ----------
    y_true : (n,) labels of two classes.
    y_score : (n,) scores, higher for likelier positives.
    pos_label : the positive label; 1 where the labels are 0 or −1 and 1.
    sample_weight : (n,) weights of zero or more.
    drop_intermediate : whether to leave out thresholds that change no true positive.

    Returns
    -------
    (m + 1,) precision, (m + 1,) recall and (m,) thresholds; the last point is precision 1 and
    recall 0. Without positives recall is 1 throughout, with `UndefinedMetricWarning`.

    Raises
    ------
    InputError, LabelError
        If targets and scores do not fit, or it is not clear which label is positive.

    Notes
    -----
    Davis and Goadrich, *The relationship between precision–recall and ROC curves*, ICML 2006.

    Examples
    --------
    >>> precision, recall, _ = precision_recall_curve([0, 1, 1], [0.1, 0.4, 0.8])
    >>> precision.round(3).tolist(), recall.tolist()
    ([0.667, 1.0, 1.0, 1.0], [1.0, 1.0, 0.5, 0.0])
    """
    curve = Thresholds.of(BinaryTarget.of(y_true, y_score, pos_label, sample_weight))
    if drop_intermediate:
        curve = curve.take(turns(curve.true_positives))
    precision = curve.true_positives / (curve.true_positives + curve.false_positives)
    if curve.true_positives[-1] > 0:
        recall = curve.true_positives / curve.true_positives[-1]
    else:
        warnings.warn(
            "there are no positives in y_true: recall is undefined, 1.0 is returned",
            UndefinedMetricWarning,
            stacklevel=2,
        )
        recall = np.ones_like(curve.true_positives)
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), curve.values[::-1]
