"""The value of what a rule asks for, and its interval at any confidence.

A gate asks the same estimators as a comparison, with the same random streams, so that it judges
the interval that the report shows. A results file holds no rows: intervals of independent samples
are made again from its counts; others are those of the file, or come from blocks of samples.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalkit.counts.counts import Counts, counts_together
from evalkit.errors import InputError
from evalkit.gate.rules import is_of_probabilities
from evalkit.metrics.catalog import lookup
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.blocks import block_interval
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.estimates import REPLICATES, ModelEstimator, PairEstimator
from evalkit.statistics.intervals import critical_value, independent_limits
from evalkit.statistics.probability_estimates import (
    auc_estimates,
    loss_differences,
    loss_estimates,
    macro_auc,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evalkit.gate.models import GateModel
    from evalkit.gate.rules import Quantity
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.estimates import Difference, Estimate, Limits

BY_SAMPLE = "paired by sample"
BY_BLOCK = "paired by block"
INDEPENDENT = "independent samples"
NO_BLOCKS = "this interval of weighted or grouped samples needs blocks, and the file has none"


class Interval(NamedTuple):
    """The two ends of an interval and its method, or the reason why it is missing."""

    low: float = math.nan
    high: float = math.nan
    method: str = ""
    missing: str = ""


class GateEstimates:
    """Estimates of candidate and baseline; replicates are drawn once and serve every rule.

    Parameters
    ----------
    candidate, baseline : the two models; the baseline is None where no rule asks for a drop.
    seed : of the resampling, for models that do not come from a comparison with its own seed.
    """

    def __init__(self, candidate: GateModel, baseline: GateModel | None, *, seed: int) -> None:
        self._candidate, self._compared, self._seed = candidate, baseline, seed
        given = [candidate] if baseline is None else [candidate, baseline]
        self._marginals = {id(model): Marginals.of(model.counts.matrices[0]) for model in given}
        self._estimators: dict[int, ModelEstimator] = {}
        self._computed: dict[tuple[int, float], Mapping[str, Estimate]] = {}

    def value(self, quantity: Quantity, position: int | None) -> float:
        """Return the candidate's metric, or its drop from the baseline; NaN where undefined.

        Parameters
        ----------
        quantity : a metric, or a drop.
        position : of the class; None for all classes.
        """
        value = self.metric(self._candidate, quantity.metric, position)
        if not quantity.is_drop:
            return value
        drop = self.metric(self._baseline, quantity.metric, position) - value
        return (drop if lookup(quantity.metric).higher_is_better else -drop) + 0.0

    def metric(self, model: GateModel, key: str, position: int | None) -> float:
        """Return a metric of one of the two models; NaN where it is undefined."""
        if is_of_probabilities(key):
            return _number(self._probability(model, key, position, model.confidence).value)
        return float(_metric_at(key, position)(self._marginals[id(model)]))

    def interval(self, quantity: Quantity, position: int | None, confidence: float) -> Interval:
        """Return the interval of a quantity; a drop is paired where both saw the same samples.

        Pairs are made by sample where rows are known or one file holds both models, by block where
        two files were read. Otherwise the two models are treated as independent.
        """
        key = quantity.metric
        if not math.isfinite(self.value(quantity, position)):
            return Interval(missing="the metric is undefined here")
        if not quantity.is_drop:
            return self._of_model(self._candidate, key, position, confidence)
        found = self._of_difference(key, position, confidence)
        if lookup(key).higher_is_better:
            # A drop is baseline − candidate, a difference candidate − baseline.
            return found._replace(low=-found.high, high=-found.low)
        return found

    def _of_model(
        self, model: GateModel, key: str, position: int | None, confidence: float
    ) -> Interval:
        if is_of_probabilities(key):
            return _interval(self._probability(model, key, position, confidence))
        if _can_resample(model.counts):
            return _interval(self._estimator(model).limits(key, confidence, position))
        stored = model.stored(key, position)
        if stored is not None and _is_at(stored, model, confidence):
            return _interval(stored)
        return self._by_blocks(key, position, confidence, model)

    def _of_difference(self, key: str, position: int | None, confidence: float) -> Interval:
        """Return the interval of candidate − baseline."""
        candidate, baseline = self._candidate, self._baseline
        stored, paired = candidate.stored_difference(baseline, key, position)
        method = BY_SAMPLE if paired else INDEPENDENT
        if stored is not None and _is_at(stored, candidate, confidence):
            return _interval(stored, method)
        if is_of_probabilities(key):
            losses = self._loss_differences(confidence)
            if key in losses:
                return _interval(losses[key], BY_SAMPLE)
            if stored is not None:
                return Interval(*_stretched(stored, candidate, confidence), method)
        else:
            if self._together is not None:
                return _interval(self._pair.limits(key, confidence, position), BY_SAMPLE)
            if candidate.shares_blocks_with(baseline):
                return self._by_blocks(key, position, confidence, baseline, candidate)
            if _can_resample(candidate.counts) and _can_resample(baseline.counts):
                return _interval(self._pair.limits(key, confidence, position), INDEPENDENT)
        parts = [self._of_model(each, key, position, confidence) for each in (baseline, candidate)]
        missing = next((part.missing for part in parts if part.missing), "")
        before, after = (
            (part.low, self.metric(model, key, position), part.high)
            for part, model in zip(parts, (baseline, candidate), strict=True)
        )
        low, high = independent_limits(before, after)
        return Interval(float(low), float(high), "" if missing else INDEPENDENT, missing)

    @property
    def _baseline(self) -> GateModel:
        assert self._compared is not None, "rules that ask for a drop need a baseline"
        return self._compared

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
        """The counts of baseline and candidate as one, where both hold the same samples."""
        candidate, baseline = self._candidate, self._baseline
        if not (candidate.counts.is_paired and baseline.counts.is_paired):
            return None
        if not candidate.saw_the_samples_of(baseline):
            return None
        parts, names = (baseline.counts, candidate.counts), (baseline.name, candidate.name)
        return counts_together(parts, names)[0]

    @cached_property
    def _pair(self) -> PairEstimator:
        """The estimator of candidate − baseline."""
        parts = self._baseline.counts, self._candidate.counts
        return PairEstimator(
            self._together or Counts.independent(parts),
            replicates=_replicates(self._candidate),
            seed=self._seed_of(self._candidate),
        )

    def _loss_differences(self, confidence: float) -> Mapping[str, Difference]:
        """Return the differences of mean losses; empty where the models are not paired."""
        if self._together is None:
            return {}
        seed = self._seed_of(self._candidate)
        return loss_differences(self._together, (0, 1), confidence, seed=seed)

    def _probability(
        self, model: GateModel, key: str, position: int | None, confidence: float
    ) -> Estimate:
        """Return a metric of a model's probabilities.

        Raises
        ------
        InputError
            If the model has none.
        """
        if model.counts.probability(0) is not None:
            asked = id(model), confidence
            if asked not in self._computed:
                self._computed[asked] = _computed(model.counts, confidence, self._seed_of(model))
            wanted = key.removesuffix("_macro") if position is None else f"{key}[{position}]"
            return self._computed[asked][wanted]
        stored = model.stored(key, position)
        if stored is None:
            raise InputError(
                f"{model.name} has no probabilities, which {key} needs. Evaluate it with y_proba, "
                "or from a file that holds probabilities."
            )
        if stored.low is None or _is_at(stored, model, confidence):
            return stored
        low, high = _stretched(stored, model, confidence)
        method = f"{stored.method}, stretched"
        bounds = lookup(key)
        return replace(stored, low=max(bounds.low, low), high=min(bounds.high, high), method=method)

    def _by_blocks(
        self,
        key: str,
        position: int | None,
        confidence: float,
        model: GateModel,
        other: GateModel | None = None,
    ) -> Interval:
        """Return the interval of a model's metric, or of another's less it, from blocks."""
        if model.blocks is None:
            return Interval(missing=NO_BLOCKS)
        found = block_interval(
            _metric_at(key, position),
            model.blocks,
            None if other is None else other.blocks,
            confidence=confidence,
            sample_weight=model.mean_weight,
        )
        method = "by block" if other is None else BY_BLOCK
        return Interval(float(found.low), float(found.high), method)


def _can_resample(counts: Counts) -> bool:
    """Return whether counts hold all that their resampling needs."""
    return counts.sampling.simple or counts.is_paired


def _replicates(model: GateModel) -> int:
    return REPLICATES if model.comparison is None else model.comparison.settings.replicates


def _metric_at(key: str, position: int | None) -> Callable[[Marginals], FloatArray]:
    metric = count_metric(key)
    if position is None:
        return lambda marginals: np.asarray(metric(marginals), dtype=np.float64)
    return lambda marginals: np.asarray(metric(marginals.take([position])), np.float64)[..., 0]


def _computed(counts: Counts, confidence: float, seed: int) -> Mapping[str, Estimate]:
    auc = auc_estimates(counts, confidence)
    return {
        **loss_estimates(counts, confidence, seed=seed),
        "roc_auc": macro_auc(auc),
        **{f"roc_auc[{k}]": each for k, each in enumerate(auc)},
    }


def _is_at(stored: Estimate | Difference, model: GateModel, confidence: float) -> bool:
    """Return whether a file holds an interval at this confidence."""
    return stored.low is not None and math.isclose(confidence, model.confidence)


def _stretched(
    stored: Estimate | Difference, model: GateModel, confidence: float
) -> tuple[float, float]:
    """Return the ends of a file's interval at another confidence, as of a normal estimate."""
    low, value, high = map(_number, (stored.low, stored.value, stored.high))
    stretch = critical_value(confidence) / critical_value(model.confidence)
    return value - stretch * (value - low), value + stretch * (high - value)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _interval(found: Estimate | Difference | Limits, method: str = "") -> Interval:
    low, high = (math.nan if end is None else float(end) for end in (found.low, found.high))
    return Interval(low, high, method or getattr(found, "method", ""))
