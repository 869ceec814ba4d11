"""Two models on the same samples: the bootstrap of the difference of any count metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.statistics.bootstrap import (
    SMOOTHING,
    BootstrapInterval,
    BootstrapMethod,
    interval_of_replicates,
)
from evalkit.statistics.cell_sums import CellSums
from evalkit.statistics.count_metric import bind_metric
from evalkit.statistics.jackknife import jackknife
from evalkit.statistics.resampling import joined, resampled_blocks, whole_counts

if TYPE_CHECKING:
    from evalkit.counts.joint import JointCounts
    from evalkit.metrics.count.marginals import FloatArray, Marginals
    from evalkit.statistics.count_metric import BoundMetric, CountMetric


def paired_interval(
    joint: JointCounts,
    metric: CountMetric | str,
    *,
    replicates: int = 10_000,
    confidence: float = 0.95,
    method: BootstrapMethod = "smoothed",
    seed: int | np.random.Generator = 0,
    stratified: bool = False,
) -> BootstrapInterval:
    """Return the bootstrap interval of metric(A) − metric(B) on the same samples.

    Parameters
    ----------
    joint : counts over (actual, A, B), whole.
    metric : a function of counts (..., K, K) or of `Marginals`, or a catalog name.
    replicates, confidence, method, seed, stratified : as in `bootstrap_interval`.

    Returns
    -------
    The difference with its interval; NaN where the metric is undefined for either model.

    Examples
    --------
    >>> from evalkit.counts.joint import JointCounts
    >>> joint = JointCounts.from_codes([0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 1, 1], 2)
    >>> float(paired_interval(joint, "accuracy", replicates=100).estimate)
    0.25
    """
    counts = whole_counts(joint.counts)
    bound = bind_metric(metric, joint.confusion_a())
    sums = CellSums.of_cells(joint.cells, joint.n_classes, dense=bound.dense)
    return interval_of_replicates(
        bound(joint.confusion_a()) - bound(joint.confusion_b()),
        difference_replicates(joint, bound, replicates, seed, method=method, stratified=stratified),
        confidence=confidence,
        method=method,
        left_out=lambda: (jackknife(sums, counts, bound), counts),
    )


def paired_resample(
    joint: JointCounts,
    replicates: int,
    rng: np.random.Generator,
    *,
    stratified: bool = False,
    smoothing: float = 0.0,
) -> tuple[Marginals, Marginals]:
    """Return bootstrap replicates of two models on the same samples, as marginals of each.

    Parameters
    ----------
    joint : counts over (actual, A, B), whole.
    replicates : R.
    rng : the source of randomness.
    stratified : draw each actual class by itself, so that supports stay as they are.
    smoothing : how many pseudo-samples to add to those drawn from; of each one model is right and
        the other wrong.

    Returns
    -------
    Marginals of A and of B, each with leading axis R: replicate r of both saw the same samples.

    Raises
    ------
    InputError
        If counts are not whole, as weighted counts are not.

    Examples
    --------
    >>> from evalkit.counts.joint import JointCounts
    >>> joint = JointCounts.from_codes([0, 0, 1], [0, 1, 1], [0, 0, 1], 2)
    >>> a, b = paired_resample(joint, 4, np.random.default_rng(0))
    >>> bool((a.actual == b.actual).all())
    True
    """
    sums = CellSums.of_cells(joint.cells, joint.n_classes, dense=False)
    parts = resampled_blocks(
        sums,
        joint.cells,
        whole_counts(joint.counts),
        replicates,
        rng,
        stratified=stratified,
        smoothing=smoothing,
    )
    of_a, of_b = zip(*parts, strict=True)
    return joined(of_a), joined(of_b)


def difference_replicates(
    joint: JointCounts,
    metric: BoundMetric,
    replicates: int,
    seed: int | np.random.Generator,
    *,
    method: BootstrapMethod,
    stratified: bool = False,
) -> FloatArray:
    """Return bootstrap replicates (R, ...) of metric(A) − metric(B)."""
    sums = CellSums.of_cells(joint.cells, joint.n_classes, dense=metric.dense)
    counts, rng = whole_counts(joint.counts), np.random.default_rng(seed)
    return np.concatenate(
        [
            metric.of_replicates(a) - metric.of_replicates(b)
            for a, b in resampled_blocks(
                sums,
                joint.cells,
                counts,
                replicates,
                rng,
                stratified=stratified,
                smoothing=SMOOTHING if method == "smoothed" else 0.0,
            )
        ]
    )
