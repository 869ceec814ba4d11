"""Results of configurations with runs of several seeds: means, spread and differences."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.metric_set import overall_metrics
from evalkit.compare.records import EpochBand, GroupMetric, GroupPair, GroupResult
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.estimates import Difference, Estimate
from evalkit.statistics.seeds import (
    group_summary,
    interquartile_mean,
    probability_of_improvement,
    seed_interval_of_counts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.records import ModelResult, Settings
    from evalkit.counts.counts import Counts
    from evalkit.metrics.count import Marginals
    from evalkit.metrics.count.marginals import FloatArray

REPLICATES = 2_000
CURVES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


def group_results(
    evaluations: Sequence[Evaluation],
    counts: Counts,
    models: Sequence[ModelResult],
    settings: Settings,
) -> tuple[tuple[GroupResult, ...], tuple[GroupPair, ...]]:
    """Return one result per group of runs, and one per pair of groups.

    Raises
    ------
    IncompatibleError
        If the samples of a run are not known, so that they cannot be resampled.
    """
    members: dict[str, list[int]] = {}
    for i, evaluation in enumerate(evaluations):
        if evaluation.group is not None:
            members.setdefault(evaluation.group, []).append(i)
    groups = tuple(_group(name, runs, counts, models, settings) for name, runs in members.items())
    pairs = tuple(
        _pair((i, j), (groups[i], groups[j]), counts, models, settings)
        for i, j in combinations(range(len(groups)), 2)
    )
    return groups, pairs


def _group(
    name: str,
    runs: list[int],
    counts: Counts,
    models: Sequence[ModelResult],
    settings: Settings,
) -> GroupResult:
    low, high = _limits(counts, runs, (), settings)
    metrics = {}
    for k, key in enumerate(overall_metrics(settings.betas)):
        scores = _scores(models, runs, key)
        spread = group_summary(scores, factor=settings.factor)
        metrics[key] = GroupMetric(
            mean=Estimate(
                float(spread.mean),
                float(low[k]),
                float(high[k]),
                "bootstrap over seeds and samples",
            ),
            standard_deviation=_known(spread.standard_deviation),
            spread_low=_known(spread.low),
            spread_high=_known(spread.high),
            interquartile_mean=interquartile_mean(scores),
        )
    return GroupResult(
        name=name,
        runs=tuple(runs),
        factor=settings.factor,
        metrics=metrics,
        curves=_curves([models[i].history for i in runs], settings.factor),
        warning=group_summary(_scores(models, runs, "accuracy")).warning,
    )


def _pair(
    positions: tuple[int, int],
    groups: tuple[GroupResult, GroupResult],
    counts: Counts,
    models: Sequence[ModelResult],
    settings: Settings,
) -> GroupPair:
    first, second = (list(group.runs) for group in groups)
    low, high = _limits(counts, first, second, settings)
    differences, improvement = {}, {}
    for k, key in enumerate(overall_metrics(settings.betas)):
        before, after = (_scores(models, runs, key) for runs in (first, second))
        differences[key] = Difference(
            float(after.mean() - before.mean()),
            float(low[k]),
            float(high[k]),
            test="bootstrap over seeds and samples",
            significant=bool(low[k] > 0 or high[k] < 0),
        )
        improvement[key] = probability_of_improvement(after, before)
    return GroupPair(positions[0], positions[1], differences, improvement)


def _scores(models: Sequence[ModelResult], runs: Sequence[int], key: str) -> FloatArray:
    values = [models[i].overall[key].value for i in runs]
    return np.array([np.nan if value is None else value for value in values])


def _limits(
    counts: Counts, runs_a: Sequence[int], runs_b: Sequence[int], settings: Settings
) -> tuple[FloatArray, FloatArray]:
    """Return the limits of all overall metrics, of A or of B − A, from the same replicates."""
    functions = [count_metric(name) for name in overall_metrics(settings.betas).values()]

    def every_metric(marginals: Marginals) -> FloatArray:
        return np.stack([function(marginals) for function in functions], axis=-1)

    interval = seed_interval_of_counts(
        counts,
        runs_a,
        runs_b,
        metric=every_metric,
        replicates=min(REPLICATES, settings.replicates),
        confidence=settings.confidence,
        seed=settings.seed,
    )
    return interval.low, interval.high


def _curves(
    histories: Sequence[Sequence[Mapping[str, float]]], factor: float
) -> Mapping[str, tuple[EpochBand, ...]]:
    """Return mean and band of each training curve, up to the last epoch common to all runs."""
    epochs = min((len(history) for history in histories), default=0)
    if not epochs:
        return {}
    found = {}
    for key in CURVES:
        table = np.array([[row[key] for row in history[:epochs]] for history in histories])
        spread = group_summary(table, factor=factor)
        found[key] = tuple(
            EpochBand(
                int(histories[0][i]["epoch"]),
                float(spread.mean[i]),
                _known(spread.low[i]),
                _known(spread.high[i]),
            )
            for i in range(epochs)
        )
    return found


def _known(value: FloatArray) -> float | None:
    return float(value) if np.isfinite(value) else None
