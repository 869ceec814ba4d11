"""Count metrics for resampling, given by name or as a function of counts or marginals."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from evalkit.errors import InputError, InputTypeError
from evalkit.metrics.catalog import lookup
from evalkit.metrics.count.marginals import Marginals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import CountArray, CountsLike, FloatArray

CountMetric: TypeAlias = Callable[[Any], Any]
Proportion: TypeAlias = "Callable[[Marginals], tuple[CountArray, CountArray]]"


def count_metric(metric: CountMetric | str) -> CountMetric:
    """Return the function for a metric name such as ``"f1_macro"``; functions are returned.

    >>> round(float(count_metric("f1_macro")([[3, 1], [0, 2]])), 3)
    0.829
    """
    if callable(metric):
        return metric
    if not isinstance(metric, str):
        raise InputTypeError(
            f"Invalid metric of type {type(metric).__name__}. Pass a function of counts or a name."
        )
    of_counts = lookup(metric).of_counts
    if of_counts is None:
        raise InputError(
            f"{metric} cannot be computed from counts. Use sample_bootstrap, which resamples the "
            "samples."
        )
    options: dict[str, Any] = {}
    if average := re.search(r"_(micro|macro|weighted)$", metric):
        options["average"] = average[1]
    if beta := re.search(r"\[(.+)\]", metric):
        options["beta"] = float(beta[1])
    return partial(of_counts, **options)


def proportion_of(metric: CountMetric | str) -> Proportion | None:
    """Return the function for the successes and trials of a proportion, or None for other metrics.

    >>> successes, trials = proportion_of("recall")(Marginals.of([[3, 1], [0, 2]]))
    >>> successes.tolist(), trials.tolist()
    ([3, 2], [4, 2])
    """
    if not isinstance(metric, str):
        return None
    found = lookup(metric)
    proportion = found.proportion
    if proportion is None or metric.endswith(("_macro", "_weighted")):
        return None
    if not metric.endswith("_micro"):
        return proportion
    if len(found.divides_by) != 1:
        return None  # Pooled over classes, the trials are not independent.

    def pooled(marginals: Marginals) -> tuple[CountArray, CountArray]:
        successes, trials = proportion(marginals.pooled())
        return successes[..., 0], trials[..., 0]

    return pooled


@dataclass(frozen=True, slots=True)
class BoundMetric:
    """A count metric with its properties for resampling.

    Attributes
    ----------
    function : a function from counts or marginals to values.
    dense : whether it needs matrices (R, K, K); evalkit's own metrics need only marginals.
    axis : position of the leading axis of the counts in its values; F-β puts the axis of several β
        before it.
    """

    function: CountMetric
    dense: bool
    axis: int

    def __call__(self, counts: CountsLike) -> FloatArray:
        """Return the value of one matrix."""
        return np.asarray(self.function(counts), dtype=np.float64)

    def of_replicates(self, replicates: CountsLike) -> FloatArray:
        """Return the values of R replicates, (R, ...)."""
        return np.moveaxis(self(replicates), self.axis, 0)


def contrast(values: Sequence[FloatArray]) -> FloatArray:
    """Return the value of one model, or the difference of two, second minus first."""
    return values[0] if len(values) == 1 else values[1] - values[0]


def bind_metric(metric: CountMetric | str, counts: NDArray[Any]) -> BoundMetric:
    """Return the metric prepared for resampling a matrix (K, K); it must keep leading axes.

    >>> bind_metric(lambda counts: counts[..., 0, 0], np.eye(2)).dense
    True
    """
    function = count_metric(metric)
    dense = not _reads_marginals(function, counts)
    shapes = []
    for leading in (2, 3):
        repeated = np.repeat(counts[None], leading, axis=0)
        given = repeated if dense else Marginals.of(repeated)
        shapes.append(np.shape(function(given)))
    differing = [i for i, (two, three) in enumerate(zip(*shapes, strict=False)) if two != three]
    if len(differing) != 1 or shapes[0][differing[0]] != 2:
        raise InputError(
            f"The metric returned shape {shapes[0]} for two matrices: it does not keep the leading "
            "axes of counts (..., K, K). Sum over the axes -1 and -2 only."
        )
    return BoundMetric(function, dense, differing[0])


def _reads_marginals(metric: CountMetric, counts: NDArray[Any]) -> bool:
    """Return whether the metric of the marginals equals the metric of the counts."""
    expected = np.asarray(metric(counts))
    try:
        found = np.asarray(metric(Marginals.of(counts)), dtype=np.float64)
    except (TypeError, AttributeError, ValueError, IndexError):
        return False
    return np.array_equal(found, expected, equal_nan=True)
