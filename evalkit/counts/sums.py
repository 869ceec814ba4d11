"""Sums over more samples than are kept as rows, for metrics, intervals and tests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.counts.joint import JointCounts
from evalkit.counts.probability import (
    LossMoments,
    ProbabilityCounts,
    counts_of_sums,
    moments_of_sums,
)
from evalkit.counts.slices import LOSS_UNITS, Discordant, SampleCells, SliceCounts, parsed_key
from evalkit.predictions.slices import sorted_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    SliceBins = Mapping[str, Sequence[str]]

    from numpy.typing import NDArray

    from evalkit.counts.tables import PartialCounts, Table
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.predictions import Sampling

UNITS = 1024
"""Groups are hashed to this many units, which are drawn whole: the variance stays unbiased."""


@dataclass(frozen=True, slots=True, eq=False)
class WeightedCells:
    """Sums of weighted samples by cell.

    Attributes
    ----------
    cells : (m, 2) actual and predicted of one model, or (m, 3) of two, sorted.
    weights, squares : (m,) Σw and Σw² of each cell.
    n_classes : K.
    """

    cells: NDArray[np.int64]
    weights: NDArray[Any]
    squares: NDArray[Any]
    n_classes: int

    @property
    def equal_samples(self) -> FloatArray:
        """(m,) the number of equally weighted samples with the variance of each cell."""
        found: FloatArray = np.asarray(self.weights, np.float64) ** 2 / self.squares
        return found

    def swap(self) -> WeightedCells:
        """Return the cells of two models in the other order."""
        cells = self.cells[:, [0, 2, 1]]
        order = np.lexsort(cells.T[::-1])
        return WeightedCells(cells[order], self.weights[order], self.squares[order], self.n_classes)


@dataclass(frozen=True, slots=True, eq=False)
class UnitSums:
    """Sums of grouped samples by unit and class.

    Attributes
    ----------
    actual : (U, K) samples of each actual class, or their weight.
    predicted, right : for each model (U, K) of each predicted class, and of those correct.
    """

    actual: FloatArray
    predicted: tuple[FloatArray, ...]
    right: tuple[FloatArray, ...]

    @property
    def occupied(self) -> int:
        """The number of units with a sample."""
        return int(np.count_nonzero(self.actual.sum(axis=1)))


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over the same samples of several models, by position of the model.

    Attributes
    ----------
    joints : for each two models, their joint counts.
    patterns : (p, models) which models are right, and (p,) how many samples; None if not counted.
    cells : with weights, the cells of each model, (i,), and of each two, (i, j).
    units : the sums by unit of grouped samples.
    probability : the probability counts of each model, or None.
    losses : for each two models with probabilities, the moments of the losses of the second minus
        those of the first.
    slices : counts per slice.
    """

    joints: Mapping[tuple[int, int], JointCounts]
    patterns: tuple[NDArray[np.bool_], NDArray[np.int64]] | None = None
    cells: Mapping[tuple[int, ...], WeightedCells] = field(default_factory=dict)
    units: UnitSums | None = None
    probability: tuple[ProbabilityCounts | None, ...] = ()
    losses: Mapping[tuple[int, int], LossMoments] = field(default_factory=dict)
    slices: tuple[SliceCounts, ...] = ()

    def sampling(self, *, weighted: bool) -> Sampling:
        """Return whether the samples are weighted or grouped."""
        from evalkit.predictions import Sampling

        return Sampling(weighted, None if self.units is None else self.units.occupied)

    def joint(self, i: int, j: int) -> JointCounts:
        """Return the joint counts of two models, in either order."""
        return self.joints[i, j] if i < j else self.joints[j, i].swap()

    def weighted_cells(self, *models: int) -> WeightedCells:
        """Return the weighted cells of one model, or of two in either order."""
        ordered = tuple(sorted(models))
        return self.cells[ordered] if ordered == models else self.cells[ordered].swap()

    def loss_moments(self, i: int, j: int) -> LossMoments:
        """Return the moments of the losses of model j minus those of i; {} if unknown."""
        if i < j:
            return self.losses.get((i, j), {})
        found = self.losses.get((j, i), {})
        return {key: replace(each, mean=-each.mean) for key, each in found.items()}


def sums_of(
    counted: PartialCounts,
    n_models: int,
    *,
    weighted: bool,
    slices: SliceBins,
) -> tuple[tuple[NDArray[Any], ...], Sums]:
    """Return the confusion matrix of each model, and the sums.

    Parameters
    ----------
    counted : the counts of all rows.
    n_models, weighted, slices : as for `evalkit.counts.counting.counts_of_sums`.
    """
    tables, n_classes = counted.tables, len(counted.classes)
    matrices = tuple(_matrices(tables, n_models, n_classes, weighted=weighted))
    total = float(matrices[0].sum())
    return matrices, Sums(
        joints=_joints(tables, n_models, n_classes, weighted=weighted),
        patterns=_patterns(tables, n_models),
        cells=_weighted_cells(tables, n_models, n_classes) if weighted else {},
        units=_units(tables, n_models, n_classes) if "unit actual" in tables else None,
        probability=tuple(
            counts_of_sums(counted.sums, tables[f"scores {i}"], i, n_classes, counted.rows)
            if f"scores {i}" in tables
            else None
            for i in range(n_models)
        ),
        losses={
            (i, j): moments_of_sums(counted.sums, f"losses {i} {j}", counted.rows, total)
            for i, j in combinations(range(n_models), 2)
            if f"losses {i} {j} log_loss" in counted.sums
        },
        slices=_slices(tables, n_models, n_classes, slices, weighted=weighted),
    )


def _matrices(
    tables: Mapping[str, Table], n_models: int, n_classes: int, *, weighted: bool
) -> list[NDArray[Any]]:
    if n_models == 1:
        return [tables["model"].dense((n_classes, n_classes), int(weighted))]
    joints = _joints(tables, n_models, n_classes, weighted=weighted)
    return [joints[0, 1].confusion_a(), *(joints[0, j].confusion_b() for j in range(1, n_models))]


def _joints(
    tables: Mapping[str, Table], n_models: int, n_classes: int, *, weighted: bool
) -> dict[tuple[int, int], JointCounts]:
    found = {}
    for i, j in combinations(range(n_models), 2):
        table = tables[f"joint {i} {j}"]
        counts = table.values[:, int(weighted)]
        occurs = counts > 0
        found[i, j] = JointCounts(table.cells[occurs], counts[occurs], n_classes)
    return found


def _weighted_cells(
    tables: Mapping[str, Table], n_models: int, n_classes: int
) -> dict[tuple[int, ...], WeightedCells]:
    found: dict[tuple[int, ...], WeightedCells] = {}
    if n_models == 1:
        found[0,] = _cells(tables["model"], n_classes)
    for i, j in combinations(range(n_models), 2):
        table = tables[f"joint {i} {j}"]
        found[i, j] = _cells(table, n_classes)
        for position, axis in ((i, 1), (j, 2)):
            if (position,) not in found:
                found[position,] = _cells(table.over((0, axis)), n_classes)
    return found


def _cells(table: Table, n_classes: int) -> WeightedCells:
    occurs = table.values[:, 1] > 0
    _, weights, squares = table.values[occurs].T
    return WeightedCells(table.cells[occurs], weights, squares, n_classes)


def _patterns(
    tables: Mapping[str, Table], n_models: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]] | None:
    if "right" not in tables:
        return None
    masks = tables["right"].cells[:, 0]
    right = (masks[:, None] >> np.arange(n_models)) & 1
    return right.astype(np.bool_), tables["right"].values[:, 0]


def _units(tables: Mapping[str, Table], n_models: int, n_classes: int) -> UnitSums:
    def dense(key: str) -> FloatArray:
        table = tables[key]
        summed = table.dense((UNITS, n_classes), min(1, table.values.shape[1] - 1))
        return summed.astype(np.float64)

    return UnitSums(
        dense("unit actual"),
        tuple(dense(f"unit predicted {i}") for i in range(n_models)),
        tuple(dense(f"unit right {i}") for i in range(n_models)),
    )


def _slices(
    tables: Mapping[str, Table],
    n_models: int,
    n_classes: int,
    columns: SliceBins,
    *,
    weighted: bool,
) -> tuple[SliceCounts, ...]:
    """Return the slices in the order of columns and values."""
    names = list(columns)
    by_slice: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[str, Table]] = {}
    for key, table in tables.items():
        if (parsed := parsed_key(key)) is not None:
            by_slice.setdefault(parsed[:2], {})[parsed[2]] = table
    occurring: dict[str, list[str]] = {name: [] for name in names}
    for columns_and_values in by_slice:
        for column, value in zip(*columns_and_values, strict=True):
            occurring[column].append(value)
    ranks = {
        column: {value: i for i, value in enumerate(sorted_values(values, columns[column]))}
        for column, values in occurring.items()
    }

    def place(key: tuple[tuple[str, ...], tuple[str, ...]]) -> Any:
        of_values = [ranks[column][value] for column, value in zip(*key, strict=True)]
        return len(key[0]), [names.index(column) for column in key[0]], of_values

    return tuple(
        _slice_counts(key, by_slice[key], n_models, n_classes, weighted=weighted)
        for key in sorted(by_slice, key=place)
    )


def _slice_counts(
    key: tuple[tuple[str, ...], tuple[str, ...]],
    tables: Mapping[str, Table],
    n_models: int,
    n_classes: int,
    *,
    weighted: bool,
) -> SliceCounts:
    first = tables["model" if n_models == 1 else "joint 0 1"]
    losses: list[NDArray[np.float64] | None] = []
    cells: list[SampleCells] = []
    for i in range(n_models):
        table = tables.get(f"losses {i}")
        both = [] if table is None else [table.dense((n_classes,), column) for column in (0, 1)]
        losses.append(np.stack(both, axis=1) / LOSS_UNITS if both else None)
        if (table := tables.get(f"unit cells {i}")) is not None:
            weight, square = table.values.astype(np.float64).T[[1, 2] if weighted else [0, 0]]
            unit, actual, predicted = table.cells.T
            cells.append(SampleCells(actual, predicted, weight, square, unit))
    if weighted and not cells:
        of_model = _weighted_cells(tables, n_models, n_classes)
        for each in (of_model[i,] for i in range(n_models)):
            actual, predicted = each.cells.T
            cells.append(SampleCells(actual, predicted, each.weights, each.squares))
    discordant = {}
    if cells:
        for i, j in combinations(range(n_models), 2):
            joint = tables[f"joint {i} {j}"]
            columns = joint.values.astype(np.float64).T[[1, 2] if weighted else [0, 0]]
            discordant[i, j] = Discordant.of(joint.cells, *columns)
    return SliceCounts(
        *key,
        int(first.values[:, 0].sum()),
        tuple(_matrices(tables, n_models, n_classes, weighted=weighted)),
        _joints(tables, n_models, n_classes, weighted=weighted),
        tuple(losses),
        tuple(cells),
        discordant,
    )
