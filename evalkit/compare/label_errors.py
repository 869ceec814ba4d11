"""Suspected label errors, and how many labels would have to be wrong to change the verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.records import LabelCheck
from evalkit.compare.summary import Question, counted_difference
from evalkit.statistics.estimates import PairEstimator, judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import Settings
    from evalkit.counts.counts import Counts
    from evalkit.predictions.outcomes import Outcomes
    from evalkit.statistics.estimates import Difference

    Flags = NDArray[np.bool_]
    Rows = NDArray[np.intp]
    Suspicion = tuple[Flags, NDArray[np.float64] | None]

MOST_RANKED = 20
"""So many suspected labels are replaced to see whether the verdict holds."""
MANY_CLASSES = 100
"""With more classes only a verdict on accuracy is checked."""


def suspected_labels(outcomes: Outcomes) -> Suspicion:
    """Return which labels are suspected to be wrong, and how strongly.

    A label is suspected if all models agree on another class, each with a probability of at least
    its threshold for that class: the mean probability of the class over the samples labelled so.
    The evidence is 1 minus the mean probability of the label, its self-confidence. Without
    probabilities, and with two or more models, agreement alone makes a label suspected.

    Returns
    -------
    (n,) flags, and (n,) evidence, None without probabilities.

    References
    ----------
    Northcutt, C., Jiang, L., & Chuang, I. (2021). Confident learning: Estimating uncertainty in
    dataset labels. Journal of Artificial Intelligence Research, 70, 1373–1411.
    """
    first, *others = outcomes.predicted
    flags = np.logical_and.reduce([outcomes.wrong[0], *(codes == first for codes in others)])
    tables = [table for table in outcomes.tables if table is not None]
    if not tables:
        return (flags if others else np.zeros(len(outcomes), dtype=bool)), None
    confidence = np.zeros(len(outcomes))
    for table in tables:
        own = np.take_along_axis(table, outcomes.actual[:, None].astype(np.intp), axis=1)[:, 0]
        confidence += own
        with np.errstate(invalid="ignore"):
            sums = np.bincount(outcomes.actual, weights=own, minlength=len(outcomes.classes))
            thresholds = sums / np.bincount(outcomes.actual, minlength=len(outcomes.classes))
        # A class that no sample is labelled with has no threshold, and is never suspected.
        chosen = np.take_along_axis(table, first[:, None].astype(np.intp), axis=1)[:, 0]
        flags &= chosen >= np.nan_to_num(thresholds, nan=np.inf)[first]
    return flags, 1 - confidence / len(tables)


def label_check(
    comparison: Comparison,
    counts: Counts,
    outcomes: Outcomes,
    suspicion: Suspicion,
    order: Callable[[Flags, NDArray[Any] | None], Rows],
) -> LabelCheck:
    """Return how the verdict on the two leading models depends on the labels.

    Parameters
    ----------
    comparison : results of all models, without samples.
    counts, outcomes : of all models.
    suspicion : which labels are suspected, and how strongly.
    order : returns flagged samples, the highest scores first.
    """
    flags, evidence = suspicion
    suspected = order(flags, evidence)[:MOST_RANKED]
    check = LabelCheck(int(flags.sum()), evidence is not None, len(suspected))
    primary = comparison.primary
    question = Question(primary.metric, primary.of_class)
    # Other metrics than accuracy resample the verdict some 20 times.
    is_slow = question.metric != "accuracy" and len(comparison.classes) > MANY_CLASSES
    is_countable = counts.sampling.simple and question.by_counts is not None
    # A verdict on groups of runs rests on their seeds too.
    is_pair = len(comparison.models) > 1 and not comparison.group_ranking
    if not is_pair or not is_countable or is_slow:
        return check
    pair = comparison.leading_pair
    place = comparison.pairs.index(pair)
    verdict = _Verdict(
        question, counts, (pair.first, pair.second), primary.pairs[place], comparison.settings
    )
    leader, follower = sorted((pair.first, pair.second), key=comparison.ranking.index)
    check = replace(
        check,
        pair=(pair.first, pair.second),
        metric=comparison.settings.metric,
        changed_at=verdict.changed_at(outcomes.actual, suspected, outcomes.predicted[leader]),
    )
    if not verdict.significant:
        return check
    # If these labels are wrong, the model that follows is right where the leader was.
    rows = order(outcomes.wrong[follower] & ~outcomes.wrong[leader], evidence)
    return replace(
        check,
        n_decisive=len(rows),
        decisive_at=verdict.changed_at(outcomes.actual, rows, outcomes.predicted[follower]),
    )


class _Verdict:
    """Which of two models leads in a metric, and whether significantly, if labels are replaced."""

    def __init__(
        self,
        question: Question,
        counts: Counts,
        pair: tuple[int, int],
        difference: Difference,
        settings: Settings,
    ) -> None:
        self._question, self._settings = question, settings
        self._counts = counts.select(pair)
        self._sign = _sign_of(difference)
        # The correction for the number of pairs is kept.
        raw, adjusted = difference.p_value, difference.p_adjusted
        self._factor = 1.0 if not raw or adjusted is None else adjusted / raw
        self.significant: bool = difference.significant

    def changed_at(self, actual: NDArray[Any], rows: Rows, labels: NDArray[Any]) -> int | None:
        """Return the smallest number of rows whose new labels change the verdict, or None.

        Among more than `MOST_RANKED` rows it is found by bisection, which takes it that more new
        labels move the verdict further. For accuracy they do.
        """
        if len(rows) <= MOST_RANKED:
            numbers = range(1, len(rows) + 1)
            return next((k for k in numbers if self._changes(actual, rows[:k], labels)), None)
        if not self._changes(actual, rows, labels):
            return None
        low, high = 0, len(rows)
        while high - low > 1:
            middle = (low + high) // 2
            if self._changes(actual, rows[:middle], labels):
                high = middle
            else:
                low = middle
        return high

    def _changes(self, actual: NDArray[Any], rows: Rows, labels: NDArray[Any]) -> bool:
        replaced = actual.copy()
        replaced[rows] = labels[rows]
        found = self._difference(self._counts.with_labels(replaced))
        if found.significant != self.significant:
            return True
        return found.significant and _sign_of(found) != self._sign

    def _difference(self, counts: Counts) -> Difference:
        """Return the difference for other labels, judged like that of the comparison."""
        settings = self._settings
        estimator = PairEstimator(
            counts, (0, 1), replicates=settings.replicates, seed=settings.seed
        )
        found = counted_difference(self._question, estimator, settings.confidence)
        if found.p_value is None:
            return found
        return judged(found, min(1.0, self._factor * found.p_value), settings.alpha)


def _sign_of(difference: Difference) -> float:
    return float(np.sign(difference.value or 0.0))
