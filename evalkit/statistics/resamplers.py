"""One interface for every way to resample counts: by cell, by row or unit, or from sums.

Which way is taken depends on what is known and on how samples were drawn, and on nothing else:

- independent samples that count alike: multinomial draws over the cells, smoothed;
- weighted, grouped or stratified rows: whole units are drawn from each stratum;
- sums of more samples than are kept as rows: the Poisson bootstrap of cells or units;
- models that are not paired: each by itself, and nothing can be exchanged between them.

Intervals and tests of one question come from the same draw.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalkit.errors import IncompatibleError
from evalkit.statistics.bootstrap import SMOOTHING, BootstrapInterval
from evalkit.statistics.costs import cell_prices, cost_difference_interval, cost_interval
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

    from numpy.typing import ArrayLike

    from evalkit.counts.counts import Counts
    from evalkit.counts.joint import JointCounts
    from evalkit.counts.sums import Sums
    from evalkit.metrics.count.marginals import FloatArray, Marginals
    from evalkit.predictions import Predictions

MOST_REPLICATES_OF_CLASSES = 2_000_000
LEAST_REPLICATES = 1_000
POISSON = "Poisson bootstrap"


def bounded_replicates(replicates: int, n_classes: int) -> int:
    """Return how many replicates are drawn: fewer above 200 classes, to bound memory.

    >>> bounded_replicates(10_000, 10), bounded_replicates(10_000, 1_000)
    (10000, 2000)
    """
    most = max(LEAST_REPLICATES, MOST_REPLICATES_OF_CLASSES // n_classes)
    return max(1, min(replicates, most))


class Draws(NamedTuple):
    """How many replicates an interval takes, its confidence, and the seed."""

    replicates: int
    confidence: float
    seed: int


class Resampler(ABC):
    """Draws replicates of models on the same samples.

    Parameters
    ----------
    counts : of one or more models.
    """

    method = "bootstrap"
    """How intervals from its replicates are called."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    @abstractmethod
    def draw(
        self, models: Sequence[int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        """Return for each model marginals with leading axis R; replicate r saw the same samples."""

    def swap(
        self, pair: tuple[int, int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, Marginals] | None:
        """Return two models with their predictions exchanged at random; None where unpaired."""
        del pair, replicates, rng
        return None

    @abstractmethod
    def mean_cost(
        self, price: FloatArray, models: Sequence[int], draws: Draws
    ) -> BootstrapInterval:
        """Return the mean cost of one model, or of the second of two less that of the first."""

    def cost_p_value(self, price: FloatArray, pair: tuple[int, int], draws: Draws) -> float | None:
        """Return the p-value of a difference in mean cost, by random signs; None where unpaired."""
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
    assert counts.sums is not None, "matrices alone are of simple samples"
    return _Stream(counts, counts.sums)


class _Cells(Resampler):
    """Independent samples that count alike: their cells say all there is to know."""

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
    """Rows that are weighted, grouped or stratified, drawn as rows or as whole groups."""

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
    """Sums of weighted samples by cell, or of groups by unit."""

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
    """Models that are independent of one another: each is drawn by itself."""

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
        """Return the mean cost; of two, ends move by the root of the two reaches' squares."""
        found = [resampler_of(self._counts.parts[i]).mean_cost(price, [0], draws) for i in models]
        if len(found) == 1:
            return found[0]
        return difference_of_independent(*found)


def difference_of_independent(
    first: BootstrapInterval, second: BootstrapInterval
) -> BootstrapInterval:
    """Return second − first of two independent estimates, from their intervals.

    Each end lies from the difference by the root of the sum of squares of how far the two
    intervals reach in that direction.

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


def independent_limits(
    first: tuple[ArrayLike, ArrayLike, ArrayLike], second: tuple[ArrayLike, ArrayLike, ArrayLike]
) -> tuple[FloatArray, FloatArray]:
    """Return the limits of second − first from (low, value, high) of two independent estimates.

    >>> low, high = independent_limits((0.4, 0.5, 0.6), (0.6, 0.7, 0.8))
    >>> round(float(low), 4), round(float(high), 4)
    (0.0586, 0.3414)
    """
    (low_a, a, high_a), (low_b, b, high_b) = (
        [np.asarray(number, dtype=np.float64) for number in each] for each in (first, second)
    )
    return (
        b - a - np.hypot(b - low_b, high_a - a),
        b - a + np.hypot(high_b - b, a - low_a),
    )
