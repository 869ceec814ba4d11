"""Metrics and tests by slice."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.model_result import overall_estimates
from evalkit.compare.records import SliceMetric, SliceModel, SlicePair, SliceResult, SliceSearch
from evalkit.compare.slice_tests import (
    BY_GROUPS,
    BY_WEIGHTS,
    Rate,
    Tested,
    as_difference,
    events_of,
    rates_by_class,
    tested_means,
    tested_rates,
)
from evalkit.counts.counts import Counts
from evalkit.progress import track
from evalkit.statistics.costs import checked_costs
from evalkit.statistics.dependent_shares import paired_difference, share_limits
from evalkit.statistics.estimates import (
    EFFECTIVE,
    Difference,
    Estimate,
    ModelEstimator,
    holm_judged,
    judged,
    known_estimate,
)
from evalkit.statistics.paired_tests import mcnemar
from evalkit.statistics.proportions import paired_proportion_interval
from evalkit.statistics.slices import needed_samples, tarone_holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.compare.records import Settings
    from evalkit.counts.slices import SliceCounts

REPLICATES = 1_000
LEAST_SAMPLES = 10
"""Combinations of columns with fewer samples are left out; values of one column never are."""
GAP, POWER = 0.1, 0.8
"""Slices in which a gap of this size would be found with less power are too small to tell."""


def slice_results(
    counts: Counts, settings: Settings, costs: ArrayLike | None = None
) -> tuple[tuple[SliceResult, ...], SliceSearch | None]:
    """Return one result per slice, in the order of the columns, and what was looked at.

    A slice is weak in accuracy if it is lower than on all other samples with each actual class
    compared by itself. The tests of accuracy and those of other metrics each have half of the
    significance level, and are corrected by Holm's method with Tarone's exclusion over all slices,
    models and metrics. A false claim about any slice then has a probability of at most 1 −
    confidence. Differences between models are adjusted by Holm's method over slices and pairs.
    """
    slices = [s for s in counts.slices if len(s.columns) == 1 or s.n_samples >= LEAST_SAMPLES]
    if not slices:
        return (), None
    prices = None if costs is None else checked_costs(costs, len(counts.classes))
    accuracy = tested_rates(slices, counts, [Rate("from_rest")], settings)
    by_class = tested_rates(slices, counts, [Rate("adjusted")], settings)
    rates = tested_rates(slices, counts, rates_by_class(len(counts.classes)), settings)
    others = rates + tested_means(slices, counts, prices, settings)
    share = 2 if any(each.difference.p_value is not None for each in others) else 1
    from_rest = holm_judged([each.difference for each in accuracy], settings.alpha)
    adjusted, needed = corrected(by_class, settings.alpha, share)
    metrics: dict[tuple[int, int], list[SliceMetric]] = {}
    for each, difference in zip(others, corrected(others, settings.alpha, share)[0], strict=True):
        metrics.setdefault((each.slice, each.model), []).append(
            SliceMetric(each.rate.metric, each.rate.of_class, each.value, each.trials, difference)
        )
    models = [
        SliceModel(
            _overall(counts, each, i, settings),
            from_rest[place],
            adjusted[place],
            tuple(metrics.get((number, i), ())),
            needed(each.matrices[i], counts.matrices[i]) if is_independent(counts) else None,
        )
        for place, (number, i) in enumerate(
            (t.slice, t.model) for t in track(accuracy, "Estimating", unit="slices")
        )
        for each in [slices[number]]
    ]
    pairs = _pairs(slices, counts, settings)
    total, n_models = counts.matrices[0].sum(), len(counts.matrices)
    found = tuple(
        SliceResult(
            each.columns,
            each.values,
            each.n_samples,
            float(each.matrices[0].sum() / total),
            tuple(models[number * n_models : (number + 1) * n_models]),
            tuple(next(pairs) for _ in each.joints),
        )
        for number, each in enumerate(slices)
    )
    search = SliceSearch(
        max(len(each.columns) for each in counts.slices),
        LEAST_SAMPLES,
        len(slices),
        len(counts.slices) - len(slices),
        *(sum(t.difference.p_value is not None for t in tests) for tests in (by_class, others)),
    )
    return found, search


def corrected(tests: Sequence[Tested], alpha: float, share: int) -> tuple[list[Difference], Any]:
    """Return the differences with corrected p-values, and how many samples a slice needs."""
    known = [t for t in tests if t.difference.p_value is not None]
    least = np.array([t.least for t in known])
    adjusted = iter(
        np.minimum(
            1.0, share * tarone_holm([t.difference.p_value or 0.0 for t in known], least)
        ).tolist()
    )
    found = [
        t.difference
        if t.difference.p_value is None
        else judged(t.difference, next(adjusted), alpha)
        for t in tests
    ]
    # The first step of the correction: tests that can reject at α / k, of which there are k.
    ordered = np.sort(least)
    steps = np.arange(1, len(least) + 1)
    able = np.searchsorted(ordered, alpha / (share * steps), side="right")
    level = alpha / (share * max(1, int(np.argmax(able <= steps)) + 1)) if len(least) else alpha

    @cache
    def at_rate(rate: float) -> int | None:
        return needed_samples(rate, gap=GAP, alpha=level, power=POWER)

    def needed(inside: NDArray[Any], whole: NDArray[Any]) -> int | None:
        outside = float(whole.sum() - inside.sum())
        right = float(np.trace(whole) - np.trace(inside))
        # Few distinct rates, so that each number is computed once.
        return at_rate(round(right / outside, 3)) if outside else None

    return found, needed


def is_independent(counts: Counts) -> bool:
    """Return whether samples are neither weighted nor grouped.

    Strata are ignored: as samples of one stratum are more alike, this is conservative.
    """
    return not counts.sampling.weighted and counts.sampling.groups is None


def _overall(
    counts: Counts, each: SliceCounts, model: int, settings: Settings
) -> Mapping[str, Estimate]:
    matrix = each.matrices[model]
    inside = Counts(counts.classes, (matrix,), round(float(matrix.sum())))
    estimator = ModelEstimator(
        inside, replicates=min(REPLICATES, settings.replicates), seed=settings.seed
    )
    if is_independent(counts):
        return overall_estimates(estimator, settings)
    found = overall_estimates(estimator, settings, with_intervals=False)
    right = share_limits(events_of(Rate("from_rest"), each.cells[model]), settings.confidence)
    return {**found, "accuracy": known_estimate(*right, EFFECTIVE)}


def _pairs(slices: Sequence[SliceCounts], counts: Counts, settings: Settings) -> Any:
    """Return an iterator over the pairs of each slice, adjusted over slices and pairs."""
    places = [(each, pair) for each in slices for pair in each.joints]
    find = _pair if is_independent(counts) else _dependent_pair
    differences = [find(each, pair, settings) for each, pair in places]
    return (
        SlicePair(*pair, difference)
        for (_, pair), difference in zip(
            places, holm_judged(differences, settings.alpha), strict=True
        )
    )


def _dependent_pair(each: SliceCounts, pair: tuple[int, int], settings: Settings) -> Difference:
    first, second = (each.cells[i] for i in pair)
    found = paired_difference(first, second, each.discordant[pair], settings.confidence)
    return as_difference(found, BY_WEIGHTS if first.unit is None else BY_GROUPS)


def _pair(each: SliceCounts, pair: tuple[int, int], settings: Settings) -> Difference:
    joint = each.joints[pair]
    value = (joint.only_b - joint.only_a) / joint.total
    numbers = joint.only_a, joint.only_b, joint.total
    interval = paired_proportion_interval(*numbers, confidence=settings.confidence, test="exact")
    p = float(mcnemar(joint.only_a, joint.only_b).p_exact)
    return Difference(value, float(interval[0]), float(interval[1]), p, test="exact McNemar")
