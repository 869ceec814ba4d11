"""What a bootstrap over samples draws: samples or whole groups of them, overall or by stratum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

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
