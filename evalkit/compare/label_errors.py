"""Suspected label errors, and how many labels would have to be wrong to change the verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.records import LabelCheck
from evalkit.statistics.estimates import PairEstimator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.records import PairResult, Settings
    from evalkit.counts.counts import Counts
    from evalkit.predictions.outcomes import Outcomes

    Flags = NDArray[np.bool_]
    Rows = NDArray[np.intp]
    Suspicion = tuple[Flags, NDArray[np.float64] | None]

MOST_RANKED = 20
"""So many suspected labels are replaced to see whether the verdict holds."""
METRIC = "accuracy"


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
    counts: Counts,
    outcomes: Outcomes,
    suspicion: Suspicion,
    pairs: Sequence[PairResult],
    ranking: Sequence[int],
    order: Callable[[Flags, NDArray[Any] | None], Rows],
    settings: Settings,
) -> LabelCheck:
    """Return how the verdict on the two leading models depends on the labels.

    Parameters
    ----------
    counts, outcomes : of all models.
    suspicion : which labels are suspected, and how strongly.
    pairs : the results of the pairs.
    ranking : positions of the models, the best first.
    order : returns flagged samples, the highest scores first.
    settings : of the comparison.
    """
    flags, evidence = suspicion
    suspected = order(flags, evidence)[:MOST_RANKED]
    check = LabelCheck(int(flags.sum()), evidence is not None, len(suspected))
    if len(outcomes.models) < 2 or not counts.sampling.simple:
        return check
    leader, follower = ranking[:2]
    pair = next(each for each in pairs if {each.first, each.second} == {leader, follower})
    verdict = _Verdict(counts, (pair.first, pair.second), pair.overall[METRIC].p_value, settings)
    check = replace(check, pair=(pair.first, pair.second), metric=METRIC)
    models = outcomes.predicted
    changed = verdict.changed_at(outcomes.actual, suspected, models[leader])
    check = replace(check, changed_at=changed)
    if not verdict.significant:
        return check
    # If these labels are wrong, the model that follows is right where the leader was.
    decisive = outcomes.wrong[follower] & ~outcomes.wrong[leader]
    rows = order(decisive, evidence)
    return replace(
        check,
        n_decisive=len(rows),
        decisive_at=verdict.changed_at(outcomes.actual, rows, models[follower]),
    )


class _Verdict:
    """Which of two models leads, and whether significantly, if some labels are replaced."""

    def __init__(
        self, counts: Counts, pair: tuple[int, int], p_value: float | None, settings: Settings
    ) -> None:
        self._counts, self._settings = counts.select(pair), settings
        self._first = self._leader_of(self._counts)
        raw, adjusted = self._first[1], 1.0 if p_value is None else p_value
        # The correction for the number of pairs is kept.
        self._factor = adjusted / raw if raw > 0 else 1.0
        self.significant: bool = adjusted <= settings.alpha

    def changed_at(self, actual: NDArray[Any], rows: Rows, labels: NDArray[Any]) -> int | None:
        """Return the smallest number of rows whose new labels change the verdict, or None.

        The number is found by bisection, as more new labels move the verdict further.
        """
        if not len(rows) or not self._changes(actual, rows, labels):
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
        sign, p_value = self._leader_of(self._counts.with_labels(replaced))
        significant = min(1.0, self._factor * p_value) <= self._settings.alpha
        if not self.significant:
            return significant
        return not significant or sign != self._first[0]

    def _leader_of(self, counts: Counts) -> tuple[float, float]:
        """Return the sign of the difference, and its p-value before correction."""
        settings = self._settings
        estimator = PairEstimator(
            counts, (0, 1), replicates=settings.replicates, seed=settings.seed
        )
        found = estimator.differences(METRIC, settings.confidence)[0]
        return float(np.sign(found.value or 0.0)), 1.0 if found.p_value is None else found.p_value
