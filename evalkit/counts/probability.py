"""Probability metrics from rows or from accumulated sums: losses, calibration and rankings.

From rows, scores are counted exactly. In sums, a score falls into a bin of at most 1/128 of its
distance to the nearer of 0 and 1, down to 2⁻²⁴, so that scores of confident models stay distinct.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.counts.tables import Table
from evalkit.metrics.probability.ranking import Thresholds
from evalkit.metrics.probability.targets import BinaryTarget
from evalkit.metrics.window import BLOCK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray

    Codes = NDArray[np.integer[Any]]

BINS = 15
"""The number of bins of confidence, for calibration."""
LOSSES = ("log_loss", "brier_score")
QUANTUM = 1 << 36
"""Losses are added as whole multiples of 1/QUANTUM, so that the order of adding is irrelevant."""
_FEW_CLASSES = 100
_HALF = np.float32(0.5).view(np.uint32)
_LEAST = np.float32(2**-24).view(np.uint32)


@dataclass(frozen=True)
class Moments:
    """A mean over samples and the variance of that mean for independent samples."""

    mean: float
    variance: float


LossMoments = dict[str, Moments]
"""``log_loss`` and ``brier_score`` → moments."""


@dataclass(frozen=True, eq=False)
class ProbabilityCounts:
    """Losses, calibration and rankings of one model.

    Confidence and correctness are those of the most probable class, whichever class is predicted.

    Attributes
    ----------
    losses : mean losses.
    right, wrong, confidence : (BINS,) correct and wrong samples, or their weight, and their summed
        confidence, by bin of confidence.
    gap_variance : (BINS,) variance of the summed gap between correctness and confidence; in sums,
        of samples without weights only.
    stated_variance : (BINS,) that variance if the probabilities are calibrated, Σ w² p (1 − p).
    differing : number of samples whose predicted class is not the most probable one.
    scores : for each class its samples and the others, by descending score.
    is_binned : whether scores were counted in bins.
    """

    losses: LossMoments
    right: FloatArray
    wrong: FloatArray
    confidence: FloatArray
    gap_variance: FloatArray
    stated_variance: FloatArray
    differing: int
    scores: tuple[Thresholds, ...]
    is_binned: bool

    @property
    def edges(self) -> FloatArray:
        """(BINS + 1,) the edges of the bins of confidence."""
        return np.linspace(0.0, 1.0, BINS + 1)

    @property
    def calibration_error(self) -> float:
        """Σ |right − confidence| over the bins, divided by all samples."""
        gaps = np.abs(self.right - self.confidence).sum()
        return float(gaps / (self.right + self.wrong).sum())

    @property
    def auc_bound(self) -> float:
        """The largest error that score bins can cause in an area under a ROC curve."""
        return (
            max((tie_bound(each) for each in self.scores), default=0.0) if self.is_binned else 0.0
        )


def tie_bound(scores: Thresholds) -> float:
    """Return the largest effect of ties on a ROC area: half of their share of all pairs."""
    own, others = (
        np.diff(scores.true_positives, prepend=0),
        np.diff(scores.false_positives, prepend=0),
    )
    pairs = own.sum() * others.sum()
    return float(own @ others / (2 * pairs)) if pairs else 0.0


def sample_losses(actual: Codes, probabilities: NDArray[np.floating[Any]]) -> FloatArray:
    """Return (n, 2): log loss in nats and Brier score of each sample.

    The Brier score of two classes is halved, as in scikit-learn.
    """
    of_actual = probabilities[np.arange(len(actual)), actual].astype(np.float64)
    smallest = np.finfo(probabilities.dtype).eps
    log_loss = -np.log(np.clip(of_actual, smallest, 1.0))
    squares = np.einsum("ij,ij->i", probabilities, probabilities, dtype=np.float64)
    brier = squares - 2 * of_actual + 1.0
    return np.stack([log_loss, brier / 2 if probabilities.shape[1] == 2 else brier], axis=1)


@dataclass(frozen=True, eq=False)
class Stated:
    """The most probable class of each sample, and its probability.

    Attributes
    ----------
    confidence : (n,) the probability of the most probable class, the first in case of ties.
    bins : (n,) the bin of the confidence.
    correct : (n,) whether the most probable class is the actual class.
    differs : (n,) whether the predicted class has a lower probability.
    """

    confidence: FloatArray
    bins: Codes
    correct: NDArray[np.bool_]
    differs: NDArray[np.bool_]

    @classmethod
    def of(
        cls, actual: Codes, predicted: Codes, probabilities: NDArray[np.floating[Any]]
    ) -> Stated:
        """Return the most probable class of rows, compared with actual and predicted classes."""
        rows = np.arange(len(actual))
        chosen = probabilities.argmax(axis=1)
        highest = probabilities[rows, chosen]
        confidence = highest.astype(np.float64)
        edges = np.linspace(0.0, 1.0, BINS + 1)
        bins = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, BINS - 1)
        return cls(confidence, bins, chosen == actual, probabilities[rows, predicted] < highest)


def counts_of_rows(
    actual: Codes,
    predicted: Codes,
    probabilities: NDArray[np.floating[Any]],
    weights: FloatArray | None,
) -> ProbabilityCounts:
    """Return the counts of the probabilities (n, K) of rows."""
    weight = np.ones(len(actual)) if weights is None else weights
    stated = Stated.of(actual, predicted, probabilities)
    confidence, bins, correct = stated.confidence, stated.bins, stated.correct
    gaps, total = correct - confidence, float(weight.sum())
    losses = sample_losses(actual, probabilities)
    means = weight @ losses / total
    spread = (weight**2) @ (losses - means) ** 2 / total**2

    def summed(values: FloatArray) -> FloatArray:
        return np.bincount(bins, values, BINS).astype(np.float64)

    counted = summed(weight)
    mean_gap = np.divide(summed(weight * gaps), counted, out=np.zeros(BINS), where=counted > 0)
    return ProbabilityCounts(
        losses={name: Moments(float(means[i]), float(spread[i])) for i, name in enumerate(LOSSES)},
        right=summed(weight * correct),
        wrong=summed(weight * ~correct),
        confidence=summed(weight * confidence),
        gap_variance=summed(weight**2 * (gaps - mean_gap[bins]) ** 2),
        stated_variance=summed(weight**2 * confidence * (1 - confidence)),
        differing=int(stated.differs.sum()),
        scores=tuple(
            Thresholds.of(BinaryTarget.of_mask(actual == k, probabilities[:, k], weights))
            for k in range(probabilities.shape[1])
        ),
        is_binned=False,
    )


def counts_of_sums(
    sums: Mapping[str, int | float], scores: Table, model: int, n_classes: int, rows: int
) -> ProbabilityCounts:
    """Return the counts of one model from the sums of `probability_sums`."""
    right, wrong, confidence, squares, stated_variance = (
        np.array([float(sums.get(f"bin {model} {i} {part}", 0)) for i in range(BINS)])
        for part in ("right", "wrong", "confidence", "gap squared", "stated variance")
    )
    confidence, squares = confidence / QUANTUM, squares / QUANTUM
    total, gaps = right + wrong, right - confidence
    spread = squares - np.divide(gaps**2, total, out=np.zeros(BINS), where=total > 0)
    bits = bits_for(n_classes)
    places = _scores_of_bins(bits)
    others, own = (scores.dense((n_classes, len(places)), i).astype(float) for i in (0, 1))
    found = []
    for k in range(n_classes):
        occurs = np.flatnonzero(others[k] + own[k])[::-1]
        found.append(
            Thresholds(places[occurs], np.cumsum(own[k][occurs]), np.cumsum(others[k][occurs]))
        )
    return ProbabilityCounts(
        losses=moments_of_sums(sums, f"losses {model}", rows, float(total.sum())),
        right=right,
        wrong=wrong,
        confidence=confidence,
        gap_variance=np.maximum(spread, 0.0),
        stated_variance=stated_variance / QUANTUM,
        differing=int(sums.get(f"differing {model}", 0)),
        scores=tuple(found),
        is_binned=True,
    )


def moments_of_sums(
    sums: Mapping[str, int | float], key: str, rows: int, weight: float
) -> LossMoments:
    """Return mean and variance of each loss; with weights, those of a ratio of two sums."""
    found = {}
    for name in LOSSES:
        total = sums[f"{key} {name}"] / QUANTUM
        squares = sums[f"{key} {name} squared"] / QUANTUM
        mean = total / weight
        cross = sums.get(f"{key} {name} cross")
        if cross is None:
            variance = (squares / rows - mean**2) / rows
        else:
            squared = sums["squared weight"]
            variance = (squares - 2 * mean * cross / QUANTUM + mean**2 * squared) / weight**2
        found[name] = Moments(mean, max(0.0, variance))
    return found


def probability_sums(
    actual: Codes,
    predicted: Sequence[Codes],
    probabilities: Sequence[NDArray[Any] | None],
    weights: NDArray[Any] | None,
) -> tuple[dict[str, Table], dict[str, int | float]]:
    """Return sums that can be added: score bins by class, losses and calibration of each model."""
    tables: dict[str, Table] = {}
    sums: dict[str, int | float] = {}
    losses: dict[int, FloatArray] = {}
    for i, table in enumerate(probabilities):
        if table is None:
            continue
        losses[i] = sample_losses(actual, table)
        _add_moments(sums, f"losses {i}", losses[i], weights)
        _add_calibration(sums, i, Stated.of(actual, predicted[i], table), weights)
        tables[f"scores {i}"] = _score_table(actual, table, weights)
    for i, j in combinations(losses, 2):
        _add_moments(sums, f"losses {i} {j}", losses[j] - losses[i], weights)
    if weights is not None and losses:
        sums["squared weight"] = float((weights.astype(np.float64) ** 2).sum())
    return tables, sums


def bits_for(n_classes: int) -> int:
    """Return how many leading bits of a score are kept: fewer for many classes."""
    return 7 if n_classes <= _FEW_CLASSES else 3


def bin_of(scores: NDArray[Any], bits: int) -> NDArray[np.int64]:
    """Return the bin of each score in [0, 1], in the order of the scores.

    >>> bin_of(np.array([0.0, 0.5, 1.0]), 7).tolist()
    [0, 2945, 5890]
    """
    numbers = scores.astype(np.float32)
    upper = numbers > np.float32(0.5)
    nearer = np.where(upper, np.float32(1) - numbers, numbers).astype(np.float32)
    shift = 23 - bits
    place = nearer.view(np.uint32) >> np.uint32(shift)
    place = np.maximum(place, _LEAST >> np.uint32(shift)).astype(np.int64) - int(_LEAST >> shift)
    # Zero has its own bin.
    place = np.where(nearer > 0, place + 1, 0)
    return np.where(upper, 2 * _middle(bits) - place, place)


def _middle(bits: int) -> int:
    shift = 23 - bits
    return int((_HALF >> np.uint32(shift)) - (_LEAST >> np.uint32(shift))) + 1


def _scores_of_bins(bits: int) -> FloatArray:
    """Return the score of each bin that is nearest to 0 or 1."""
    shift, middle = 23 - bits, _middle(bits)
    first = int(_LEAST >> shift)
    steps = (np.arange(first, first + middle, dtype=np.uint32) << np.uint32(shift)).view(np.float32)
    lower = np.concatenate([[0.0], steps.astype(np.float64)])
    return np.concatenate([lower[: middle + 1], 1.0 - lower[:middle][::-1]])


def _add_moments(
    sums: dict[str, int | float], key: str, losses: FloatArray, weights: NDArray[Any] | None
) -> None:
    squared = None if weights is None else weights.astype(np.float64) ** 2
    for column, name in enumerate(LOSSES):
        sums[f"{key} {name}"] = _total(losses[:, column], weights)
        sums[f"{key} {name} squared"] = _total(losses[:, column] ** 2, squared)
        if squared is not None:
            sums[f"{key} {name} cross"] = _total(losses[:, column], squared)


def _add_calibration(
    sums: dict[str, int | float],
    model: int,
    stated: Stated,
    weights: NDArray[Any] | None,
) -> None:
    confidence, bins, right = stated.confidence, stated.bins, stated.correct
    gaps = right - confidence
    sums[f"differing {model}"] = int(stated.differs.sum())
    for i in np.flatnonzero(np.bincount(bins, minlength=BINS)):
        inside = bins == i
        weight = None if weights is None else weights[inside]
        squared = None if weight is None else weight.astype(np.float64) ** 2
        key = f"bin {model} {i}"
        sums[f"{key} right"] = _count(right[inside], weight)
        sums[f"{key} wrong"] = _count(~right[inside], weight)
        sums[f"{key} confidence"] = _total(confidence[inside], weight)
        sums[f"{key} gap squared"] = _total(gaps[inside] ** 2, squared)
        sums[f"{key} stated variance"] = _total(
            confidence[inside] * (1 - confidence[inside]), squared
        )


def _count(which: NDArray[np.bool_], weights: NDArray[Any] | None) -> int | float:
    total: int | float = int(which.sum()) if weights is None else weights[which].sum().item()
    return total


def _total(values: FloatArray, weights: NDArray[Any] | None) -> int | float:
    """Return a sum in multiples of 1/QUANTUM: a whole number unless there are weights."""
    if weights is not None:
        return float((values * weights).sum()) * QUANTUM
    total = 0
    for start in range(0, len(values), BLOCK):
        total += int(np.rint(values[start : start + BLOCK] * QUANTUM).astype(np.int64).sum())
    return total


def _score_table(actual: Codes, probabilities: NDArray[Any], weights: NDArray[Any] | None) -> Table:
    """Return for each class and bin the samples of other classes and of the class."""
    n_classes = probabilities.shape[1]
    bits = bits_for(n_classes)
    size = 2 * _middle(bits) + 1
    others, own = np.zeros((n_classes, size)), np.zeros((n_classes, size))
    weight = None if weights is None else weights.astype(np.float64)
    for k in range(n_classes):
        bins = bin_of(probabilities[:, k], bits)
        every = np.bincount(bins, weight, size)
        of_class = actual == k
        own[k] = np.bincount(bins[of_class], None if weight is None else weight[of_class], size)
        others[k] = every - own[k]
    if weight is None:
        others, own = others.astype(np.int64), own.astype(np.int64)
    occurs = np.nonzero(others + own)
    cells = np.stack(occurs, axis=1).astype(np.int64)
    return Table("cp", cells, np.stack([others[occurs], own[occurs]], axis=1))
