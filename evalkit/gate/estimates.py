"""What the samples say of a quantity: its value, and its interval at any confidence.

A gate asks the same estimators as a comparison, with the same random streams, so that it judges
what the report shows. From a results file, which holds no rows, intervals of independent samples
are made anew from the counts; others are those of the file, or come from blocks of samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.metric_set import class_metrics, overall_metrics
from evalkit.counts.counts import Counts, counts_together
from evalkit.errors import InputError
from evalkit.metrics.catalog import lookup
from evalkit.statistics.blocks import block_interval
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.estimates import REPLICATES, ModelEstimator, PairEstimator
from evalkit.statistics.intervals import critical_value
from evalkit.statistics.probability_estimates import (
    auc_estimates,
    loss_differences,
    loss_estimates,
    macro_auc,
)
from evalkit.statistics.resamplers import independent_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evalkit.gate.models import GateModel
    from evalkit.gate.rules import Quantity
    from evalkit.metrics.count.marginals import FloatArray, Marginals
    from evalkit.statistics.estimates import Difference, Estimate, Limits

PROBABILITY_METRICS = ("log_loss", "brier_score", "expected_calibration_error", "roc_auc")
"""The metrics of probabilities that comparisons hold with an interval."""
PAIRED_LOSSES = ("log_loss", "brier_score")
BY_SAMPLE = "paired by sample"
BY_BLOCK = "paired by block"
INDEPENDENT = "independent samples"
TOO_FEW = "weighted or grouped samples are judged by blocks, and here are none"

Ends = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Evidence:
    """A value with what is known of its noise.

    Attributes
    ----------
    value : the estimate; NaN where it is undefined.
    method : how the interval is made, in words.
    interval : from a confidence to the two ends.
    missing : why there is no interval, or empty.
    """

    value: float
    method: str
    interval: Callable[[float], Ends]
    missing: str = ""


def is_of_probabilities(key: str) -> bool:
    """Return whether a key names a metric of probabilities: ``"roc_auc_macro"``."""
    return key.removesuffix("_macro") in PROBABILITY_METRICS


class GateEstimates:
    """Estimates of candidate and baseline; every replicate is drawn once and serves every rule.

    Parameters
    ----------
    candidate, baseline : the two models; the baseline is None where no drop is asked for.
    seed : of the resampling, where a model does not come from a comparison with a seed of its own.
    """

    def __init__(self, candidate: GateModel, baseline: GateModel | None, *, seed: int) -> None:
        self._candidate, self._baseline, self._seed = candidate, baseline, seed
        self._estimators: dict[int, ModelEstimator] = {}

    def evidence(self, quantity: Quantity, position: int | None) -> Evidence:
        """Return the evidence on a quantity of the class at `position`, None for all classes.

        A drop is paired where both models saw the same samples: by sample where rows are at hand
        or one file holds both models, by block where two files were read. Otherwise the two are
        taken as independent.
        """
        key = quantity.metric
        value = self.figure(self._candidate, quantity, position)
        if not quantity.is_drop:
            return self._of_one(key, position, value)
        assert self._baseline is not None
        lead = self.figure(self._baseline, quantity, position) - value
        # A drop is the lead of the baseline, whichever direction is better.
        sign = 1.0 if lookup(key).higher_is_better else -1.0
        return self._of_drop(key, position, sign * lead + 0.0, sign)

    def figure(self, model: GateModel, quantity: Quantity, position: int | None) -> float:
        """Return the metric itself of one of the two models; NaN where it is undefined."""
        key = quantity.metric
        if is_of_probabilities(key):
            return _number(_stated(model, self._seed_of(model), key, position, 0.95).value)
        return float(self._estimator(model).value(key, position))

    def _of_one(self, key: str, position: int | None, value: float) -> Evidence:
        model = self._candidate
        if not math.isfinite(value):
            return _undefined()
        if is_of_probabilities(key):
            seed = self._seed_of(model)
            method = _stated(model, seed, key, position, 0.95).method
            return Evidence(
                value, method, lambda level: _ends(_stated(model, seed, key, position, level))
            )
        if _can_resample(model.counts):
            estimator = self._estimator(model)
            method = estimator.limits(key, 0.95, position).method
            return Evidence(
                value, method, lambda level: _floats(estimator.limits(key, level, position))
            )
        stored = _stored(model, key, position)
        return self._by_blocks(key, position, value, model, None, stored)

    def _of_drop(self, key: str, position: int | None, value: float, sign: float) -> Evidence:
        candidate, baseline = self._candidate, self._baseline
        assert baseline is not None
        if not math.isfinite(value):
            return _undefined()

        def dropped(limits: Callable[[float], Ends]) -> Callable[[float], Ends]:
            """Return the limits of a drop from those of candidate − baseline."""

            def turned(level: float) -> Ends:
                low, high = limits(level)
                return (-high, -low) if sign > 0 else (low, high)

            return turned

        if is_of_probabilities(key):
            paired = self._paired_losses(key)
            if paired is not None:
                return Evidence(value, BY_SAMPLE, dropped(paired))
            return Evidence(value, INDEPENDENT, dropped(self._apart(key, position)))
        pair = self._pair
        if pair is not None:
            return Evidence(
                value,
                BY_SAMPLE,
                dropped(lambda level: _floats(pair.limits(key, level, position))),
            )
        difference = _stored_difference(baseline, candidate, key, position)
        if candidate.saw_the_samples_of(baseline) and _share_blocks(candidate, baseline):
            return self._by_blocks(
                key, position, value, baseline, candidate, difference, dropped=dropped
            )
        if _can_resample(candidate.counts) and _can_resample(baseline.counts):
            limits = dropped(lambda level: _floats(self._unpaired.limits(key, level, position)))
            return Evidence(value, INDEPENDENT, limits)
        if candidate.blocks is None or baseline.blocks is None:
            return Evidence(value, "", lambda _: (np.nan, np.nan), missing=TOO_FEW)
        return Evidence(value, INDEPENDENT, dropped(self._apart_by_blocks(key, position)))

    def _estimator(self, model: GateModel) -> ModelEstimator:
        if id(model) not in self._estimators:
            self._estimators[id(model)] = ModelEstimator(
                model.counts, replicates=_replicates(model), seed=self._seed_of(model)
            )
        return self._estimators[id(model)]

    def _seed_of(self, model: GateModel) -> int:
        return self._seed if model.comparison is None else model.comparison.settings.seed

    @cached_property
    def _together(self) -> Counts | None:
        """The counts of baseline and candidate as one, where both hold the same rows."""
        candidate, baseline = self._candidate, self._baseline
        assert baseline is not None
        if not candidate.saw_the_samples_of(baseline):
            return None
        if not (candidate.counts.is_paired and baseline.counts.is_paired):
            return None
        parts, names = (baseline.counts, candidate.counts), (baseline.name, candidate.name)
        return counts_together(parts, names)[0]

    @cached_property
    def _pair(self) -> PairEstimator | None:
        if self._together is None:
            return None
        return PairEstimator(
            self._together,
            replicates=_replicates(self._candidate),
            seed=self._seed_of(self._candidate),
        )

    @cached_property
    def _unpaired(self) -> PairEstimator:
        assert self._baseline is not None
        parts = (self._baseline.counts, self._candidate.counts)
        return PairEstimator(
            Counts.independent(parts),
            replicates=_replicates(self._candidate),
            seed=self._seed_of(self._candidate),
        )

    def _by_blocks(
        self,
        key: str,
        position: int | None,
        value: float,
        first: GateModel,
        second: GateModel | None,
        stored: Estimate | Difference | None,
        dropped: Callable[[Callable[[float], Ends]], Callable[[float], Ends]] = lambda each: each,
    ) -> Evidence:
        """Return the evidence of a results file: what it holds at its confidence, else blocks."""
        level_stored = _confidence(first)
        blocks, other = first.blocks, None if second is None else second.blocks
        has_stored = stored is not None and stored.low is not None
        if blocks is None and not has_stored:
            return Evidence(value, "", lambda _: (np.nan, np.nan), missing=TOO_FEW)

        def limits(level: float) -> Ends:
            if stored is not None and has_stored and math.isclose(level, level_stored):
                return _ends(stored)
            if blocks is None:
                return np.nan, np.nan
            found = block_interval(
                _metric_at(key, position),
                blocks,
                other,
                confidence=level,
                sample_weight=first.mean_weight,
            )
            return float(found.low), float(found.high)

        if second is None:
            method = "by block" if blocks is not None else getattr(stored, "method", "")
        else:
            method = BY_SAMPLE if has_stored and blocks is None else BY_BLOCK
        return Evidence(value, method, dropped(limits))

    def _apart_by_blocks(self, key: str, position: int | None) -> Callable[[float], Ends]:
        """Return limits of samples that are weighted or not independent within either model."""
        assert self._baseline is not None
        models = (self._baseline, self._candidate)

        def limits(level: float) -> Ends:
            parts = []
            for model in models:
                assert model.blocks is not None
                found = block_interval(
                    _metric_at(key, position),
                    model.blocks,
                    confidence=level,
                    sample_weight=model.mean_weight,
                )
                parts.append((found.low, found.estimate, found.high))
            low, high = independent_limits(parts[0], parts[1])
            return float(low), float(high)

        return limits

    def _apart(self, key: str, position: int | None) -> Callable[[float], Ends]:
        """Return limits of two metrics of probabilities as of independent samples."""
        assert self._baseline is not None
        models = (self._baseline, self._candidate)

        def limits(level: float) -> Ends:
            parts = []
            for model in models:
                found = _stated(model, self._seed_of(model), key, position, level)
                parts.append((_number(found.low), _number(found.value), _number(found.high)))
            low, high = independent_limits(parts[0], parts[1])
            return float(low), float(high)

        return limits

    def _paired_losses(self, key: str) -> Callable[[float], Ends] | None:
        """Return the limits of candidate − baseline of a mean loss; None where not paired."""
        if key not in PAIRED_LOSSES or self._together is None:
            return None
        counts, seed = self._together, self._seed_of(self._candidate)
        return lambda level: _ends(loss_differences(counts, (0, 1), level, seed=seed)[key])


def _can_resample(counts: Counts) -> bool:
    """Return whether counts hold all that their resampling needs."""
    return counts.sampling.simple or counts.is_paired


def _replicates(model: GateModel) -> int:
    return REPLICATES if model.comparison is None else model.comparison.settings.replicates


def _confidence(model: GateModel) -> float:
    return 0.95 if model.comparison is None else model.comparison.settings.confidence


def _metric_at(key: str, position: int | None) -> Callable[[Marginals], FloatArray]:
    metric = count_metric(key)
    if position is None:
        return lambda marginals: np.asarray(metric(marginals), dtype=np.float64)
    return lambda marginals: np.asarray(metric(marginals.take([position])), np.float64)[..., 0]


def _stored_key(model: GateModel, key: str, position: int | None) -> str | None:
    """Return the key under which a comparison holds a metric, None if it does not."""
    assert model.comparison is not None
    betas = model.comparison.settings.betas
    names = class_metrics(betas) if position is not None else overall_metrics(betas)
    wanted = key.replace("f1", "f_beta[1.0]") if key.startswith("f1") else key
    return next((stored for stored, name in names.items() if name == wanted), None)


def _stored(model: GateModel, key: str, position: int | None) -> Estimate | None:
    if model.comparison is None:
        return None
    stored = _stored_key(model, key, position)
    if stored is None:
        return None
    result = model.comparison.models[model.position]
    return result.overall[stored] if position is None else result.per_class[stored][position]


def _stored_difference(
    baseline: GateModel, candidate: GateModel, key: str, position: int | None
) -> Difference | None:
    """Return candidate − baseline where one file holds both, baseline first."""
    comparison = candidate.comparison
    if comparison is None or comparison is not baseline.comparison:
        return None
    stored = _stored_key(candidate, key, position)
    if stored is None or candidate.position == baseline.position:
        return None
    pair = comparison.pair(baseline.position, candidate.position)
    found = pair.overall[stored] if position is None else pair.per_class[stored][position]
    if pair.first == baseline.position or found.low is None or found.high is None:
        return found
    value = None if found.value is None else -found.value
    return type(found)(value, -found.high, -found.low)


def _stated(model: GateModel, seed: int, key: str, position: int | None, level: float) -> Estimate:
    """Return a metric of a model's probabilities.

    Raises
    ------
    InputError
        If the model has none.
    """
    wanted = key.removesuffix("_macro") if position is None else f"{key}[{position}]"
    if model.counts.probability(0) is not None:
        return _computed(model.counts, level, seed)[wanted]
    result = None if model.comparison is None else model.comparison.models[model.position]
    if result is None or result.probability is None:
        raise InputError(
            f"{key} is of stated probabilities; {model.name} has none: evaluate it with y_proba, "
            "or from a file that holds them"
        )
    if position is None:
        found = result.probability.overall[wanted]
    else:
        found = result.probability.auc[position]
    stretch = critical_value(level) / critical_value(_confidence(model))
    return _stretched(key, found, stretch)


@lru_cache(maxsize=32)
def _computed(counts: Counts, level: float, seed: int) -> Mapping[str, Estimate]:
    auc = auc_estimates(counts, level)
    return {
        **loss_estimates(counts, level, seed=seed),
        "roc_auc": macro_auc(auc),
        **{f"roc_auc[{k}]": each for k, each in enumerate(auc)},
    }


def _stretched(key: str, estimate: Estimate, stretch: float) -> Estimate:
    """Return an estimate of a file at another confidence, as if it were normal."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None or math.isclose(stretch, 1.0):
        return estimate
    metric = lookup(key)
    return type(estimate)(
        value,
        max(metric.low, value - stretch * (value - low)),
        min(metric.high, value + stretch * (high - value)),
        f"{estimate.method}, stretched",
    )


def _undefined() -> Evidence:
    return Evidence(np.nan, "", lambda _: (np.nan, np.nan), missing="the metric is undefined here")


def _share_blocks(first: GateModel, second: GateModel) -> bool:
    return (
        first.blocks is not None
        and second.blocks is not None
        and np.array_equal(first.blocks.actual, second.blocks.actual)
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _ends(found: Estimate | Difference) -> Ends:
    return _number(found.low), _number(found.high)


def _floats(limits: Limits) -> Ends:
    return float(limits.low), float(limits.high)
