"""Runs of one configuration under several seeds: their spread, and which one is better."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.metric_set import overall_metrics
from evalkit.compare.results import (
    Difference,
    EpochBand,
    Estimate,
    GroupMetric,
    GroupPair,
    GroupResult,
)
from evalkit.errors import IncompatibleError
from evalkit.statistics.seeds import (
    group_summary,
    interquartile_mean,
    probability_of_improvement,
    seed_interval,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.results import ModelResult
    from evalkit.compare.settings import Settings
    from evalkit.metrics.count import Marginals
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.predictions import Predictions

REPLICATES = 2_000
STREAM = 5
CURVES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


def group_results(
    evaluations: Sequence[Evaluation], models: Sequence[ModelResult], settings: Settings
) -> tuple[tuple[GroupResult, ...], tuple[GroupPair, ...]]:
    """Return one result a group of runs, and one a pair of groups; none where no run has a group.

    Raises
    ------
    IncompatibleError
        If a run of a group has no samples, so that samples cannot be drawn.
    """
    members: dict[str, list[int]] = {}
    for i, evaluation in enumerate(evaluations):
        if evaluation.group is not None:
            members.setdefault(evaluation.group, []).append(i)
    groups = tuple(
        _group(name, runs, evaluations, models, settings) for name, runs in members.items()
    )
    pairs = tuple(
        _pair((i, j), (groups[i], groups[j]), evaluations, models, settings)
        for i, j in combinations(range(len(groups)), 2)
    )
    return groups, pairs


def _group(
    name: str,
    runs: list[int],
    evaluations: Sequence[Evaluation],
    models: Sequence[ModelResult],
    settings: Settings,
) -> GroupResult:
    low, high = _limits(runs, (), evaluations, settings)
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
    evaluations: Sequence[Evaluation],
    models: Sequence[ModelResult],
    settings: Settings,
) -> GroupPair:
    first, second = (list(group.runs) for group in groups)
    low, high = _limits(first, second, evaluations, settings)
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
    runs_a: Sequence[int],
    runs_b: Sequence[int],
    evaluations: Sequence[Evaluation],
    settings: Settings,
) -> tuple[FloatArray, FloatArray]:
    """Return the limits of every overall metric, of A or of B − A, from one draw."""
    functions = list(overall_metrics(settings.betas).values())

    def every_metric(marginals: Marginals) -> FloatArray:
        return np.stack([function(marginals) for function in functions], axis=-1)

    samples = [_samples(evaluations[i]) for i in (*runs_a, *runs_b)]
    codes: list[NDArray[np.integer]] = [each.predicted for each in samples]
    interval = seed_interval(
        samples[0].actual,
        codes[: len(runs_a)],
        codes[len(runs_a) :],
        metric=every_metric,
        n_classes=len(evaluations[0].classes),
        replicates=min(REPLICATES, settings.replicates),
        confidence=settings.confidence,
        sample_weight=samples[0].weights,
        groups=samples[0].groups,
        seed=np.random.default_rng([settings.seed, STREAM, *runs_a, *runs_b]),
    )
    return interval.low, interval.high


def _samples(evaluation: Evaluation) -> Predictions:
    if evaluation.predictions is None:
        raise IncompatibleError(
            f"the runs of a group are resampled together, so their samples must be known; "
            f"{evaluation.name} is a matrix alone"
        )
    return evaluation.predictions


def _curves(
    histories: Sequence[Sequence[Mapping[str, float]]], factor: float
) -> Mapping[str, tuple[EpochBand, ...]]:
    """Return mean and band of each curve over the epochs that every run reached."""
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
