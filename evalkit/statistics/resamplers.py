"""Resamplers of counts, with one interface. `resampler_of` chooses by how samples were drawn.

- Unweighted, ungrouped samples: smoothed multinomial draws over the cells.
- Weighted, grouped or stratified rows: rows or whole groups are drawn from each stratum.
- Sums of weighted or grouped samples whose rows are not kept: Poisson bootstrap of cells or groups.
- Models that are not paired: each is resampled independently, without permutation tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalkit.errors import IncompatibleError
from evalkit.statistics.bootstrap import SMOOTHING, BootstrapInterval
from evalkit.statistics.costs import cell_prices, cost_difference_interval, cost_interval
from evalkit.statistics.intervals import independent_limits
from evalkit.statistics.permutation import sign_flip_p_value, swap_resample
from evalkit.statistics.resampling import paired_resample, resample
from evalkit.statistics.sample_resampling import (
    mean_of_cells,
    resample_cells,
    resample_units,
    sample_resample,
    sample_swap,
    sign_flip_of_cells,
    swap_cells,
    swap_units,
)
from evalkit.statistics.sampling_units import SamplingUnits, mean_interval
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.counts.counts import Counts
    from evalkit.counts.joint import JointCounts
    from evalkit.counts.sums import Sums
    from evalkit.metrics.count.marginals import FloatArray, Marginals
    from evalkit.predictions import Predictions

MOST_REPLICATES_OF_CLASSES = 2_000_000
LEAST_REPLICATES = 1_000
POISSON = "Poisson bootstrap"


def bounded_replicates(replicates: int, n_classes: int) -> int:
    """Return the number of replicates, reduced for more than 200 classes to limit memory.

    >>> bounded_replicates(10_000, 10), bounded_replicates(10_000, 1_000)
    (10000, 2000)
    """
    most = max(LEAST_REPLICATES, MOST_REPLICATES_OF_CLASSES // n_classes)
    return max(1, min(replicates, most))


class Draws(NamedTuple):
    """Number of replicates of an interval, its confidence, and the seed."""

    replicates: int
    confidence: float
    seed: int


class Resampler(ABC):
    """Resampler of models on the same samples.

    Parameters
    ----------
    counts : counts of one or more models.
    """

    method = "bootstrap"
    """Name of the method of intervals from its replicates."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    @abstractmethod
    def draw(
        self, models: Sequence[int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        """Return replicates of each model with leading axis R; replicate r has the same samples."""

    def swap(
        self, pair: tuple[int, int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, Marginals] | None:
        """Return two models with predictions exchanged at random; None if not paired."""
        del pair, replicates, rng
        return None

    @abstractmethod
    def mean_cost(
        self, price: FloatArray, models: Sequence[int], draws: Draws
    ) -> BootstrapInterval:
        """Return the mean cost of one model, or of the second minus that of the first."""

    def cost_p_value(self, price: FloatArray, pair: tuple[int, int], draws: Draws) -> float | None:
        """Return the sign-flip p-value of a difference in mean cost; None if not paired."""
        del price, pair, draws
        return None


def resampler_of(counts: Counts) -> Resampler:
    """Return the resampler for counts."""
    if counts.parts:
        return _Unpaired(counts)
    if counts.sampling.simple:
        return _Cells(counts)
    if counts.rows is not None:
        return _Rows(counts, counts.rows)
    assert counts.sums is not None, "counts without rows and sums are unweighted"
    return _Stream(counts, counts.sums)


class _Cells(Resampler):
    """Unweighted samples without groups and strata, drawn by cell."""

    def draw(
        self, models: Sequence[int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        if len(models) == 1:
            matrix = self._counts.matrices[models[0]]
            return (resample(matrix, replicates, rng, smoothing=SMOOTHING),)
        if len(models) == 2:
            return paired_resample(self._joint(*models), replicates, rng, smoothing=SMOOTHING)
        if self._counts.rows is None:
            raise IncompatibleError(
                "Runs of a group cannot be resampled together: their rows are not known."
            )
        return _Rows(self._counts, self._counts.rows).draw(models, replicates, rng)

    def swap(
        self, pair: tuple[int, int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, Marginals] | None:
        return swap_resample(self._joint(*pair), replicates, rng)

    def mean_cost(
        self, price: FloatArray, models: Sequence[int], draws: Draws
    ) -> BootstrapInterval:
        if len(models) == 1:
            matrix = self._counts.matrices[models[0]]
            return cost_interval(matrix, price, **draws._asdict())
        return cost_difference_interval(self._joint(*models), price, **draws._asdict())

    def cost_p_value(self, price: FloatArray, pair: tuple[int, int], draws: Draws) -> float | None:
        joint = self._joint(*pair)
        return sign_flip_p_value(
            cell_prices(price, joint.cells),
            counts=joint.counts,
            replicates=draws.replicates,
            seed=draws.seed,
        )

    def _joint(self, first: int, second: int) -> JointCounts:
        joint = self._counts.joint(first, second)
        assert joint is not None
        return joint


class _Rows(Resampler):
    """Weighted, grouped or stratified rows, drawn as rows or as whole groups."""

    def __init__(self, counts: Counts, rows: Predictions) -> None:
        super().__init__(counts)
        self._rows = rows

    def draw(
        self, models: Sequence[int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        rows = self._rows
        return sample_resample(
            rows.actual,
            [rows.models[i].predicted for i in models],
            len(rows.classes),
            replicates,
            rng,
            sample_weight=rows.weights,
            groups=rows.groups,
            strata=rows.strata,
        )

    def swap(
        self, pair: tuple[int, int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, Marginals] | None:
        rows = self._rows
        return sample_swap(
            rows.actual,
            rows.models[pair[0]].predicted,
            rows.models[pair[1]].predicted,
            len(rows.classes),
            replicates,
            rng,
            sample_weight=rows.weights,
            groups=rows.groups,
        )

    def mean_cost(
        self, price: FloatArray, models: Sequence[int], draws: Draws
    ) -> BootstrapInterval:
        rows = self._rows
        return mean_interval(
            self._prices(price, models),
            replicates=draws.replicates,
            confidence=draws.confidence,
            sample_weight=rows.weights,
            groups=rows.groups,
            strata=rows.strata,
            seed=generator(draws.seed, "costs"),
        )

    def cost_p_value(self, price: FloatArray, pair: tuple[int, int], draws: Draws) -> float | None:
        rows = self._rows
        paid = self._prices(price, pair)
        weighted = paid if rows.weights is None else paid * rows.weights
        units = SamplingUnits.of_samples(len(rows), rows.groups, rows.strata)
        return sign_flip_p_value(
            np.bincount(units.unit, weighted), replicates=draws.replicates, seed=draws.seed
        )

    def _prices(self, price: FloatArray, models: Sequence[int]) -> FloatArray:
        predicted = [self._rows.models[i].predicted for i in models]
        return cell_prices(price, np.stack([self._rows.actual, *predicted], axis=1))


class _Stream(Resampler):
    """Sums of weighted samples by cell, or sums by group."""

    method = POISSON

    def __init__(self, counts: Counts, sums: Sums) -> None:
        super().__init__(counts)
        self._sums = sums

    def draw(
        self, models: Sequence[int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        positions = [self._counts.positions[i] for i in models]
        if self._sums.units is not None:
            return resample_units(self._sums.units, positions, replicates, rng)
        if len(positions) > 2:
            raise IncompatibleError(
                "Runs of a group cannot be resampled together: their rows are not known."
            )
        return resample_cells(self._sums.weighted_cells(*positions), replicates, rng)

    def swap(
        self, pair: tuple[int, int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, Marginals] | None:
        first, second = (self._counts.positions[i] for i in pair)
        if self._sums.units is not None:
            return swap_units(self._sums.units, (first, second), replicates, rng)
        return swap_cells(self._sums.weighted_cells(first, second), replicates, rng)

    def mean_cost(
        self, price: FloatArray, models: Sequence[int], draws: Draws
    ) -> BootstrapInterval:
        self._counts.require_groups_known("Expected costs")
        cells = self._sums.weighted_cells(*(self._counts.positions[i] for i in models))
        return mean_of_cells(
            cells,
            cell_prices(price, cells.cells),
            replicates=draws.replicates,
            confidence=draws.confidence,
            rng=generator(draws.seed, "costs"),
        )

    def cost_p_value(self, price: FloatArray, pair: tuple[int, int], draws: Draws) -> float | None:
        cells = self._sums.weighted_cells(*(self._counts.positions[i] for i in pair))
        prices = cell_prices(price, cells.cells)
        rng = generator(draws.seed, "cost signs")
        return sign_flip_of_cells(cells, prices, replicates=draws.replicates, rng=rng)


class _Unpaired(Resampler):
    """Models that are not paired, drawn independently."""

    def draw(
        self, models: Sequence[int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        found: list[Marginals] = []
        for generator_, model in zip(rng.spawn(len(models)), models, strict=True):
            found += resampler_of(self._counts.parts[model]).draw([0], replicates, generator_)
        return tuple(found)

    def mean_cost(
        self, price: FloatArray, models: Sequence[int], draws: Draws
    ) -> BootstrapInterval:
        """Return the mean cost, or the difference of two independent mean costs."""
        found = [resampler_of(self._counts.parts[i]).mean_cost(price, [0], draws) for i in models]
        if len(found) == 1:
            return found[0]
        return difference_of_independent(*found)


def difference_of_independent(
    first: BootstrapInterval, second: BootstrapInterval
) -> BootstrapInterval:
    """Return second − first of two independent estimates with its interval, from their intervals.

    The distance of a limit from the difference is the root of the sum of the squared distances of
    the corresponding limits from the two estimates.

    References
    ----------
    G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general
    approach", *Statistics in Medicine* 27, 2008.
    """
    low, high = independent_limits(
        (first.low, first.estimate, first.high), (second.low, second.estimate, second.high)
    )
    return BootstrapInterval(
        estimate=second.estimate - first.estimate,
        standard_error=np.hypot(first.standard_error, second.standard_error),
        low=low,
        high=high,
        defined=np.minimum(first.defined, second.defined),
        confidence=first.confidence,
        method=first.method,
        replicates=first.replicates,
    )
