"""The evidence on metrics of stated probabilities: of one model, or of a drop between two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.probability import probability_differences
from evalkit.counts.identity import in_order
from evalkit.errors import InputError
from evalkit.gate.evidence import BY_SAMPLE, INDEPENDENT, Evidence, undefined
from evalkit.gate.stated import settings_at, stated_key
from evalkit.metrics.catalog import lookup

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.gate.evidence import Limits
    from evalkit.gate.rules import Quantity
    from evalkit.gate.side import Side
    from evalkit.statistics.estimates import Estimate

PAIRED_LOSSES = ("log_loss", "brier_score")
ANY = 0.95
"""A confidence to ask for a value at, which does not depend on it."""


def stated_figure(side: Side, key: str, position: int | None) -> float:
    """Return a metric of a model's probabilities; NaN where it is undefined.

    Raises
    ------
    InputError
        If the model states none.
    """
    return _number(_estimate(side, key, position, ANY).value)


def stated_evidence(
    quantity: Quantity, position: int | None, candidate: Side, baseline: Side | None, *, seed: int
) -> Evidence:
    """Return the evidence on a metric of stated probabilities.

    A drop of a mean loss is paired where the samples are at hand. Otherwise the intervals of the
    two models are joined as those of independent samples, which on the same samples is too wide.

    References
    ----------
    G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general
    approach", *Statistics in Medicine* 27, 2008: limits of a difference from those of its parts.
    """
    key = quantity.metric

    def of(side: Side, confidence: float) -> tuple[float, float, float]:
        found = _estimate(side, key, position, confidence)
        return _number(found.low), _number(found.value), _number(found.high)

    value = stated_figure(candidate, key, position)
    if not quantity.is_drop:
        method = _estimate(candidate, key, position, ANY).method
        return _evidence(value, method, lambda confidence: of(candidate, confidence)[::2])
    assert baseline is not None
    higher_is_better = lookup(key).higher_is_better
    first, second = (baseline, candidate) if higher_is_better else (candidate, baseline)
    lead = stated_figure(first, key, position) - stated_figure(second, key, position)
    paired = _paired_losses(baseline, candidate, key, seed)
    if paired is not None:
        return _evidence(lead, BY_SAMPLE, paired)

    def apart(confidence: float) -> Limits:
        (low, one, high), (other_low, other, other_high) = (
            of(side, confidence) for side in (first, second)
        )
        return (
            one - other - math.hypot(one - low, other_high - other),
            one - other + math.hypot(high - one, other - other_low),
        )

    return _evidence(lead, INDEPENDENT, apart)


def _estimate(side: Side, key: str, position: int | None, confidence: float) -> Estimate:
    """Return a metric of a model's probabilities; without a value where it states none."""
    if side.stated is None:
        raise InputError(
            f"{key} is of stated probabilities; {side.name} has none: evaluate it with y_proba, or "
            "from a file that holds them"
        )
    return side.stated(confidence)[stated_key(key, position)]


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _evidence(value: float, method: str, interval: Callable[[float], Limits]) -> Evidence:
    return Evidence(value, method, interval) if math.isfinite(value) else undefined()


def _paired_losses(
    baseline: Side, candidate: Side, key: str, seed: int
) -> Callable[[float], Limits] | None:
    """Return the interval of candidate − baseline of a mean loss, or None where unpaired."""
    one, other = baseline.predictions, candidate.predictions
    if key not in PAIRED_LOSSES or one is None or other is None:
        return None
    if not baseline.saw_the_samples_of(candidate):
        return None
    rows = np.arange(len(one))
    first, second = one.take(rows[in_order(one)]), other.take(rows[in_order(other)])

    def interval(confidence: float) -> Limits:
        found = probability_differences(first, second, settings_at(confidence, seed))[key]
        return _number(found.low), _number(found.high)

    return interval
