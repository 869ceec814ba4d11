"""The paired difference of two models in the area under the ROC curve of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr, stdtrit

from evalkit.statistics.auc import (
    auc_interval_of_scores,
    delong_test,
    error_of_units,
    weighted_contributions,
)
from evalkit.statistics.estimates import UNDEFINED_OF_TWO, Difference
from evalkit.statistics.intervals import tail_probability
from evalkit.statistics.sampling_units import SamplingUnits

if TYPE_CHECKING:
    from evalkit.counts.counts import Counts
    from evalkit.predictions import Predictions

DELONG = "DeLong"
CLUSTERED = "Obuchowski"


def auc_difference(counts: Counts, pair: tuple[int, int], k: int, confidence: float) -> Difference:
    """Return the paired difference in the one-vs-rest area of a class, second minus first.

    Independent samples have DeLong's test (`delong_test`). For weighted or grouped samples, the
    contributions of a group to both areas are subtracted, and the variance of their sum is that of
    `clustered_auc_interval`, with Student's t and groups with samples of the class − strata degrees
    of freedom.

    Parameters
    ----------
    counts : counts of models with probabilities.
    pair : positions of the two models.
    k : position of the class.
    confidence : strictly between 0 and 1.

    Returns
    -------
    The difference; undefined if the class or all others are absent. There is no interval and no
    p-value, and `test` says why, if the samples are not in memory or not the same, or too few.

    References
    ----------
    E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, 1988. N. A. Obuchowski, "Nonparametric
    analysis of clustered ROC curve data", 1997.

    Examples
    --------
    >>> import evalkit
    >>> table = [[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]]
    >>> counts = evalkit.evaluate([0, 0, 1, 1], y_proba=table, classes=[0, 1]).counts
    >>> found = auc_difference(counts, (0, 0), 1, 0.95)
    >>> found.value, found.p_value, found.test
    (0.0, 1.0, 'DeLong')
    """
    tail_probability(confidence)
    first, second = (counts.probability(i) for i in pair)
    if first is None or second is None:
        return Difference(None, undefined=UNDEFINED_OF_TWO)
    areas = [auc_interval_of_scores(each.scores[k]).auc for each in (first, second)]
    if not np.isfinite(areas).all():
        return Difference(None, undefined="the class or all others are absent")
    rows = counts.rows
    if rows is None:
        return Difference(
            areas[1] - areas[0], test="no test: the samples are not in memory or not paired"
        )
    if not counts.sampling.simple:
        return _clustered(rows, pair, k, confidence)
    tables = [rows.models[i].probabilities for i in pair]
    scores = [np.ascontiguousarray(table[:, k]) for table in tables if table is not None]
    found = delong_test(rows.actual == k, *scores, confidence=confidence)
    if found.undefined is not None:
        return Difference(found.difference, test=f"no test: {found.undefined}")
    return Difference(found.difference, found.low, found.high, found.p_value, test=DELONG)


def _clustered(rows: Predictions, pair: tuple[int, int], k: int, confidence: float) -> Difference:
    positive = rows.actual == k
    weight = np.ones(len(rows)) if rows.weights is None else rows.weights.astype(np.float64)
    tables = [rows.models[i].probabilities for i in pair]
    (auc_a, of_a), (auc_b, of_b) = (
        weighted_contributions(positive, np.ascontiguousarray(table[:, k]), weight)
        for table in tables
        if table is not None
    )
    units = SamplingUnits.of_samples(len(rows), rows.groups, rows.strata)
    error, degrees = error_of_units(of_b - of_a, units)
    counted = weight > 0
    sizes = [len(np.unique(units.unit[side & counted])) for side in (positive, ~positive)]
    difference = auc_b - auc_a
    if min(sizes) < 2 or degrees < 1:
        return Difference(difference, test="no test: too few groups with samples of the class")
    if not error > 0:
        if difference == 0:
            return Difference(0.0, 0.0, 0.0, 1.0, test=CLUSTERED)
        return Difference(difference, test="no test: the variance cannot be estimated")
    degrees = max(1, min(degrees, min(sizes) - len(units.strata)))
    reach = -float(stdtrit(degrees, tail_probability(confidence))) * error
    p_value = 2.0 * float(stdtr(degrees, -abs(difference) / error))
    return Difference(difference, difference - reach, difference + reach, p_value, test=CLUSTERED)
