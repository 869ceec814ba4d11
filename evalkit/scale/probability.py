"""Probabilities as sums that merge: losses and calibration exactly, rankings in score bins.

A score falls into a bin no wider than 1/128 of its distance to 0 or to 1, whichever is nearer,
down to 2⁻²⁴: models that are sure of themselves keep their resolution where they need it.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.losses import BINS, sample_losses
from evalkit.metrics.window import BLOCK
from evalkit.predictions.checks import stack_probabilities
from evalkit.scale.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    Codes = NDArray[np.integer[Any]]

QUANTUM = 1 << 36
"""Sums of losses are whole numbers of this fraction, so that no order of merging changes them."""
_FEW_CLASSES = 100
_HALF = np.float32(0.5).view(np.uint32)
_LEAST = np.float32(2**-24).view(np.uint32)


def stacked(
    batch: pa.RecordBatch,
    by_class: Sequence[tuple[str, str]],
    classes: Sequence[str],
    where: str,
) -> NDArray[np.floating[Any]] | None:
    """Return the probabilities (n, K) of a batch, checked, or None where there are none."""
    if not by_class:
        return None
    held = {name: batch.column(name).to_numpy(zero_copy_only=False) for _, name in by_class}
    return stack_probabilities(held, dict(by_class), classes, where)


def bits_for(n_classes: int) -> int:
    """Return how many leading bits of a score's fraction are kept: fewer for many classes."""
    return 7 if n_classes <= _FEW_CLASSES else 3


def bin_of(scores: NDArray[Any], bits: int) -> NDArray[np.int64]:
    """Return the bin of each score in [0, 1]; bins ascend with scores.

    >>> bin_of(np.array([0.0, 0.5, 1.0]), 7).tolist()
    [0, 2945, 5890]
    """
    numbers = scores.astype(np.float32)
    upper = numbers > np.float32(0.5)
    nearer = np.where(upper, np.float32(1) - numbers, numbers).astype(np.float32)
    shift = 23 - bits
    place = nearer.view(np.uint32) >> np.uint32(shift)
    place = np.maximum(place, _LEAST >> np.uint32(shift)).astype(np.int64) - int(_LEAST >> shift)
    # Zero itself keeps a bin of its own.
    place = np.where(nearer > 0, place + 1, 0)
    return np.where(upper, 2 * _middle(bits) - place, place)


def _middle(bits: int) -> int:
    shift = 23 - bits
    return int((_HALF >> np.uint32(shift)) - (_LEAST >> np.uint32(shift))) + 1


def probability_counts(
    actual: Codes,
    predicted: Sequence[Codes],
    probabilities: Sequence[NDArray[Any] | None],
    weights: NDArray[Any] | None,
) -> tuple[dict[str, Table], dict[str, int | float]]:
    """Return score bins by class, and sums of losses and of calibration, of each model."""
    tables: dict[str, Table] = {}
    sums: dict[str, int | float] = {}
    losses: dict[int, NDArray[np.float64]] = {}
    for i, table in enumerate(probabilities):
        if table is None:
            continue
        losses[i] = sample_losses(actual, table)
        _add_moments(sums, f"losses {i}", losses[i], weights)
        _add_calibration(sums, i, table, predicted[i] == actual, weights)
        tables[f"scores {i}"] = _score_table(actual, table, weights)
    for i, j in combinations(losses, 2):
        _add_moments(sums, f"losses {i} {j}", losses[j] - losses[i], weights)
    if weights is not None:
        sums["squared weight"] = float((weights.astype(np.float64) ** 2).sum())
    return tables, sums


def _add_moments(
    sums: dict[str, int | float],
    key: str,
    losses: NDArray[np.float64],
    weights: NDArray[Any] | None,
) -> None:
    for column, name in enumerate(("log_loss", "brier_score")):
        sums[f"{key} {name}"] = _total(losses[:, column], weights)
        squares = losses[:, column] ** 2
        squared = None if weights is None else weights.astype(np.float64) ** 2
        sums[f"{key} {name} squared"] = _total(squares, squared)
        if squared is not None:
            sums[f"{key} {name} cross"] = _total(losses[:, column], squared)


def _add_calibration(
    sums: dict[str, int | float],
    model: int,
    probabilities: NDArray[Any],
    right: NDArray[np.bool_],
    weights: NDArray[Any] | None,
) -> None:
    confidence = probabilities.max(axis=1).astype(np.float64)
    edges = np.linspace(0.0, 1.0, BINS + 1)
    bins = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, BINS - 1)
    gaps = right - confidence
    for i in np.flatnonzero(np.bincount(bins, minlength=BINS)):
        inside = bins == i
        weight = None if weights is None else weights[inside]
        squared = None if weight is None else weight.astype(np.float64) ** 2
        key = f"bin {model} {i}"
        sums[f"{key} right"] = _count(right[inside], weight)
        sums[f"{key} wrong"] = _count(~right[inside], weight)
        sums[f"{key} confidence"] = _total(confidence[inside], weight)
        sums[f"{key} gap squared"] = _total(gaps[inside] ** 2, squared)


def _count(which: NDArray[np.bool_], weights: NDArray[Any] | None) -> int | float:
    total: int | float = int(which.sum()) if weights is None else weights[which].sum().item()
    return total


def _total(values: NDArray[np.float64], weights: NDArray[Any] | None) -> int | float:
    """Return a sum as a whole number of quanta; with weights it is rounded as such sums are."""
    if weights is not None:
        return float((values * weights).sum()) * QUANTUM
    total = 0
    for start in range(0, len(values), BLOCK):
        total += int(np.rint(values[start : start + BLOCK] * QUANTUM).astype(np.int64).sum())
    return total


def _score_table(actual: Codes, probabilities: NDArray[Any], weights: NDArray[Any] | None) -> Table:
    """Return by class and bin the samples of other classes and of the class."""
    n_classes = probabilities.shape[1]
    bits = bits_for(n_classes)
    size = 2 * _middle(bits) + 1
    shape = (n_classes, size)
    others, own = np.zeros(shape), np.zeros(shape)
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
