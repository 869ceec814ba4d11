"""How models do on parts of the data: every metric by slice, and the slices that are weak."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.evaluation import Evaluation, counted_together
from evalkit.compare.judging import holm_judged
from evalkit.compare.metric_set import overall_metrics
from evalkit.compare.results import Difference, Estimate
from evalkit.compare.slice_counts import counts_of_samples
from evalkit.metrics.count import Marginals
from evalkit.statistics import (
    SMOOTHING,
    mcnemar,
    paired_proportion_interval,
    percentile_limits,
    proportion_interval,
    resample,
)
from evalkit.statistics.normal import normal_sf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.settings import Settings
    from evalkit.compare.slice_counts import SliceCounts
    from evalkit.statistics import JointCounts

REPLICATES = 1_000
STREAM = 7


@dataclass(frozen=True)
class SliceModel:
    """One model on a slice: its metrics, and its accuracy there minus that on all other samples."""

    overall: Mapping[str, Estimate]
    from_rest: Difference

    @property
    def is_weak(self) -> bool:
        """Whether accuracy is lower here than elsewhere, by the corrected test and the interval."""
        value = self.from_rest.value
        return self.from_rest.significant and value is not None and value < 0


@dataclass(frozen=True)
class SlicePair:
    """Two models on a slice: the second's accuracy minus the first's."""

    first: int
    second: int
    accuracy: Difference


@dataclass(frozen=True)
class SliceResult:
    """One slice.

    Attributes
    ----------
    columns, values : what its samples have in common.
    n_samples : how many there are.
    share : of all samples, or of their weight.
    models, pairs : one result a model, and one a pair.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...]
    n_samples: int
    share: float
    models: tuple[SliceModel, ...]
    pairs: tuple[SlicePair, ...]


def slice_results(models: Sequence[Evaluation], settings: Settings) -> tuple[SliceResult, ...]:
    """Return one result a slice, in the order of the columns; none where no slices were asked for.

    Tests are corrected by Holm's method: those against the rest over all slices and models, those
    between models over all slices and pairs; a difference is significant where the corrected test
    and the interval agree. Weighted and grouped samples get no intervals here.
    """
    together = counted_together(models)
    if together is None:
        held = [model.predictions for model in models if model.predictions is not None]
        slices = counts_of_samples(held) if len(held) == len(models) else ()
    else:
        order = [model.counted.position for model in models if model.counted is not None]
        slices = tuple(_reordered(each, order) for each in together.slices)
    simple = models[0].sampling.simple
    whole = [model.confusion_matrix.counts for model in models]
    found = [
        SliceResult(
            each.columns,
            each.values,
            each.n_samples,
            float(each.matrices[0].sum() / whole[0].sum()),
            tuple(
                SliceModel(
                    _overall(counts, settings, (number, i), simple=simple),
                    _from_rest(counts, whole[i], settings, simple=simple),
                )
                for i, counts in enumerate(each.matrices)
            ),
            tuple(
                SlicePair(i, j, _pair(joint, settings, simple=simple))
                for (i, j), joint in each.joints.items()
            ),
        )
        for number, each in enumerate(slices)
    ]
    return _corrected(found, settings.alpha)


def _reordered(slice_: SliceCounts, order: Sequence[int]) -> SliceCounts:
    """Return a slice with the models of a pass at the positions that a comparison gives them."""
    joints = {}
    for i in range(len(order)):
        for j in range(i + 1, len(order)):
            a, b = order[i], order[j]
            joint = slice_.joints[min(a, b), max(a, b)]
            joints[i, j] = joint if a < b else joint.swap()
    return replace(slice_, matrices=tuple(slice_.matrices[i] for i in order), joints=joints)


def _overall(
    counts: NDArray[Any], settings: Settings, stream: tuple[int, int], *, simple: bool
) -> Mapping[str, Estimate]:
    marginals = Marginals.of(counts)
    metrics = overall_metrics(settings.betas)
    values = {key: float(metric(marginals)) for key, metric in metrics.items()}
    if not simple:
        return {key: _known(value) for key, value in values.items()}
    rng = np.random.default_rng([settings.seed, STREAM, *stream])
    replicates = resample(counts, min(REPLICATES, settings.replicates), rng, smoothing=SMOOTHING)
    found = {}
    for key, metric in metrics.items():
        if key == "accuracy":
            right, n = float(marginals.true_positive.sum()), float(marginals.total)
            low, high = proportion_interval(right, n, confidence=settings.confidence)
            found[key] = _known(values[key], float(low), float(high), "Wilson")
        else:
            low, high = percentile_limits(metric(replicates), settings.confidence)
            found[key] = _known(values[key], float(low), float(high), "bootstrap")
    return found


def _known(
    value: float, low: float | None = None, high: float | None = None, method: str = ""
) -> Estimate:
    if not np.isfinite(value):
        return Estimate(None, undefined="undefined for every class")
    if low is None or high is None or not (np.isfinite(low) and np.isfinite(high)):
        return Estimate(value)
    return Estimate(value, low, high, method)


def _from_rest(
    inside: NDArray[Any], whole: NDArray[Any], settings: Settings, *, simple: bool
) -> Difference:
    """Return accuracy inside minus outside, Newcombe's interval and the corrected χ² test."""
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
    low = value - float(np.hypot(share_in - low_in, high_out - share_out))
    high = value + float(np.hypot(high_in - share_in, share_out - low_out))
    pooled = (right_in + right_out) / (n_in + n_out)
    scale = (pooled * (1 - pooled) * (1 / n_in + 1 / n_out)) ** 0.5
    # Yates's correction keeps small slices from false alarms.
    shift = max(0.0, abs(value) - (1 / n_in + 1 / n_out) / 2)
    p = float(2 * normal_sf(shift / scale)) if scale else 1.0
    return Difference(value, low, high, min(1.0, p), test="χ² with correction")


def _pair(joint: JointCounts, settings: Settings, *, simple: bool) -> Difference:
    value = (joint.only_b - joint.only_a) / joint.total
    if not simple:
        return Difference(value)
    interval = paired_proportion_interval(
        joint.only_b, joint.only_a, joint.total, confidence=settings.confidence
    )
    p = float(mcnemar(joint.only_a, joint.only_b).p_exact)
    return Difference(value, float(interval[0]), float(interval[1]), p, test="exact McNemar")


def _corrected(found: Sequence[SliceResult], alpha: float) -> tuple[SliceResult, ...]:
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
