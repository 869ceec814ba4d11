"""The detection error trade-off: false alarms against misses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.probability.ranking import Thresholds, turns
from evalkit.metrics.probability.targets import BinaryTarget

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray


def det_curve(
    y_true: Any,
    y_score: Any,
    *,
    pos_label: Any = None,
    sample_weight: Any = None,
    drop_intermediate: bool = False,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the false positive and false negative rates of the thresholds, from the lowest up.

    Parameters
    ----------
    y_true : (n,) labels of two classes.
    y_score : (n,) scores, higher for likelier positives.
    pos_label : the positive label; 1 where the labels are 0 or −1 and 1.
    sample_weight : (n,) weights of zero or more.
    drop_intermediate : whether to leave out thresholds that change no true positive.

    Returns
    -------
    (m,) false positive rates, false negative rates and thresholds, without the repeated ends.

    Raises
    ------
    InputError, LabelError
        If targets and scores do not fit, it is not clear which label is positive, or one class
        has no samples.

    Notes
    -----
    Martin et al., *The DET curve in assessment of detection task performance*, Eurospeech 1997.

    Examples
    --------
    >>> [part.tolist() for part in det_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])[:2]]
    [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    """
    curve = Thresholds.of(BinaryTarget.of(y_true, y_score, pos_label, sample_weight))
    true_positives = np.append(0.0, curve.true_positives)
    false_positives = np.append(0.0, curve.false_positives)
    values = np.append(np.inf, curve.values)
    if not true_positives[-1] or not false_positives[-1]:
        raise InputError("a DET curve needs both classes in y_true; got one")
    if drop_intermediate:
        kept = turns(true_positives)
        true_positives, false_positives, values = (
            part[kept] for part in (true_positives, false_positives, values)
        )
    # Only the last of the thresholds without false alarms, and the first without misses.
    first = int(np.searchsorted(false_positives, false_positives[0], "right")) - 1
    last = int(np.searchsorted(true_positives, true_positives[-1])) + 1
    shown = slice(first, last)
    return (
        false_positives[shown][::-1] / false_positives[-1],
        (true_positives[-1] - true_positives[shown][::-1]) / true_positives[-1],
        values[shown][::-1],
    )
