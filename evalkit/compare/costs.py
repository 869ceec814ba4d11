"""Read a cost matrix from a file, and compute the expected costs of models."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.records import Costs, ModelCosts
from evalkit.errors import DataError, InputError
from evalkit.reading.source import open_source, shown
from evalkit.statistics.costs import checked_costs, cost_optimal_decisions, cost_optimal_threshold
from evalkit.statistics.estimates import Difference, Estimate, holm_judged
from evalkit.statistics.resamplers import Draws, resampler_of

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from evalkit.compare.records import PairResult, Settings
    from evalkit.counts.counts import Counts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.bootstrap import BootstrapInterval

MAX_BYTES = 64 * 2**20
LARGEST = 1e12
"""Largest cost in a file; sums and products of costs stay far from overflow."""


def read_costs(path: str | os.PathLike[str], classes: Sequence[str]) -> FloatArray:
    """Return the costs (K, K) in a CSV file, rows actual, columns predicted.

    The file has K rows of K numbers in the order of `classes`. Or it also names the classes, in any
    order: the predicted ones in the first row, the actual ones in the first column.

    Raises
    ------
    FileFormatError
        If the file is missing or empty.
    DataError
        If it has another shape, names other classes, or a cost is no number up to `LARGEST`.
    """
    with open_source(path) as source:
        if source.size > MAX_BYTES:
            raise DataError(f"{path} is larger than {MAX_BYTES // 2**20} MB, the limit for costs.")
        try:
            text = source.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError(f"{path} is not text in UTF-8.") from None
    # Counted before cells are made of them; a name may contain a comma or a line break too.
    most = 2 * (len(classes) + 2) ** 2 + sum(map(len, classes)) * 2
    if text.count(",") > most or text.count("\n") > most:
        raise DataError(f"{path} has too many cells for {len(classes)} classes.")
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = [[cell.strip() for cell in row] for row in lines if any(row)]
    except csv.Error as error:
        raise DataError(f"{path} is not CSV: {error}.") from error
    if len(rows) != len(classes) + 1 or not rows:
        return _numbers(rows, classes, path)
    wanted = list(classes)
    predicted, actual = rows[0][1:], [row[0] for row in rows[1:]]
    for names, side in ((predicted, "predicted"), (actual, "actual")):
        if sorted(names) != sorted(wanted):
            unknown = next((name for name in names if name not in wanted), None)
            missing = next((name for name in wanted if name not in names), None)
            raise DataError(
                (
                    f"Unknown class {shown(unknown)}"
                    if unknown is not None
                    else f"Class {shown(missing or '')} is not named exactly once"
                )
                + f" among the {side} classes of {path}. Name each class once."
            )
    table = _numbers([row[1:] for row in rows[1:]], classes, path)
    order = np.ix_([actual.index(name) for name in wanted], [predicted.index(n) for n in wanted])
    return np.asarray(table[order])


def _numbers(
    rows: Sequence[Sequence[str]], classes: Sequence[str], path: str | os.PathLike[str]
) -> FloatArray:
    k = len(classes)
    if len(rows) != k or any(len(row) != k for row in rows):
        widths = sorted({len(row) for row in rows})
        raise DataError(
            f"{path} has {len(rows)} rows of {' or '.join(map(str, widths)) or 'no'} cells, "
            f"expected {k} rows of {k} numbers for {k} classes, or one more of each with the names "
            "of the classes."
        )
    table = np.empty((k, k))
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            try:
                table[i, j] = float(cell)
            except ValueError:
                table[i, j] = math.nan
            if not abs(table[i, j]) <= LARGEST:
                raise DataError(
                    f"{path} has {shown(cell)} for actual {classes[i]}, predicted {classes[j]}, "
                    f"expected a number between -{LARGEST:.0e} and {LARGEST:.0e}."
                )
    return table


def expected_costs(
    counts: Counts, pairs: Sequence[PairResult], matrix: ArrayLike, settings: Settings
) -> Costs:
    """Return the expected costs of the models for a cost matrix (K, K), rows actual.

    Raises
    ------
    InputError
        If the matrix does not have the shape (K, K), or a cost is not finite.
    IncompatibleError
        If samples are grouped and only their sums are known.
    """
    price = checked_costs(matrix, len(counts.classes))
    counts.require_groups_known("Expected costs")
    differences = [cost_difference(counts, (p.first, p.second), price, settings) for p in pairs]
    models = range(len(counts.matrices))
    return Costs(
        matrix=tuple(map(tuple, price.tolist())),
        models=tuple(_of_model(counts.alone(i), price, settings) for i in models),
        pairs=holm_judged(differences, settings.alpha),
    )


def _of_model(counts: Counts, price: FloatArray, settings: Settings) -> ModelCosts:
    expected = _estimate(resampler_of(counts).mean_cost(price, [0], _draws(settings)).interval)
    decided = counts.decided_by(lambda table: cost_optimal_decisions(table, price))
    if decided is None:
        return ModelCosts(expected)
    of_decided = resampler_of(decided).mean_cost(price, [0], _draws(settings)).interval
    costs = ModelCosts(expected, _estimate(of_decided))
    target = counts.binary_target()
    if target is None or counts.sampling.weighted:
        return costs
    try:
        best = cost_optimal_threshold(*target, price)
    except InputError:  # an error costs no more than a correct prediction, so no threshold exists
        return costs
    return replace(
        costs,
        threshold=best.calibrated_threshold,
        best_threshold=best.threshold if np.isfinite(best.threshold) else None,
        best_cost=best.cost,
    )


def cost_difference(
    counts: Counts, pair: tuple[int, int], price: FloatArray, settings: Settings
) -> Difference:
    """Return the difference in mean cost of two models, second minus first, not yet corrected."""
    found, p = resampler_of(counts).mean_cost(price, pair, _draws(settings))
    return Difference(
        float(found.estimate),
        float(found.low),
        float(found.high),
        p,
        test="" if p is None else "sign flips and bootstrap",
    )


def _estimate(interval: BootstrapInterval) -> Estimate:
    return Estimate(
        float(interval.estimate), float(interval.low), float(interval.high), "bootstrap"
    )


def _draws(settings: Settings) -> Draws:
    return Draws(settings.replicates, settings.confidence, settings.seed)
