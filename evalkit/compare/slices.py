"""Metrics and tests by slice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from evalkit.compare.model_result import overall_estimates
from evalkit.compare.records import SliceModel, SlicePair, SliceResult
from evalkit.counts.counts import Counts
from evalkit.statistics.estimates import Difference, Estimate, ModelEstimator, holm_judged
from evalkit.statistics.intervals import independent_limits
from evalkit.statistics.paired_tests import mcnemar
from evalkit.statistics.proportions import paired_proportion_interval, proportion_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.records import Settings
    from evalkit.counts.joint import JointCounts

REPLICATES = 1_000


def slice_results(counts: Counts, settings: Settings) -> tuple[SliceResult, ...]:
    """Return one result per slice, in the order of the columns.

    Tests are adjusted by Holm's method: those against all other samples over slices and models,
    those between models over slices and pairs. A difference is significant if the adjusted test and
    the interval agree. Weighted, grouped and stratified samples have no intervals.
    """
    simple = counts.sampling.simple
    total = counts.matrices[0].sum()
    found = [
        SliceResult(
            each.columns,
            each.values,
            each.n_samples,
            float(each.matrices[0].sum() / total),
            tuple(
                SliceModel(
                    _overall(counts.classes, matrix, settings, simple=simple),
                    _from_rest(matrix, counts.matrices[i], settings, simple=simple),
                )
                for i, matrix in enumerate(each.matrices)
            ),
            tuple(
                SlicePair(i, j, _pair(joint, settings, simple=simple))
                for (i, j), joint in each.joints.items()
            ),
        )
        for each in counts.slices
    ]
    return _adjusted(found, settings.alpha)


def _overall(
    classes: tuple[Any, ...], matrix: NDArray[Any], settings: Settings, *, simple: bool
) -> Mapping[str, Estimate]:
    inside = Counts(classes, (matrix,), round(float(matrix.sum())))
    estimator = ModelEstimator(
        inside, replicates=min(REPLICATES, settings.replicates), seed=settings.seed
    )
    if simple:
        return overall_estimates(estimator, settings)
    return overall_estimates(estimator, settings, with_intervals=False)


def _from_rest(
    inside: NDArray[Any], whole: NDArray[Any], settings: Settings, *, simple: bool
) -> Difference:
    """Return accuracy inside minus outside, with Newcombe's interval and the corrected χ² test."""
    right_in, n_in = float(np.trace(inside)), float(inside.sum())
    right_out, n_out = float(np.trace(whole)) - right_in, float(whole.sum()) - n_in
    if not n_in or n_out <= 0:
        return Difference(None, undefined="no other samples")
    share_in, share_out = right_in / n_in, right_out / n_out
    value = share_in - share_out
    if not simple:
        return Difference(value)
    low_in, high_in = proportion_interval(right_in, n_in, confidence=settings.confidence)
    low_out, high_out = proportion_interval(right_out, n_out, confidence=settings.confidence)
    low, high = independent_limits((low_out, share_out, high_out), (low_in, share_in, high_in))
    pooled = (right_in + right_out) / (n_in + n_out)
    scale = (pooled * (1 - pooled) * (1 / n_in + 1 / n_out)) ** 0.5
    # Yates's correction avoids false positives in small slices.
    shift = max(0.0, abs(value) - (1 / n_in + 1 / n_out) / 2)
    p = float(2 * ndtr(-shift / scale)) if scale else 1.0
    return Difference(value, float(low), float(high), min(1.0, p), test="χ² with correction")


def _pair(joint: JointCounts, settings: Settings, *, simple: bool) -> Difference:
    value = (joint.only_b - joint.only_a) / joint.total
    if not simple:
        return Difference(value)
    numbers = joint.only_a, joint.only_b, joint.total
    interval = paired_proportion_interval(*numbers, confidence=settings.confidence, test="exact")
    p = float(mcnemar(joint.only_a, joint.only_b).p_exact)
    return Difference(value, float(interval[0]), float(interval[1]), p, test="exact McNemar")


def _adjusted(found: Sequence[SliceResult], alpha: float) -> tuple[SliceResult, ...]:
    from_rest = holm_judged([m.from_rest for s in found for m in s.models], alpha)
    between = holm_judged([p.accuracy for s in found for p in s.pairs], alpha)
    rest, pairs = iter(from_rest), iter(between)
    return tuple(
        replace(
            each,
            models=tuple(replace(model, from_rest=next(rest)) for model in each.models),
            pairs=tuple(replace(pair, accuracy=next(pairs)) for pair in each.pairs),
        )
        for each in found
    )
