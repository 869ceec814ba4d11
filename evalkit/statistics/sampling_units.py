"""The bootstrap over samples or groups of them, for metrics that counts cannot answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.statistics.bootstrap import BootstrapInterval, interval_of_replicates
from evalkit.statistics.resampling import require_replicates
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray

_CACHED_DRAWS = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class SamplingUnits:
    """Samples as they are drawn together.

    Attributes
    ----------
    unit : (n,) the unit of each sample, 0 to units − 1.
    strata : the units of each stratum; as many are drawn from it as it has.
    rows : (n,) the samples ordered by unit.
    start, size : (units,) where the samples of a unit stand in `rows`, and how many they are.
    """

    unit: NDArray[np.int64]
    strata: tuple[NDArray[np.int64], ...]
    rows: NDArray[np.int64]
    start: NDArray[np.int64]
    size: NDArray[np.int64]

    @classmethod
    def of_samples(
        cls, n: int, groups: ArrayLike | None = None, strata: ArrayLike | None = None
    ) -> SamplingUnits:
        """Return the units of n samples.

        Parameters
        ----------
        n : how many samples.
        groups : (n,) labels or None; samples with one label are drawn together, as those of a
            patient, a video or a block of a time series are: ``np.arange(n) // length``.
        strata : (n,) labels or None; each is drawn by itself.

        Raises
        ------
        InputError
            If there are no samples, lengths differ, or a group reaches into two strata.

        Examples
        --------
        >>> SamplingUnits.of_samples(4, groups=["p", "q", "p", "q"]).unit.tolist()
        [0, 1, 0, 1]
        """
        if n < 1:
            raise InputError("resampling needs at least one sample; got none")
        unit = np.arange(n) if groups is None else _codes(groups, n, "groups")
        size = np.bincount(unit)
        rows = np.argsort(unit, kind="stable")
        start = np.cumsum(size) - size
        if strata is None:
            return cls(unit, (np.arange(len(size)),), rows, start, size)
        of_sample = _codes(strata, n, "strata")
        of_unit = of_sample[rows[start]]
        torn = of_unit[unit] != of_sample
        if torn.any():
            raise InputError(
                f"a group must lie in one stratum; that of row {int(np.argmax(torn))} reaches into "
                "two: stratify by something that is the same within a group"
            )
        members = tuple(np.flatnonzero(of_unit == code) for code in range(of_sample.max() + 1))
        return cls(unit, members, rows, start, size)

    def drawn_rows(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the samples of one resample, with repetition."""
        picked = np.concatenate(
            [members[rng.integers(0, len(members), len(members))] for members in self.strata]
        )
        if len(self.size) == len(self.unit):
            return self.rows.take(picked)
        size = self.size[picked]
        within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        rows: NDArray[np.int64] = self.rows[np.repeat(self.start[picked], size) + within]
        return rows

    def multiplicities(self, replicates: int, rng: np.random.Generator) -> NDArray[np.int32]:
        """Return how often each unit is drawn, (units, replicates)."""
        drawn = np.empty((len(self.size), replicates), dtype=np.int32)
        done = 0
        for block in self._draws(replicates, rng):
            drawn[:, done : done + len(block)] = block.T
            done += len(block)
        return drawn

    def resampled_sums(
        self, values: NDArray[np.float64], replicates: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Return sums over the samples of resamples, (replicates, m), of values (n, m).

        Examples
        --------
        >>> units = SamplingUnits.of_samples(4, groups=["p", "q", "p", "q"])
        >>> units.resampled_sums(np.ones((4, 1)), 3, np.random.default_rng(0)).ravel().tolist()
        [4.0, 4.0, 4.0]
        """
        by_unit = np.add.reduceat(values[self.rows], self.start, axis=0)
        return np.concatenate([block @ by_unit for block in self._draws(replicates, rng)])

    def _draws(self, replicates: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
        """Yield how often each unit is drawn, (some replicates, units), till all are done.

        Each unit is a cell of its own, so that drawing units and counting them is quicker than
        drawing counts: some replicates at a time, which stay in the cache.
        """
        at_once = max(1, _CACHED_DRAWS // len(self.size))
        for start in range(0, replicates, at_once):
            rows = min(at_once, replicates - start)
            drawn = np.empty((rows, len(self.size)))
            for members in self.strata:
                width = len(members)
                picked = rng.integers(0, width, (rows, width))
                picked += width * np.arange(rows)[:, None]
                counts = np.bincount(picked.ravel(), minlength=rows * width)
                drawn[:, members] = counts.reshape(rows, width)
            yield drawn


def _codes(labels: ArrayLike, n: int, name: str) -> NDArray[np.int64]:
    array = np.asarray(labels)
    if array.shape != (n,):
        raise InputError(f"{name} must label each of the {n} samples; got shape {array.shape}")
    return np.unique(array, return_inverse=True)[1].astype(np.int64)


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
    rng = generator(seed, "losses")

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
    sums = units.resampled_sums(columns, replicates, generator(seed, "losses"))

    def mean(sums: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):
            means: FloatArray = sums[..., :-1] / sums[..., -1:]
        return means if table.ndim == 2 else means[..., 0]

    return interval_of_replicates(
        mean(columns.sum(axis=0)), mean(sums), confidence=confidence, method="percentile"
    )
