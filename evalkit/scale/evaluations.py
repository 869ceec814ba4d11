"""From merged counts to evaluations that a comparison pairs without rows."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.counted import Counted, CountedTogether
from evalkit.compare.evaluation import Evaluation
from evalkit.compare.losses import BINS
from evalkit.compare.probability_sums import LossMoments, Moments, ProbabilitySums
from evalkit.compare.slice_counts import SliceCounts
from evalkit.errors import DataError
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.predictions.classes import sorted_names
from evalkit.predictions.predictions import NOT_PREDICTED
from evalkit.scale.probability import QUANTUM
from evalkit.scale.slicing import PREFIX, parsed_slice
from evalkit.scale.units import UNITS
from evalkit.statistics import JointCounts
from evalkit.statistics.streamed_resampling import UnitSums, WeightedCells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from evalkit.scale.partial import PartialCounts
    from evalkit.scale.plan import Plan
    from evalkit.scale.table import Table


def evaluations_of(counts: PartialCounts, plan: Plan) -> list[Evaluation]:
    """Return an evaluation for each model of a plan, all counted together.

    Raises
    ------
    DataError
        If there was no row.
    """
    if not counts.rows:
        raise DataError(f"a data set must have rows; {plan.sources[0].where} has none")
    classes = plan.classes or sorted_names(counts.occurring)
    held = counts.under(classes)
    n_models, n_classes = len(plan.models), len(classes)
    weighted = plan.sources[0].weight is not None
    matrices = _matrices(held.tables, n_models, n_classes, weighted=weighted)
    units = _units(held.tables, n_models, n_classes) if plan.groups else None
    simple = not weighted and units is None
    probability = tuple(
        _probability(held, i, n_classes, simple=simple) if model.probabilities else None
        for i, model in enumerate(plan.models)
    )
    together = CountedTogether(
        n_samples=counts.rows,
        joints=_joints(held.tables, n_models, n_classes, weighted=weighted),
        patterns=_patterns(held.tables, n_models),
        weighted=weighted,
        cells=_weighted_cells(held.tables, n_models, n_classes) if weighted else {},
        units=units,
        probability=probability,
        losses={
            (i, j): _moments(held.sums, f"losses {i} {j}", held.rows, float(matrices[0].sum()))
            for i, j in combinations(range(n_models), 2)
            if f"losses {i} {j} log_loss" in held.sums
        },
        slices=_slices(held.tables, plan, n_classes, weighted=weighted),
    )
    return [
        Evaluation(
            name=model.name,
            confusion_matrix=ConfusionMatrix(matrix, classes),
            notes=_notes(plan, i, probability[i], units),
            counted=Counted(together, i),
        )
        for i, (model, matrix) in enumerate(zip(plan.models, matrices, strict=True))
    ]


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
    def dense(key: str) -> NDArray[np.float64]:
        table = tables[key]
        summed = table.dense((UNITS, n_classes), min(1, table.values.shape[1] - 1))
        return summed.astype(np.float64)

    return UnitSums(
        dense("unit actual"),
        tuple(dense(f"unit predicted {i}") for i in range(n_models)),
        tuple(dense(f"unit right {i}") for i in range(n_models)),
    )


def _slices(
    tables: Mapping[str, Table], plan: Plan, n_classes: int, *, weighted: bool
) -> tuple[SliceCounts, ...]:
    """Return the slices by column, bins by their edges and other values by name."""
    n_models = len(plan.models)
    names = [each.name for each in plan.slices]
    bins = {each.name: each.labels() for each in plan.slices if each.edges}

    def rank(column: str, value: str) -> tuple[int, str]:
        labels = bins.get(column, [])
        return labels.index(value) if value in labels else len(labels), value

    def place(item: tuple[tuple[tuple[str, ...], tuple[str, ...]], Any]) -> Any:
        columns, values = item[0]
        ranks = [rank(column, value) for column, value in zip(columns, values, strict=True)]
        return len(columns), [names.index(column) for column in columns], ranks

    by_slice: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[str, Table]] = {}
    for key, table in tables.items():
        if key.startswith(PREFIX):
            columns, values, name = parsed_slice(key)
            by_slice.setdefault((columns, values), {})[name] = table
    found = sorted(by_slice.items(), key=place)
    return tuple(
        SliceCounts(
            columns,
            values,
            int(next(iter(own.values())).values[:, 0].sum()),
            tuple(_matrices(own, n_models, n_classes, weighted=weighted)),
            _joints(own, n_models, n_classes, weighted=weighted),
        )
        for (columns, values), own in found
    )


def _probability(
    counts: PartialCounts, model: int, n_classes: int, *, simple: bool
) -> ProbabilitySums:
    sums = counts.sums
    table = counts.tables[f"scores {model}"]
    size = int(table.cells[:, 1].max()) + 1
    others, own = (table.dense((n_classes, size), value).astype(float) for value in (0, 1))
    right, wrong, confidence, squares = (
        np.array([float(sums.get(f"bin {model} {i} {part}", 0)) for i in range(BINS)])
        for part in ("right", "wrong", "confidence", "gap squared")
    )
    confidence, squares = confidence / QUANTUM, squares / QUANTUM
    total = right + wrong
    gaps = right - confidence
    variance = squares - np.divide(gaps**2, total, out=np.zeros(BINS), where=total > 0)
    return ProbabilitySums(
        losses=_moments(sums, f"losses {model}", counts.rows, float(total.sum())),
        right=right,
        wrong=wrong,
        confidence=confidence,
        variance=np.maximum(variance, 0.0),
        others=others,
        own=own,
        simple=simple,
    )


def _moments(sums: Mapping[str, int | float], key: str, rows: int, weight: float) -> LossMoments:
    """Return mean and variance of each loss; of weighted samples, of the ratio of two sums."""
    found = {}
    for name in ("log_loss", "brier_score"):
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


def _notes(
    plan: Plan, model: int, sums: ProbabilitySums | None, units: UnitSums | None
) -> tuple[str, ...]:
    source = next(
        source
        for i, source in enumerate(plan.sources)
        if model < sum(len(each.models) for each in plan.sources[: i + 1])
    )
    notes = list(source.notes)
    if plan.models[model].predicted is None:
        notes.append(NOT_PREDICTED)
    if sums is not None:
        notes.append(
            "ROC curves, their areas and precision–recall curves come from score bins, which moves "
            f"no area by more than {sums.auc_bound:.1g}."
        )
    if units is not None:
        notes.append(
            f"Groups were spread over {UNITS:,} units by a hash, which the bootstrap draws whole."
        )
    return tuple(notes)
