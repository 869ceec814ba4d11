"""Results of configurations with runs of several seeds: means, spread and differences."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.metric_set import overall_metrics
from evalkit.compare.records import EpochBand, GroupMetric, GroupPair, GroupResult
from evalkit.compare.summary import is_recorded
from evalkit.statistics.estimates import Difference, Estimate, holm_judged, known_estimate
from evalkit.statistics.resamplers import bounded_replicates
from evalkit.statistics.seed_inference import (
    METHOD,
    REPLICATES,
    over_seeds,
    posterior_over_seeds,
    run_scores_of_counts,
)
from evalkit.statistics.seeds import (
    group_summary,
    improvement_interval,
    interquartile_mean_interval,
    probability_of_improvement,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.records import ModelResult, Settings
    from evalkit.compare.summary import Answers, Question
    from evalkit.counts.counts import Counts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.intervals import EstimatedInterval
    from evalkit.statistics.seed_inference import RunScores, SeedInterval

ONE_RUN = "one run says nothing about seeds"
UNDEFINED = "undefined for a run"
CURVES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


def group_results(
    evaluations: Sequence[Evaluation],
    counts: Counts,
    models: Sequence[ModelResult],
    settings: Settings,
    asked: Sequence[Question],
) -> tuple[tuple[GroupResult, ...], tuple[GroupPair, ...], Answers]:
    """Return one result per group of runs, one per pair of groups, and answers for the summary.

    The answers are those that the results do not hold: other count metrics among the questions.

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
        return (), (), {}
    keys = overall_metrics(settings.betas)
    more = [
        each
        for each in asked
        if each.by_counts and (each.of_class is not None or not is_recorded(each, settings.betas))
    ]
    found = [_group(name, runs, counts, models, settings, more) for name, runs in members.items()]
    groups = tuple(group for group, _ in found)
    pairs = [
        _pair((i, j), (groups[i], groups[j]), counts, settings, more)
        for i, j in combinations(range(len(groups)), 2)
    ]
    every: list[str | Question] = [*keys, *more]
    adjusted = {
        key: holm_judged([differences[key] for _, differences in pairs], settings.alpha)
        for key in every
    }
    return (
        groups,
        tuple(
            replace(pair, differences={key: adjusted[key][k] for key in keys})
            for k, (pair, _) in enumerate(pairs)
        ),
        {each: ([means[each] for _, means in found], adjusted[each]) for each in more},
    )


def _scores(
    counts: Counts, runs: Sequence[int], settings: Settings, more: Sequence[Question]
) -> dict[str | Question, RunScores]:
    """Return the scores of runs for each metric, from the same draws of samples."""
    keys = overall_metrics(settings.betas)
    found = run_scores_of_counts(
        counts,
        runs,
        [*keys.values(), *(each.by_counts or "" for each in more)],
        replicates=bounded_replicates(min(REPLICATES, settings.replicates), len(counts.classes)),
        seed=settings.seed,
    )
    scores: dict[str | Question, RunScores] = dict(zip((*keys, *more), found, strict=True))
    for each in more:
        if each.of_class is not None:
            of_all = scores[each]
            scores[each] = replace(
                of_all,
                scores=of_all.scores[..., each.of_class],
                changes=of_all.changes[..., each.of_class],
            )
    return scores


def _group(
    name: str,
    runs: list[int],
    counts: Counts,
    models: Sequence[ModelResult],
    settings: Settings,
    more: Sequence[Question],
) -> tuple[GroupResult, Mapping[str | Question, Estimate]]:
    metrics: dict[str, GroupMetric] = {}
    means: dict[str | Question, Estimate] = {}
    scores = _scores(counts, runs, settings, more)
    for key, found in scores.items():
        mean = over_seeds(found, np.arange(len(runs)), confidence=settings.confidence)
        means[key] = _estimate(mean, METHOD)
        if not isinstance(key, str):
            continue
        spread = group_summary(found.scores, factor=settings.factor)
        middle = interquartile_mean_interval(found.scores, confidence=settings.confidence)
        metrics[key] = GroupMetric(
            mean=means[key],
            standard_deviation=_known(spread.standard_deviation),
            spread_low=_known(spread.low),
            spread_high=_known(spread.high),
            interquartile_mean=float(middle.estimate),
            interquartile=_estimate(middle, "trimmed t over seeds"),
        )
    group = GroupResult(
        name=name,
        runs=tuple(runs),
        factor=settings.factor,
        metrics=metrics,
        curves=_curves([models[i].history for i in runs], settings.factor),
        warning=group_summary(scores["accuracy"].scores).warning,
    )
    return group, means


def _estimate(found: SeedInterval | EstimatedInterval, method: str) -> Estimate:
    value, low, high = (float(each) for each in (found.estimate, found.low, found.high))
    return known_estimate(value, low, high, method, undefined=UNDEFINED)


def _pair(
    positions: tuple[int, int],
    groups: tuple[GroupResult, GroupResult],
    counts: Counts,
    settings: Settings,
    more: Sequence[Question],
) -> tuple[GroupPair, Mapping[str | Question, Difference]]:
    """Return the result of two groups without differences, and these, not yet adjusted."""
    first, second = (list(group.runs) for group in groups)
    sides = np.split(np.arange(len(first) + len(second)), [len(first)])
    differences: dict[str | Question, Difference] = {}
    values, intervals = {}, {}
    scores = _scores(counts, [*first, *second], settings, more)
    for key, found in scores.items():
        differences[key] = _difference(found, sides, settings)
        if not isinstance(key, str):
            continue
        before, after = (found.scores[side] for side in sides)
        values[key] = probability_of_improvement(after, before)
        low, high = (
            improvement_interval(after, before, confidence=settings.confidence)
            if min(map(len, sides)) > 1
            else (np.nan, np.nan)
        )
        intervals[key] = known_estimate(values[key], float(low), float(high), "Newcombe over seeds")
    rope = settings.rope
    posterior = (
        None if rope is None else posterior_over_seeds(scores["accuracy"], *sides, rope=rope)
    )
    return GroupPair(*positions, {}, values, intervals, posterior), differences


def _difference(
    scores: RunScores, sides: Sequence[NDArray[np.int64]], settings: Settings
) -> Difference:
    found = over_seeds(scores, *sides, confidence=settings.confidence)
    value = _known(found.estimate)
    if value is None:
        return Difference(None, undefined=UNDEFINED)
    if min(map(len, sides)) < 2:
        return Difference(value, test=ONE_RUN)
    return Difference(value, float(found.low), float(found.high), float(found.p_value), test=METHOD)


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
