"""Results of configurations with runs of several seeds: means, spread and differences."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.metric_set import overall_metrics
from evalkit.compare.records import EpochBand, GroupMetric, GroupPair, GroupResult
from evalkit.errors import IncompatibleError
from evalkit.statistics.estimates import Difference, Estimate, holm_judged, known_estimate
from evalkit.statistics.resamplers import bounded_replicates
from evalkit.statistics.seed_inference import REPLICATES, over_seeds, run_scores
from evalkit.statistics.seeds import (
    group_summary,
    improvement_interval,
    interquartile_mean_interval,
    probability_of_improvement,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.records import ModelResult, Settings
    from evalkit.counts.counts import Counts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.seed_inference import RunScores

METHOD = "t over seeds and samples"
ONE_RUN = "one run says nothing about seeds"
UNDEFINED = "undefined for a run"
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
    if not members:
        return (), ()
    scores = _scores(counts, settings)
    groups = tuple(_group(name, runs, scores, models, settings) for name, runs in members.items())
    positions = list(combinations(range(len(groups)), 2))
    runs_of = [[list(groups[i].runs) for i in pair] for pair in positions]
    differences = {
        key: holm_judged([_difference(found, runs, settings) for runs in runs_of], settings.alpha)
        for key, found in scores.items()
    }
    return groups, tuple(
        GroupPair(
            *pair,
            {key: found[k] for key, found in differences.items()},
            *_improvement(scores, runs, settings),
        )
        for k, (pair, runs) in enumerate(zip(positions, runs_of, strict=True))
    )


def _scores(counts: Counts, settings: Settings) -> dict[str, RunScores]:
    """Return the scores of all models for each overall metric, from the same draws of samples."""
    rows = counts.samples
    if rows is None:
        raise IncompatibleError(
            "Runs of a group cannot be resampled together: their rows are not known."
        )
    metrics = overall_metrics(settings.betas)
    found = run_scores(
        rows.actual,
        [model.predicted for model in rows.models],
        list(metrics.values()),
        n_classes=len(rows.classes),
        replicates=bounded_replicates(min(REPLICATES, settings.replicates), len(rows.classes)),
        sample_weight=rows.weights,
        groups=rows.groups,
        strata=rows.strata,
        seed=settings.seed,
    )
    return dict(zip(metrics, found, strict=True))


def _group(
    name: str,
    runs: list[int],
    scores: Mapping[str, RunScores],
    models: Sequence[ModelResult],
    settings: Settings,
) -> GroupResult:
    metrics = {}
    for key, found in scores.items():
        own = found.scores[runs]
        mean = over_seeds(found, runs, confidence=settings.confidence)
        spread = group_summary(own, factor=settings.factor)
        middle = interquartile_mean_interval(own, confidence=settings.confidence)
        metrics[key] = GroupMetric(
            mean=known_estimate(
                *map(float, (mean.estimate, mean.low, mean.high)), METHOD, undefined=UNDEFINED
            ),
            standard_deviation=_known(spread.standard_deviation),
            spread_low=_known(spread.low),
            spread_high=_known(spread.high),
            interquartile_mean=float(middle.estimate),
            interquartile=known_estimate(
                *map(float, (middle.estimate, middle.low, middle.high)),
                "trimmed t over seeds",
                undefined=UNDEFINED,
            ),
        )
    return GroupResult(
        name=name,
        runs=tuple(runs),
        factor=settings.factor,
        metrics=metrics,
        curves=_curves([models[i].history for i in runs], settings.factor),
        warning=group_summary(scores["accuracy"].scores[runs]).warning,
    )


def _difference(scores: RunScores, runs: list[list[int]], settings: Settings) -> Difference:
    """Return the difference of two means over runs, its p-value not yet adjusted."""
    found = over_seeds(scores, *runs, confidence=settings.confidence)
    value = _known(found.estimate)
    if value is None:
        return Difference(None, undefined=UNDEFINED)
    if min(map(len, runs)) < 2:
        return Difference(value, test=ONE_RUN)
    return Difference(value, float(found.low), float(found.high), float(found.p_value), test=METHOD)


def _improvement(
    scores: Mapping[str, RunScores], runs: list[list[int]], settings: Settings
) -> tuple[dict[str, float], dict[str, Estimate]]:
    """Return the probabilities that a run of the second group is better, and their intervals."""
    values, intervals = {}, {}
    for key, found in scores.items():
        before, after = (found.scores[side] for side in runs)
        values[key] = probability_of_improvement(after, before)
        low, high = (
            improvement_interval(after, before, confidence=settings.confidence)
            if min(map(len, runs)) > 1
            else (np.nan, np.nan)
        )
        intervals[key] = known_estimate(values[key], float(low), float(high), "Newcombe over seeds")
    return values, intervals


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
