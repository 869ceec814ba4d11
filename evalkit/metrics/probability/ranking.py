"""Samples in the order of their scores: what every threshold metric is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.metrics.probability.targets import BinaryTarget


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """What each distinct score, taken as a threshold, lets through.

    Attributes
    ----------
    values : (m,) distinct scores, descending.
    true_positives, false_positives : (m,) counts or weights of samples that score as high or
        higher.
    """

    values: NDArray[Any]
    true_positives: NDArray[np.float64]
    false_positives: NDArray[np.float64]

    @classmethod
    def of(cls, target: BinaryTarget) -> Thresholds:
        """Return the cumulative counts of a target."""
        scores, positive, weights = _descending(target)
        last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
        if weights is None:
            true_positives = np.cumsum(positive)[last]
            passed = last + 1
            false_positives = passed - true_positives
        else:
            true_positives = np.cumsum(np.where(positive, weights, 0.0))[last]
            false_positives = np.cumsum(np.where(positive, 0.0, weights))[last]
        return cls(
            scores[last], true_positives.astype(np.float64), false_positives.astype(np.float64)
        )

    def take(self, kept: NDArray[np.intp]) -> Thresholds:
        """Return the thresholds at `kept`."""
        return Thresholds(self.values[kept], self.true_positives[kept], self.false_positives[kept])


def turns(true_positives: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the ends, and where the true positives change before or after."""
    if len(true_positives) <= 2:
        return np.arange(len(true_positives))
    changes = np.diff(true_positives).astype(bool)
    return np.flatnonzero(np.concatenate([[True], changes[:-1] | changes[1:], [True]]))


def _descending(
    target: BinaryTarget,
) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[Any] | None]:
    if target.weights is not None:
        order = np.argsort(target.scores)[::-1]
        return target.scores[order], target.positive[order], target.weights[order]
    positives, negatives = sorted_apart(target)
    # Two sorts and a merge cost half of what sorting positions and gathering by them does.
    place = np.searchsorted(negatives, positives) + np.arange(len(positives))
    is_positive = np.zeros(len(target.scores), dtype=np.bool_)
    is_positive[place] = True
    scores = np.empty_like(target.scores)
    scores[is_positive] = positives
    scores[~is_positive] = negatives
    return scores[::-1], is_positive[::-1], None


def sorted_apart(target: BinaryTarget) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the scores of the positives and of the negatives, each ascending."""
    return np.sort(target.scores[target.positive]), np.sort(target.scores[~target.positive])
