"""The samples as a witness: what they say of a quantity, every replicate drawn once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evalkit.counts.identity import in_order
from evalkit.gate.evidence import BY_SAMPLE, INDEPENDENT, Evidence, undefined
from evalkit.gate.stated import is_stated
from evalkit.gate.stated_evidence import stated_evidence, stated_figure
from evalkit.metrics.catalog import lookup
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics import (
    SMOOTHING,
    JointCounts,
    paired_resample,
    percentile_limits,
    proportion_interval,
    resample,
)
from evalkit.statistics.blocks import block_interval
from evalkit.statistics.count_metric import count_metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.gate.evidence import Limits
    from evalkit.gate.rules import Quantity
    from evalkit.gate.side import Side
    from evalkit.metrics.count.marginals import FloatArray

    Values = Callable[[Marginals], FloatArray]

REPLICATES = 10_000
CANDIDATE_STREAM, BASELINE_STREAM, PAIR_STREAM = 11, 12, 13

BY_BLOCK = "paired by block"


class Witness:
    """Answers what the samples say; every replicate is drawn once and serves every rule.

    Parameters
    ----------
    candidate, baseline : the two models; the baseline is None where no drop is asked for.
    seed : of the resampling.
    """

    def __init__(self, candidate: Side, baseline: Side | None, *, seed: int) -> None:
        self._candidate, self._baseline, self._seed = candidate, baseline, seed

    def evidence(self, quantity: Quantity, position: int | None) -> Evidence:
        """Return the evidence on a quantity of the class at `position`, None for all classes.

        A drop is paired where both models saw the same samples: by sample where predictions are
        at hand, by block where results were read. Otherwise the two are taken as independent.
        """
        if is_stated(quantity.metric):
            return stated_evidence(
                quantity, position, self._candidate, self._baseline, seed=self._seed
            )
        metric = metric_at(quantity.metric, position)
        if not quantity.is_drop:
            return self._of_one(quantity.metric, metric, position)
        # A drop is the lead of the baseline, whichever direction is better.
        better = metric if lookup(quantity.metric).higher_is_better else _negated(metric)
        return self._of_two(better)

    def figure(self, side: Side, quantity: Quantity, position: int | None) -> float:
        """Return the metric itself of one of the two models; NaN where it is undefined."""
        if is_stated(quantity.metric):
            return stated_figure(side, quantity.metric, position)
        return float(metric_at(quantity.metric, position)(Marginals.of(side.counts)))

    def _of_one(self, key: str, metric: Values, position: int | None) -> Evidence:
        side = self._candidate
        marginals = Marginals.of(side.counts)
        value = float(metric(marginals))
        if not np.isfinite(value):
            return undefined()
        if not side.sampling.simple:
            return _by_blocks(metric, side, None, value)
        tallies = {
            "accuracy": (marginals.true_positive.sum(), marginals.total),
            "recall": (marginals.true_positive, marginals.actual),
            "precision": (marginals.true_positive, marginals.predicted),
        }
        if key not in tallies:
            return _of_replicates(value, "bootstrap", metric(self._replicates_of_candidate))
        successes, trials = (
            float(each if position is None else each[position]) for each in tallies[key]
        )

        def wilson(confidence: float) -> Limits:
            low, high = proportion_interval(successes, trials, confidence=confidence)
            return float(low), float(high)

        return Evidence(value, "Wilson", wilson)

    def _of_two(self, metric: Values) -> Evidence:
        candidate, baseline = self._candidate, self._baseline
        assert baseline is not None
        value = float(
            metric(Marginals.of(baseline.counts)) - metric(Marginals.of(candidate.counts))
        )
        if not np.isfinite(value):
            return undefined()
        if self._paired_replicates is not None:
            of_baseline, of_candidate = self._paired_replicates
            return _of_replicates(value, BY_SAMPLE, metric(of_baseline) - metric(of_candidate))
        if candidate.saw_the_samples_of(baseline) and _share_blocks(candidate, baseline):
            return _by_blocks(metric, candidate, baseline, value)
        if not self._simple:
            return _independent_blocks(metric, baseline, candidate, value)
        values = metric(self._replicates_of_baseline) - metric(self._replicates_of_candidate)
        return _of_replicates(value, INDEPENDENT, values)

    @property
    def _simple(self) -> bool:
        sides = (self._candidate, self._baseline)
        return all(side is None or side.sampling.simple for side in sides)

    @cached_property
    def _paired_replicates(self) -> tuple[Marginals, Marginals] | None:
        candidate, baseline = self._candidate, self._baseline
        assert baseline is not None
        joint = _joint(baseline, candidate)
        if joint is None or not self._simple:
            return None
        rng = np.random.default_rng([self._seed, PAIR_STREAM])
        return paired_resample(joint, _how_many(candidate), rng, smoothing=SMOOTHING)

    @cached_property
    def _replicates_of_candidate(self) -> Marginals:
        return self._replicates(self._candidate, CANDIDATE_STREAM)

    @cached_property
    def _replicates_of_baseline(self) -> Marginals:
        assert self._baseline is not None
        return self._replicates(self._baseline, BASELINE_STREAM)

    def _replicates(self, side: Side, stream: int) -> Marginals:
        rng = np.random.default_rng([self._seed, stream])
        return resample(side.counts, _how_many(side), rng, smoothing=SMOOTHING)


def metric_at(key: str, position: int | None) -> Values:
    """Return the metric of one class, or of the whole model, as a function of marginals."""
    metric = count_metric(key)
    if position is None:
        return lambda marginals: np.asarray(metric(marginals), dtype=np.float64)
    return lambda marginals: np.asarray(metric(marginals.take([position])), np.float64)[..., 0]


def _negated(metric: Values) -> Values:
    return lambda marginals: -metric(marginals)


def _of_replicates(value: float, method: str, values: FloatArray) -> Evidence:
    def percentiles(confidence: float) -> Limits:
        low, high = percentile_limits(values, confidence)
        return float(low), float(high)

    return Evidence(value, method, percentiles)


def _by_blocks(metric: Values, first: Side, second: Side | None, value: float) -> Evidence:
    if first.blocks is None:
        return _too_few(value)
    mine, other = first.blocks, None if second is None else second.blocks

    def jackknife(confidence: float) -> Limits:
        found = block_interval(
            metric, mine, other, confidence=confidence, sample_weight=first.sample_weight
        )
        return float(found.low), float(found.high)

    return Evidence(value, "by block" if second is None else BY_BLOCK, jackknife)


def _independent_blocks(metric: Values, first: Side, second: Side, value: float) -> Evidence:
    """Return the evidence of two sets of samples that are weighted or not independent within."""
    sides = (first, second)
    if first.blocks is None or second.blocks is None:
        return _too_few(value)

    def jackknife(confidence: float) -> Limits:
        reach = 0.0
        for side in sides:
            assert side.blocks is not None
            found = block_interval(
                metric, side.blocks, confidence=confidence, sample_weight=side.sample_weight
            )
            reach += float(found.high - found.estimate) ** 2
        return value - reach**0.5, value + reach**0.5

    return Evidence(value, INDEPENDENT, jackknife)


def _joint(first: Side, second: Side) -> JointCounts | None:
    """Return the counts over both predictions, where both are at hand on the same samples."""
    one, other = first.predictions, second.predictions
    if one is None or other is None or not first.saw_the_samples_of(second):
        return None
    ours, theirs = in_order(one), in_order(other)
    return JointCounts.from_codes(
        one.actual[ours], one.predicted[ours], other.predicted[theirs], len(first.classes)
    )


def _share_blocks(first: Side, second: Side) -> bool:
    return (
        first.blocks is not None
        and second.blocks is not None
        and np.array_equal(first.blocks.actual, second.blocks.actual)
    )


def _how_many(side: Side) -> int:
    """Return how many replicates are drawn: fewer above 200 classes, to bound memory."""
    return min(REPLICATES, max(1_000, 2_000_000 // len(side.classes)))


def _too_few(value: float) -> Evidence:
    return Evidence(
        value,
        "",
        lambda _: (np.nan, np.nan),
        missing="weighted or grouped samples are judged by blocks, and here are none",
    )
