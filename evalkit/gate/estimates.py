"""The value of what a rule asks for, and the limits by which it is decided.

Limits of counts of independent samples are those of `evalkit.statistics.decision_interval`, from
rows and files alike. Other intervals are those of the report, or of the file, extended to the level
of the decision where the estimator cannot compute it; their method says that they are approximate.
"""

from __future__ import annotations

import math
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit, logit

from evalkit.counts.counts import Counts, counts_together
from evalkit.errors import InputError
from evalkit.metrics.catalog import lookup
from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.quantities import AREAS, is_of_probabilities
from evalkit.statistics.auc_difference import auc_difference
from evalkit.statistics.average_precision import (
    average_precision_difference,
    average_precision_estimates,
)
from evalkit.statistics.blocks import block_interval
from evalkit.statistics.count_metric import count_metric, proportion_of
from evalkit.statistics.decision_limits import (
    EXACT,
    INDEPENDENT,
    block_limits,
    independent_decision_limits,
    model_limits,
    paired_limits,
)
from evalkit.statistics.estimates import (
    REPLICATES,
    ModelEstimator,
    PairEstimator,
    known_estimate,
)
from evalkit.statistics.intervals import critical_value, independent_limits
from evalkit.statistics.probability_estimates import (
    auc_estimates,
    loss_differences,
    loss_estimates,
    macro_auc,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from evalkit.gate.models import GateModel
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.metrics.quantities import Quantity
    from evalkit.statistics.estimates import Difference, Estimate

BY_SAMPLE = "paired by sample"
BY_BLOCK = "paired by block"
IN_TAIL = 25
"""Fewer replicates beyond a quantile do not estimate it."""
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
        self._computed: dict[tuple[int, str], Mapping[str, Estimate]] = {}

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
            return _number(self._probability(model, key, position).value)
        return float(metric_at(key, position)(self._marginals[id(model)]))

    def trials(self, quantity: Quantity, position: int | None, interval: Interval) -> float | None:
        """Return the trials of a proportion with exact limits, such as the samples of a class.

        None for other quantities.
        """
        key = quantity.metric
        exact = interval.method == EXACT and not quantity.is_drop
        proportion = proportion_of(key) if exact and not is_of_probabilities(key) else None
        if proportion is None:
            return None
        trials = np.atleast_1d(proportion(self._marginals[id(self._candidate)])[1])
        return float(trials[position or 0])

    def interval(self, quantity: Quantity, position: int | None, confidence: float) -> Interval:
        """Return the limits of a quantity; a drop is paired where both saw the same samples.

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
            return _extended(
                self._probability(model, key, position), key, model.confidence, confidence
            )
        if model.counts.sampling.simple:
            counts = model.counts.matrices[0]
            known = counts if position is None else self._marginals[id(model)]
            return Interval(*model_limits(known, key, confidence, position))
        if _can_resample(model.counts):
            return self._resampled(self._estimator(model), model, key, position, confidence)
        stored = model.stored(key, position)
        if stored is not None and _is_at(stored, model, confidence):
            return _interval(stored)
        return self._by_blocks(key, position, confidence, model)

    def _of_difference(self, key: str, position: int | None, confidence: float) -> Interval:
        """Return the interval of candidate − baseline."""
        candidate, baseline = self._candidate, self._baseline
        stored, paired = candidate.stored_difference(baseline, key, position)
        method = BY_SAMPLE if paired else INDEPENDENT
        if is_of_probabilities(key):
            ranked = self._ranking_difference(key, position, confidence)
            if ranked is not None:
                return _interval(ranked, BY_SAMPLE)
            found = self._loss_differences.get(key, stored)
            if found is not None:
                method = BY_SAMPLE if key in self._loss_differences else method
                at = candidate.confidence
                return _extended(found, key, at, confidence, method, is_difference=True)
        elif candidate.counts.sampling.simple and baseline.counts.sampling.simple:
            return self._of_counts(key, position, confidence)
        elif stored is not None and _is_at(stored, candidate, confidence):
            return _interval(stored, method)
        elif self._together is not None:
            return self._resampled(self._pair, candidate, key, position, confidence, BY_SAMPLE)
        elif candidate.shares_blocks_with(baseline):
            return self._by_blocks(key, position, confidence, baseline, candidate)
        parts = [self._of_model(each, key, position, confidence) for each in (baseline, candidate)]
        missing = next((part.missing for part in parts if part.missing), "")
        before, after = (
            (part.low, self.metric(model, key, position), part.high)
            for part, model in zip(parts, (baseline, candidate), strict=True)
        )
        low, high = independent_limits(before, after)
        method = "" if missing else f"{INDEPENDENT}, approximate"
        return Interval(float(low), float(high), method, missing)

    def _of_counts(self, key: str, position: int | None, confidence: float) -> Interval:
        """Return the limits of candidate − baseline for independent samples without weights."""
        candidate, baseline = self._candidate, self._baseline
        matrices = baseline.counts.matrices[0], candidate.counts.matrices[0]
        sides = [self._marginals[id(each)] for each in (baseline, candidate)]
        if position is None and key not in ("accuracy", "zero_one_loss"):
            ours, theirs = (_covered(key, side) for side in sides)
            if not np.array_equal(ours, theirs):
                return Interval(missing="the two averages cover different classes")
        joint = None if self._together is None else self._together.joint(0, 1)
        alone = None  # has marginals of its own
        if joint is None and key in ("accuracy", "zero_one_loss"):
            alone = candidate.stored_joint(baseline)
        if alone is not None:
            found, how = paired_limits(alone, key, confidence), BY_SAMPLE
        elif joint is not None:
            found, how = paired_limits(joint, key, confidence, position, sides), BY_SAMPLE
        elif candidate.shares_blocks_with(baseline):
            assert baseline.blocks is not None
            assert candidate.blocks is not None
            blocks = baseline.blocks, candidate.blocks
            found, how = block_limits(sides, blocks, key, confidence, position), BY_BLOCK
        else:
            known = matrices if position is None else sides
            found = independent_decision_limits(known, key, confidence, position)
            how = INDEPENDENT
        method = found.method if found.method == INDEPENDENT else f"{found.method}, {how}"
        return Interval(found.low, found.high, "" if found.missing else method, found.missing)

    def _resampled(
        self,
        estimator: ModelEstimator | PairEstimator,
        model: GateModel,
        key: str,
        position: int | None,
        confidence: float,
        method: str = "",
    ) -> Interval:
        """Return the estimator's interval, extended where its replicates do not reach the tail."""
        reach = 1 - 2 * IN_TAIL / _replicates(model)
        at = min(confidence, max(reach, 0.95))
        found = estimator.limits(key, at, position)
        value = float(estimator.value(key, position))
        given = known_estimate(value, float(found.low), float(found.high), method or found.method)
        return _extended(given, key, at, confidence, method, is_difference=bool(method))

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

    @cached_property
    def _loss_differences(self) -> Mapping[str, Difference]:
        """The differences of mean losses; empty where the models are not paired."""
        if self._together is None:
            return {}
        candidate = self._candidate
        seed = self._seed_of(candidate)
        return loss_differences(self._together, (0, 1), candidate.confidence, seed=seed)

    def _ranking_difference(
        self, key: str, position: int | None, confidence: float
    ) -> Difference | None:
        """Return the paired difference of a class in a ranking; None without interval."""
        if position is None or self._together is None or key not in AREAS:
            return None
        if key == "roc_auc":
            found = auc_difference(self._together, (0, 1), position, confidence)
        else:
            seed = self._seed_of(self._candidate)
            found = average_precision_difference(
                self._together, (0, 1), position, confidence, seed=seed
            )
        return None if found.low is None else found

    def _probability(self, model: GateModel, key: str, position: int | None) -> Estimate:
        """Return a metric of a model's probabilities with the interval of the report.

        Raises
        ------
        InputError
            If the model has none.
        """
        if model.counts.probability(0) is not None:
            base = key.removesuffix("_macro")
            family = base if base in AREAS else ""
            if (id(model), family) not in self._computed:
                self._computed[id(model), family] = _computed(
                    family, model.counts, model.confidence, self._seed_of(model)
                )
            wanted = base if position is None else f"{key}[{position}]"
            return self._computed[id(model), family][wanted]
        stored = model.stored(key, position)
        if stored is None:
            raise InputError(
                f"{model.name} has no probabilities, which {key} needs. Evaluate it with y_proba, "
                "or from a file that holds probabilities."
            )
        return stored

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
            metric_at(key, position),
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


def _covered(key: str, marginals: Marginals) -> NDArray[np.bool_]:
    """Return which classes an average covers."""
    by_class = re.sub(r"_(micro|macro|weighted)$", "", key)
    if by_class == key:  # balanced accuracy and coefficients of the whole matrix
        return np.asarray(marginals.actual > 0) if key == "balanced_accuracy" else np.ones(0, bool)
    return np.isfinite(np.asarray(count_metric(by_class)(marginals), np.float64))


def _replicates(model: GateModel) -> int:
    return REPLICATES if model.comparison is None else model.comparison.settings.replicates


def metric_at(key: str, position: int | None) -> Callable[[Marginals], FloatArray]:
    """Return the function of marginals for a metric, of the class at `position` if there is one."""
    metric = count_metric(key)
    if position is None:
        return lambda marginals: np.asarray(metric(marginals), dtype=np.float64)
    return lambda marginals: np.asarray(metric(marginals.take([position])), np.float64)[..., 0]


def _computed(family: str, counts: Counts, confidence: float, seed: int) -> Mapping[str, Estimate]:
    """Return a ranking metric of all classes and its macro average, or all losses."""
    if not family:
        return loss_estimates(counts, confidence, seed=seed)
    by_class = (
        auc_estimates(counts, confidence)
        if family == "roc_auc"
        else average_precision_estimates(counts, confidence, seed=seed)
    )
    named = {f"{family}[{k}]": each for k, each in enumerate(by_class)}
    return {family: macro_auc(by_class), **named}


def _is_at(stored: Estimate | Difference, model: GateModel, confidence: float) -> bool:
    """Return whether a file holds an interval at this confidence."""
    return stored.low is not None and math.isclose(confidence, model.confidence)


def _extended(
    given: Estimate | Difference,
    key: str,
    at: float,
    confidence: float,
    method: str = "",
    *,
    is_difference: bool = False,
) -> Interval:
    """Return an interval at another confidence than the given one, as of a normal estimate.

    Values with two bounds are extended on the logit scale, positive ones on the log scale, and
    differences as they are.
    """
    how = method or getattr(given, "method", "")
    low, value, high = map(_number, (given.low, given.value, given.high))
    if not (math.isfinite(low) and math.isfinite(high)) or math.isclose(at, confidence):
        return Interval(low, high, how, "" if math.isfinite(low) else "there is no interval")
    bounds, stretch = lookup(key), critical_value(confidence) / critical_value(at)
    if is_difference:
        ends = [value + stretch * (end - value) for end in (low, high)]
    else:
        to, back = _scale(bounds.low, bounds.high, low, high)
        ends = [back(to(value) + stretch * (to(end) - to(value))) for end in (low, high)]
        ends = [min(max(end, bounds.low), bounds.high) for end in ends]
    return Interval(ends[0], ends[1], f"{how}, approximate")


def _scale(
    lowest: float, highest: float, low: float, high: float
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Return the function to the scale on which an interval is extended, and its inverse."""
    if not (lowest < low and high < highest):
        return float, float
    width = highest - lowest
    if not math.isfinite(width):
        return math.log, math.exp
    return (
        lambda x: float(logit((x - lowest) / width)),
        lambda x: lowest + width * float(expit(x)),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _interval(found: Estimate | Difference, method: str = "") -> Interval:
    low, high = (math.nan if end is None else float(end) for end in (found.low, found.high))
    return Interval(low, high, method or getattr(found, "method", ""))
