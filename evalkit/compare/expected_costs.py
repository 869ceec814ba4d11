"""What each model's errors cost, with intervals, and what deciding by the costs would save."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.evaluation import Evaluation, counted_together, joint_counts
from evalkit.compare.judging import holm_judged
from evalkit.compare.results import Difference, Estimate
from evalkit.errors import InputError
from evalkit.statistics import (
    cost_difference_interval,
    cost_interval,
    cost_optimal_decisions,
    cost_optimal_threshold,
    sign_flip_p_value,
)
from evalkit.statistics.costs import checked_costs
from evalkit.statistics.sample_bootstrap import mean_interval
from evalkit.statistics.sampling_units import SamplingUnits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.compare.results import PairResult
    from evalkit.compare.settings import Settings
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.predictions import Predictions
    from evalkit.statistics.bootstrap import BootstrapInterval

STREAM = 6


@dataclass(frozen=True)
class ModelCosts:
    """What one model costs a sample, in the units of the matrix.

    Attributes
    ----------
    expected : the mean cost of its predictions.
    decided : the mean cost if each sample were given the class that its probabilities make the
        cheapest; None where no probabilities are known.
    threshold : for two classes, the probability of the second from which on calling it costs
        least, where probabilities are true; None otherwise.
    best_threshold, best_cost : the threshold that costs least on these very samples, and what it
        costs there, which is less than it will cost on others.
    """

    expected: Estimate
    decided: Estimate | None = None
    threshold: float | None = None
    best_threshold: float | None = None
    best_cost: float | None = None


@dataclass(frozen=True)
class Costs:
    """The costs of a comparison.

    `matrix` holds the cost of each (actual, predicted); `models` and `pairs` are in the order of
    the comparison's, differences second minus first.
    """

    matrix: tuple[tuple[float, ...], ...]
    models: tuple[ModelCosts, ...]
    pairs: tuple[Difference, ...]


def expected_costs(
    models: Sequence[Evaluation],
    pairs: Sequence[PairResult],
    matrix: ArrayLike,
    settings: Settings,
) -> Costs:
    """Return what the models cost by a matrix (K, K), rows actual.

    Raises
    ------
    InputError
        If the matrix does not have a finite cost for each pair of classes, or samples that were
        counted come in groups.
    """
    price = checked_costs(matrix, len(models[0].classes))
    if any(model.counted is not None and model.sampling.groups is not None for model in models):
        raise InputError(
            "costs need what was predicted of each class in each group; of groups that were "
            "counted only the totals by class are kept: leave the groups out, or read the files "
            "whole"
        )
    differences = [_difference(models[p.first], models[p.second], price, settings) for p in pairs]
    return Costs(
        matrix=tuple(map(tuple, price.tolist())),
        models=tuple(_of_model(model, price, settings) for model in models),
        pairs=holm_judged(differences, settings.alpha),
    )


def _of_model(model: Evaluation, price: FloatArray, settings: Settings) -> ModelCosts:
    samples = model.predictions
    expected = _estimate(_interval(model, price, settings))
    if samples is None or samples.probabilities is None:
        return ModelCosts(expected)
    decided = cost_optimal_decisions(samples.probabilities, price)
    costs = ModelCosts(expected, _of_predictions(model, samples, decided, price, settings))
    if len(price) > 2 or samples.weights is not None:
        return costs
    try:
        best = cost_optimal_threshold(samples.actual == 1, samples.probabilities[:, 1], price)
    except InputError:  # an error costs no more than being right, so that no threshold parts them
        return costs
    return replace(
        costs,
        threshold=best.calibrated_threshold,
        best_threshold=best.threshold if np.isfinite(best.threshold) else None,
        best_cost=best.cost,
    )


def _interval(model: Evaluation, price: FloatArray, settings: Settings) -> BootstrapInterval:
    """Return the mean cost of what a model predicted."""
    samples = model.predictions
    if model.sampling.simple:
        return cost_interval(model.confusion_matrix.counts, price, **_draws(settings))
    if samples is not None:
        return _mean_interval(price[samples.actual, samples.predicted], samples, settings)
    assert model.counted is not None
    cells = model.counted.weighted_cells()
    return cells.mean_interval(price[tuple(cells.cells.T)], **_draws(settings))


def _difference(
    first: Evaluation, second: Evaluation, price: FloatArray, settings: Settings
) -> Difference:
    ours, theirs = first.predictions, second.predictions
    if not first.sampling.simple and counted_together((first, second)) is not None:
        return _weighted_difference(first, second, price, settings)
    joint = joint_counts(second, first) if first.sampling.simple else None
    if joint is None and (ours is None or theirs is None):
        return _independent_difference(first, second, price, settings)
    if joint is not None:
        found = cost_difference_interval(joint, price, **_draws(settings))
        actual, after, before = joint.cells.T
        changes, counts = price[actual, after] - price[actual, before], joint.counts
    else:
        assert ours is not None
        assert theirs is not None
        by_sample = price[ours.actual, theirs.predicted] - price[ours.actual, ours.predicted]
        found = _mean_interval(by_sample, ours, settings)
        weighted = by_sample if ours.weights is None else by_sample * ours.weights
        units = SamplingUnits.of_samples(len(ours), ours.groups, ours.strata)
        changes, counts = np.bincount(units.unit, weighted), np.ones(len(units.size), np.int64)
    rng = np.random.default_rng([settings.seed, STREAM, 1])
    p = sign_flip_p_value(changes, counts=counts, replicates=settings.replicates, seed=rng)
    return Difference(
        float(found.estimate), float(found.low), float(found.high), p, test="sign flips"
    )


def _weighted_difference(
    first: Evaluation, second: Evaluation, price: FloatArray, settings: Settings
) -> Difference:
    """Return the paired difference of two models whose weighted samples were counted together."""
    assert first.counted is not None
    assert second.counted is not None
    cells = first.counted.weighted_cells(second.counted)
    actual, before, after = cells.cells.T
    changes = price[actual, after] - price[actual, before]
    found = cells.mean_interval(changes, **_draws(settings))
    rng = np.random.default_rng([settings.seed, STREAM, 1])
    p = cells.sign_flip_p_value(changes, replicates=settings.replicates, seed=rng)
    return Difference(
        float(found.estimate), float(found.low), float(found.high), p, test="sign flips"
    )


def _independent_difference(
    first: Evaluation, second: Evaluation, price: FloatArray, settings: Settings
) -> Difference:
    """Return the difference of two costs known from matrices alone, as of independent samples."""
    before, after = (_interval(model, price, settings) for model in (first, second))
    value = float(after.estimate - before.estimate)
    # Each end moves by the root of the sum of squares of how far the two intervals reach there.
    low = value - float(np.hypot(after.estimate - after.low, before.high - before.estimate))
    high = value + float(np.hypot(after.high - after.estimate, before.estimate - before.low))
    return Difference(value, low, high)


def _of_predictions(
    model: Evaluation,
    samples: Predictions,
    predicted: NDArray[np.integer[Any]],
    price: FloatArray,
    settings: Settings,
) -> Estimate:
    """Return the mean cost of predictions (n,) for a model's samples."""
    if not model.sampling.simple:
        return _estimate(_mean_interval(price[samples.actual, predicted], samples, settings))
    k = len(price)
    cells = samples.actual.astype(np.int64) * k + predicted
    counts = np.bincount(cells, minlength=k * k).reshape(k, k)
    return _estimate(cost_interval(counts, price, **_draws(settings)))


def _mean_interval(paid: FloatArray, samples: Predictions, settings: Settings) -> BootstrapInterval:
    return mean_interval(
        paid,
        sample_weight=samples.weights,
        groups=samples.groups,
        strata=samples.strata,
        **_draws(settings),
    )


def _estimate(interval: BootstrapInterval) -> Estimate:
    return Estimate(
        float(interval.estimate), float(interval.low), float(interval.high), "bootstrap"
    )


def _draws(settings: Settings) -> dict[str, Any]:
    return {
        "replicates": settings.replicates,
        "confidence": settings.confidence,
        "seed": np.random.default_rng([settings.seed, STREAM]),
    }
