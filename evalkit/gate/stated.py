"""Metrics of the probabilities that a model states: their intervals at any confidence.

Where the samples are at hand they are resampled. A results.json holds intervals at one confidence;
at another they are stretched as those of a normal estimate are.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from evalkit.compare.probability import probability_result
from evalkit.compare.records import Settings
from evalkit.metrics.catalog import lookup
from evalkit.statistics.estimates import Estimate
from evalkit.statistics.intervals import critical_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evalkit.compare.evaluation import Evaluation

STATED = ("log_loss", "brier_score", "expected_calibration_error", "roc_auc")
"""The metrics of probabilities that comparisons hold with an interval."""

StatedAt: TypeAlias = "Callable[[float], Mapping[str, Estimate]]"
"""From a confidence to estimates by key: ``"log_loss"``, ``"roc_auc_macro"``, ``"roc_auc[2]"``."""


def is_stated(key: str) -> bool:
    """Return whether a key names a metric of probabilities: ``"roc_auc_macro"``."""
    return key.removesuffix("_macro") in STATED


def stated_key(key: str, position: int | None) -> str:
    """Return the key of a metric of one class, or of the whole model."""
    return key if position is None else f"{key}[{position}]"


def settings_at(confidence: float, seed: int) -> Settings:
    """Return the choices of a comparison that metrics of probabilities depend on."""
    return Settings(betas=(1.0,), confidence=confidence, seed=seed, replicates=1, margin=None)


def stated_by(evaluation: Evaluation, seed: int = 0) -> StatedAt | None:
    """Return the estimates of an evaluation, or None where it states no probabilities."""

    @lru_cache(maxsize=8)
    def at(confidence: float) -> Mapping[str, Estimate]:
        found = probability_result(evaluation, settings_at(confidence, seed))
        return {} if found is None else _by_key(found.overall, found.auc)

    samples, counted = evaluation.predictions, evaluation.counted
    unknown = samples is None or samples.probabilities is None
    return None if unknown and (counted is None or counted.probability is None) else at


def stated_in(probability: Mapping[str, Any], confidence: float) -> StatedAt:
    """Return the estimates of one model of a results.json, whose intervals are at `confidence`.

    Raises
    ------
    KeyError, TypeError, ValueError
        If the file is not as evalkit writes it.
    """
    overall = {key: _read(estimate) for key, estimate in probability["overall"].items()}
    found = _by_key(overall, [_read(estimate) for estimate in probability["auc"]])
    reach = critical_value(confidence)

    def at(wanted: float) -> Mapping[str, Estimate]:
        stretch = critical_value(wanted) / reach
        return {key: _stretched(key, estimate, stretch) for key, estimate in found.items()}

    return at


def _read(estimate: Mapping[str, Any]) -> Estimate:
    found = Estimate(**estimate)
    numbers = [
        float(number) for number in (found.low, found.value, found.high) if number is not None
    ]
    if not isinstance(found.method, str):
        raise TypeError(f"a method must be text; got {found.method!r}")
    if not all(map(math.isfinite, numbers)) or numbers != sorted(numbers):
        raise ValueError(f"an interval must hold its value; got {numbers}")
    return found


def _by_key(overall: Mapping[str, Estimate], auc: Sequence[Estimate]) -> dict[str, Estimate]:
    found = {key: value for key, value in overall.items() if key != "roc_auc"}
    found["roc_auc_macro"] = overall["roc_auc"]
    return found | {stated_key("roc_auc", k): value for k, value in enumerate(auc)}


def _stretched(key: str, estimate: Estimate, stretch: float) -> Estimate:
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None or math.isclose(stretch, 1.0):
        return estimate
    metric = lookup(key.partition("[")[0])
    return Estimate(
        value,
        max(metric.low, value - stretch * (value - low)),
        min(metric.high, value + stretch * (high - value)),
        f"{estimate.method}, stretched",
    )
