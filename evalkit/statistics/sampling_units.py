"""Bootstrap over samples or groups, for metrics that cannot be computed from counts."""

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
    """Samples in units that are drawn together.

    Attributes
    ----------
    unit : (n,) unit of each sample, 0 to units − 1.
    strata : units of each stratum; a resample has as many units of it as the data.
    rows : (n,) positions of the samples, ordered by unit.
    start, size : (units,) position of the first sample of each unit in `rows`, and number of
        samples.
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
        """Return the units of n samples: those of each label of `groups`, within `strata`.

        >>> SamplingUnits.of_samples(4, groups=["p", "q", "p", "q"]).unit.tolist()
        [0, 1, 0, 1]
        """
        if n < 1:
            raise InputError("No samples to resample. Pass at least one.")
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
                f"The group of row {int(np.argmax(torn))} extends over two strata. Stratify by a "
                "variable that is constant within groups."
            )
        members = tuple(np.flatnonzero(of_unit == code) for code in range(of_sample.max() + 1))
        return cls(unit, members, rows, start, size)

    def drawn_rows(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the positions of the samples of one resample."""
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
        """Return the number of times that each unit is drawn, (units, replicates)."""
        drawn = np.empty((len(self.size), replicates), dtype=np.int32)
        done = 0
        for block in self._draws(replicates, rng):
            drawn[:, done : done + len(block)] = block.T
            done += len(block)
        return drawn

    def resampled_sums(
        self, values: NDArray[np.float64], replicates: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Return sums (replicates, m) of values (n, m) over the samples of each resample.

        >>> units = SamplingUnits.of_samples(4, groups=["p", "q", "p", "q"])
        >>> units.resampled_sums(np.ones((4, 1)), 3, np.random.default_rng(0)).ravel().tolist()
        [4.0, 4.0, 4.0]
        """
        return self.resampled_units(self.summed(values), replicates, rng)

    def summed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return sums (units, m) of values (n, m) over the samples of each unit."""
        return np.add.reduceat(values[self.rows], self.start, axis=0)

    def resampled_units(
        self, by_unit: NDArray[np.float64], replicates: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Return sums (replicates, m) of values (units, m) over the units of each resample."""
        return np.concatenate([block @ by_unit for block in self._draws(replicates, rng)])

    def _draws(self, replicates: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
        """Yield the number of times that each unit is drawn, (some replicates, units), in parts.

        Drawing units and counting them is faster than multinomial draws, because the expected count
        of a unit is 1. A part fits in the processor's cache.
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
        raise InputError(f"{name} has shape {array.shape}, expected ({n},): one label per sample.")
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
    """Return the percentile bootstrap interval of a metric of samples.

    Parameters
    ----------
    metric : called as ``metric(*arrays)``, with ``sample_weight=`` if weights are given. It returns
        a number or an array of fixed shape, NaN where undefined.
    arrays : arrays (n, ...), resampled together along the first axis.
    replicates : number of resamples; each calls the metric once.
    confidence : strictly between 0 and 1.
    sample_weight : (n,) weights or None; a sample keeps its weight when it is drawn.
    groups : (n,) labels or None; samples with the same label are drawn together, such as those of a
        patient, or of a block of a time series: ``np.arange(n) // length``.
    strata : (n,) labels or None; each keeps its number of samples, or of groups.
    seed : integer seed, or a random number generator.

    Returns
    -------
    The metric of all samples with its interval; undefined replicates are left out.

    Raises
    ------
    InputError
        If lengths differ or a group extends over two strata.

    References
    ----------
    C. A. Field and A. H. Welsh, "Bootstrapping clustered data", 2007.

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
            f"The arrays have lengths {[len(column) for column in columns]}. Pass one or more "
            "arrays of the same length."
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


def weighted_units(
    values: ArrayLike,
    sample_weight: ArrayLike | None,
    groups: ArrayLike | None,
    strata: ArrayLike | None,
) -> tuple[FloatArray, FloatArray, SamplingUnits]:
    """Return checked values (n,) or (n, m), weights (n,) and the units that are drawn.

    Raises
    ------
    InputError
        If a value is not finite, lengths differ or a group extends over two strata.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim not in (1, 2):
        raise InputError(f"values has shape {table.shape}, expected (n,) or (n, m).")
    if not np.isfinite(table).all():
        raise InputError("values contains NaN or infinity.")
    n = len(table)
    weight = np.ones(n) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if weight.shape != (n,):
        raise InputError(f"sample_weight has shape {weight.shape}, expected ({n},).")
    return table, weight, SamplingUnits.of_samples(n, groups, strata)


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

    For the losses of model B minus those of model A, such as log losses, this is the paired
    bootstrap of their difference.

    Parameters
    ----------
    values : (n,) finite values, or (n, m) for m means over the same samples.
    replicates, confidence, sample_weight, groups, strata, seed : as in `sample_bootstrap`.

    Returns
    -------
    The weighted mean with its interval, () or (m,); NaN if the weights sum to 0.

    Raises
    ------
    InputError
        If a value is not finite, lengths differ or a group extends over two strata.

    Examples
    --------
    >>> float(mean_interval([0.1, 0.4, 0.4, 0.7], replicates=100).estimate)
    0.4
    """
    require_replicates(replicates)
    table, weight, units = weighted_units(values, sample_weight, groups, strata)
    columns = np.column_stack(
        [table * weight.reshape((len(table),) + (1,) * (table.ndim - 1)), weight]
    )
    sums = units.resampled_sums(columns, replicates, generator(seed, "losses"))

    def mean(sums: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):
            means: FloatArray = sums[..., :-1] / sums[..., -1:]
        return means if table.ndim == 2 else means[..., 0]

    return interval_of_replicates(
        mean(columns.sum(axis=0)), mean(sums), confidence=confidence, method="percentile"
    )
