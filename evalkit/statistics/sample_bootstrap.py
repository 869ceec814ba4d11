"""The bootstrap over samples, for metrics that counts cannot answer: log loss, Brier, AUC, ECE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.statistics.bootstrap import BootstrapInterval, interval_of_replicates
from evalkit.statistics.resampling import require_replicates
from evalkit.statistics.sampling_units import SamplingUnits

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray


def sample_bootstrap(
    metric: Callable[..., Any],
    *arrays: ArrayLike,
    replicates: int = 2_000,
    confidence: float = 0.95,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    seed: int | np.random.Generator = 0,
) -> BootstrapInterval:
    """Return the percentile bootstrap interval of any metric of samples.

    Parameters
    ----------
    metric : called as ``metric(*arrays)``, and with ``sample_weight=`` where weights are given;
        returns a number or an array of one shape, NaN where it is undefined.
    arrays : each (n, ...), resampled together along the first axis.
    replicates : how many resamples; each costs a call of the metric.
    confidence : strictly between 0 and 1.
    sample_weight : (n,) or None; a sample keeps its weight when it is drawn.
    groups : (n,) labels or None; samples of one label are drawn together.
    strata : (n,) labels or None; each keeps its number of samples, or of groups.
    seed : of the random draws, or a generator.

    Raises
    ------
    InputError
        If lengths differ or a group reaches into two strata.

    References
    ----------
    B. Efron and R. J. Tibshirani, *An Introduction to the Bootstrap*, 1993; for groups, C. A.
    Field and A. H. Welsh, "Bootstrapping clustered data", 2007.

    Examples
    --------
    >>> interval = sample_bootstrap(np.mean, [0.0, 1.0, 1.0, 1.0], replicates=100)
    >>> float(interval.estimate), float(interval.high)
    (0.75, 1.0)
    """
    require_replicates(replicates)
    columns = [np.asarray(array) for array in arrays]
    if not columns or len({len(column) for column in columns}) != 1:
        raise InputError(
            "a sample bootstrap takes one or more arrays of one length; got lengths "
            f"{[len(column) for column in columns]}"
        )
    units = SamplingUnits.of_samples(len(columns[0]), groups, strata)
    weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    rng = np.random.default_rng(seed)

    def value(rows: NDArray[np.int64] | slice) -> FloatArray:
        options = {} if weight is None else {"sample_weight": weight[rows]}
        return np.asarray(metric(*(column[rows] for column in columns), **options), np.float64)

    return interval_of_replicates(
        value(slice(None)),
        np.stack([value(units.drawn_rows(rng)) for _ in range(replicates)]),
        confidence=confidence,
        method="percentile",
    )


def mean_interval(
    values: ArrayLike,
    *,
    replicates: int = 10_000,
    confidence: float = 0.95,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    seed: int | np.random.Generator = 0,
) -> BootstrapInterval:
    """Return the percentile bootstrap interval of a weighted mean over samples.

    Log loss and the Brier score are means of a loss of each sample, and so is their difference
    between two models: then this is the paired bootstrap.

    Parameters
    ----------
    values : (n,) or (n, m): m means at once, of the same samples.
    replicates, confidence, sample_weight, groups, strata, seed : as in `sample_bootstrap`.

    Raises
    ------
    InputError
        If a value is not finite, lengths differ or a group reaches into two strata.

    Examples
    --------
    >>> float(mean_interval([0.1, 0.4, 0.4, 0.7], replicates=100).estimate)
    0.4
    """
    require_replicates(replicates)
    table = np.asarray(values, dtype=np.float64)
    if table.ndim not in (1, 2) or not np.isfinite(table).all():
        raise InputError(f"values must be finite, (n,) or (n, m); got shape {table.shape}")
    n = len(table)
    units = SamplingUnits.of_samples(n, groups, strata)
    weight = np.ones(n) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n,):
        raise InputError(f"sample_weight must have shape ({n},); got {weight.shape}")
    columns = np.column_stack([table * weight.reshape((n,) + (1,) * (table.ndim - 1)), weight])
    sums = units.resampled_sums(columns, replicates, np.random.default_rng(seed))

    def mean(sums: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):
            means: FloatArray = sums[..., :-1] / sums[..., -1:]
        return means if table.ndim == 2 else means[..., 0]

    return interval_of_replicates(
        mean(columns.sum(axis=0)), mean(sums), confidence=confidence, method="percentile"
    )
