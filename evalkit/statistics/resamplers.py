"""Resamplers of counts, with one interface. `resampler_of` chooses by how samples were drawn.

- Unweighted, ungrouped samples: smoothed multinomial draws over the cells.
- Weighted, grouped or stratified rows: rows or whole groups are drawn from each stratum.
- Sums of weighted or grouped samples whose rows are not kept: Poisson bootstrap of cells or groups.
- Models that are not paired: each is resampled independently, without permutation tests.

All but the first are smoothed by pseudo-samples of the weight of one effective sample.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.errors import IncompatibleError
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.bootstrap import (
    SMOOTHING,
    BootstrapInterval,
    interval_of_replicates,
    percentile_p_value,
)
from evalkit.statistics.cell_sums import CellSums, PseudoSamples, marginals_of_sums
from evalkit.statistics.costs import cell_prices, mean_replicates, smoothed_means
from evalkit.statistics.count_metric import contrast
from evalkit.statistics.effective_size import Design, UnitSize, add_pseudo_samples, widened
from evalkit.statistics.intervals import Interval, extended_to_zero, independent_limits
from evalkit.statistics.permutation import sign_flip_p_value, swap_resample
from evalkit.statistics.resampling import paired_resample, resample, whole_counts
from evalkit.statistics.sample_resampling import (
    resample_cells,
    resample_units,
    sample_resample,
    sample_swap,
    sign_flip_of_cells,
    sums_of_cells,
    swap_cells,
    swap_units,
)
from evalkit.statistics.sampling_units import SamplingUnits
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.counts.counts import Counts
    from evalkit.counts.joint import JointCounts
    from evalkit.counts.sums import Sums
    from evalkit.metrics.count.marginals import FloatArray
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


class MeanCost(NamedTuple):
    """A mean cost or a difference of two, and the p-value of a paired difference."""

    interval: BootstrapInterval
    p_value: float | None


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

    def smoothed(
        self, models: Sequence[int], drawn: tuple[Marginals, ...], rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        """Return the replicates of one or two models with pseudo-samples among the samples."""
        del models, rng
        return drawn

    @property
    def design(self) -> Design | None:
        """How samples were drawn; None if they are independent and equally weighted."""
        return None

    def reach(
        self, models: Sequence[int], drawn: tuple[Marginals, ...], confidence: float
    ) -> float:
        """Return the factor by which few units widen an interval from replicates."""
        del models, drawn, confidence
        return 1.0

    def swap(
        self, pair: tuple[int, int], replicates: int, rng: np.random.Generator
    ) -> tuple[Marginals, Marginals] | None:
        """Return two models with predictions exchanged at random; None if not paired."""
        del pair, replicates, rng
        return None

    @abstractmethod
    def mean_cost(self, price: FloatArray, models: Sequence[int], draws: Draws) -> MeanCost:
        """Return the mean cost of one model, or of the second minus that of the first."""


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


class _Paired(Resampler):
    """Models on the same samples."""

    def mean_cost(self, price: FloatArray, models: Sequence[int], draws: Draws) -> MeanCost:
        # Where rare errors are costly, differences are not symmetric, and the sign-flip test alone
        # rejects too often. So p is the larger of its p-value and that of the bootstrap.
        value, values, reach = self._costs(price, models, draws)
        interval = interval_of_replicates(
            value, values, confidence=draws.confidence, method="smoothed"
        )
        if reach > 1.0:
            most = float(np.ptp(price))
            bounds = (float(price.min()), float(price.max())) if len(models) == 1 else (-most, most)
            limits = Interval(interval.low, interval.high)
            limits = widened(value, limits, reach, bounds, draws.confidence)
            interval = replace(interval, low=limits.low, high=limits.high)
        if len(models) == 1:
            return MeanCost(interval, None)
        p_value = max(
            self._sign_flip_p_value(price, models, draws),
            float(percentile_p_value(value, values)),
        )
        limits = Interval(interval.low, interval.high)
        limits = extended_to_zero(limits, p_value, draws.confidence)
        return MeanCost(replace(interval, low=limits.low, high=limits.high), p_value)

    @abstractmethod
    def _costs(
        self, price: FloatArray, models: Sequence[int], draws: Draws
    ) -> tuple[FloatArray, FloatArray, float]:
        """Return a mean cost, its replicates (R,), and the factor of `reach`."""

    @abstractmethod
    def _sign_flip_p_value(self, price: FloatArray, pair: Sequence[int], draws: Draws) -> float:
        """Return the sign-flip p-value of a difference in mean cost."""

    def _cells(self, models: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Return the cells of one model, or of two, and their numbers or weights of samples."""
        if len(models) == 2:
            joint = self._joint(*models)
            return joint.cells, joint.counts
        cells = np.argwhere(self._counts.matrices[models[0]])
        return cells, self._counts.matrices[models[0]][tuple(cells.T)]

    def _joint(self, first: int, second: int) -> JointCounts:
        joint = self._counts.joint(first, second)
        assert joint is not None
        return joint


class _Cells(_Paired):
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

    def _costs(
        self, price: FloatArray, models: Sequence[int], draws: Draws
    ) -> tuple[FloatArray, FloatArray, float]:
        cells, counts = self._cells(models)
        rng = generator(draws.seed, "costs")
        values = mean_replicates(cells, whole_counts(counts), price, draws.replicates, rng)
        return np.asarray(cell_prices(price, cells) @ counts / counts.sum()), values, 1.0

    def _sign_flip_p_value(self, price: FloatArray, pair: Sequence[int], draws: Draws) -> float:
        cells, counts = self._cells(pair)
        return sign_flip_p_value(
            cell_prices(price, cells),
            counts=counts,
            replicates=draws.replicates,
            seed=draws.seed,
        )


class _Designed(_Paired):
    """Samples that are not independent and equally weighted."""

    def smoothed(
        self, models: Sequence[int], drawn: tuple[Marginals, ...], rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        cells, weights = self._cells(models)
        actual, *predicted = cells.T
        of_cell = contrast([(codes == actual).astype(np.float64) for codes in predicted])
        of_drawn = contrast([each.true_positive.sum(axis=-1) for each in drawn])
        totals = np.asarray(drawn[0].total, np.float64)
        size = self._effective(of_cell, weights, of_drawn, totals)
        sums = CellSums.of_cells(cells, len(self._counts.classes), dense=False)
        pseudo = PseudoSamples.of_cells(SMOOTHING, sums, cells, weights)
        return add_pseudo_samples(drawn, pseudo, size, rng)

    def reach(
        self, models: Sequence[int], drawn: tuple[Marginals, ...], confidence: float
    ) -> float:
        del models
        return self._reach(np.asarray(drawn[0].total, np.float64), confidence)

    def _reach(self, totals: FloatArray, confidence: float) -> float:
        size = self._size(totals)
        correction = np.sqrt(size.units / np.maximum(size.degrees, 1.0))
        return float(size.reach(confidence) * np.maximum(correction, 1.0))

    def _size(self, totals: FloatArray) -> UnitSize:
        assert self.design is not None
        total = np.asarray(Marginals.of(self._counts.matrices[0]).total, np.float64)
        return self.design.size(lambda each: np.asarray(each.total), total, totals)

    def _effective(
        self, of_cell: FloatArray, weights: NDArray[Any], drawn: FloatArray, totals: FloatArray
    ) -> float:
        """Return the effective number of samples of a mean over cells.

        Parameters
        ----------
        of_cell, weights : (m,) value and weight of each cell.
        drawn, totals : (R,) sums of the values, and of the weights, in resamples.
        """
        total = weights.sum()
        mean = of_cell @ weights / total
        of_one = (of_cell - mean) ** 2 @ weights / total
        kinds = np.unique(of_cell, return_inverse=True)[1]
        minority = 1.0 - np.bincount(kinds, weights).max() / total
        variance = (drawn - mean * totals).var() / total**2
        return float(self._size(totals).effective(variance, of_one, minority)[0])

    def _costs(
        self, price: FloatArray, models: Sequence[int], draws: Draws
    ) -> tuple[FloatArray, FloatArray, float]:
        rng = generator(draws.seed, "costs")
        cells, weights = self._cells(models)
        prices = cell_prices(price, cells)
        drawn, totals = self._cost_sums(price, models, draws.replicates, rng).T
        size = self._effective(prices, weights, drawn, totals)
        with np.errstate(invalid="ignore"):
            values = smoothed_means(drawn / totals, size, price, cells, weights, rng)
        value = np.asarray(prices @ weights / weights.sum())
        return value, values, self._reach(totals, draws.confidence)

    @abstractmethod
    def _cost_sums(
        self, price: FloatArray, models: Sequence[int], replicates: int, rng: np.random.Generator
    ) -> FloatArray:
        """Return replicates (R, 2) of the weighted sum of costs, and of the weights."""


class _Rows(_Designed):
    """Weighted, grouped or stratified rows, drawn as rows or as whole groups."""

    def __init__(self, counts: Counts, rows: Predictions) -> None:
        super().__init__(counts)
        self._rows = rows

    @cached_property
    def _units(self) -> SamplingUnits:
        return SamplingUnits.of_samples(len(self._rows), self._rows.groups, self._rows.strata)

    @cached_property
    def design(self) -> Design:
        rows, k, strata = self._rows, len(self._rows.classes), self._units.strata
        of_sample = np.zeros(len(rows), np.int64)
        if rows.strata is not None:
            of_sample = np.unique(rows.strata, return_inverse=True)[1]
        weights = np.ones(len(rows)) if rows.weights is None else rows.weights
        # Only the totals of classes are asked for, so one model stands for the others.
        predicted = rows.models[0].predicted
        right = predicted == rows.actual

        def by_stratum(codes: Any, chosen: Any = slice(None)) -> FloatArray:
            places = of_sample[chosen] * k + codes[chosen]
            found = np.bincount(places, weights[chosen], len(strata) * k)
            return np.asarray(found.reshape(len(strata), k), np.float64)

        (marginals,) = marginals_of_sums(
            [by_stratum(rows.actual), by_stratum(predicted), by_stratum(predicted, right)]
        )
        return Design(
            strata=marginals,
            units=np.array([len(members) for members in strata], np.float64),
            mean_weight=None if rows.groups is None else float(weights.mean()),
        )

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

    def _cost_sums(
        self, price: FloatArray, models: Sequence[int], replicates: int, rng: np.random.Generator
    ) -> FloatArray:
        weights = np.ones(len(self._rows)) if self._rows.weights is None else self._rows.weights
        columns = np.stack([self._prices(price, models) * weights, weights], axis=1)
        return self._units.resampled_sums(columns, replicates, rng)

    def _sign_flip_p_value(self, price: FloatArray, pair: Sequence[int], draws: Draws) -> float:
        paid, weights = self._prices(price, pair), self._rows.weights
        weighted = paid if weights is None else paid * weights
        return sign_flip_p_value(
            np.bincount(self._units.unit, weighted), replicates=draws.replicates, seed=draws.seed
        )

    def _prices(self, price: FloatArray, models: Sequence[int]) -> FloatArray:
        predicted = [self._rows.models[i].predicted for i in models]
        return cell_prices(price, np.stack([self._rows.actual, *predicted], axis=1))


class _Stream(_Designed):
    """Sums of weighted samples by cell, or sums by group."""

    method = POISSON

    def __init__(self, counts: Counts, sums: Sums) -> None:
        super().__init__(counts)
        self._sums = sums

    @cached_property
    def design(self) -> Design:
        whole = Marginals.of(np.asarray(self._counts.matrices[0])[None])
        units = self._sums.units
        return Design(
            strata=whole,
            units=np.ones(1),
            mean_weight=None if units is None else float(whole.total[0]) / self._counts.n_samples,
            poisson=True,
        )

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

    def _cost_sums(
        self, price: FloatArray, models: Sequence[int], replicates: int, rng: np.random.Generator
    ) -> FloatArray:
        self._counts.require_groups_known("Expected costs")
        cells = self._sums.weighted_cells(*(self._counts.positions[i] for i in models))
        return sums_of_cells(cells, cell_prices(price, cells.cells), replicates, rng)

    def _sign_flip_p_value(self, price: FloatArray, pair: Sequence[int], draws: Draws) -> float:
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

    def smoothed(
        self, models: Sequence[int], drawn: tuple[Marginals, ...], rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        parts = [resampler_of(self._counts.parts[i]) for i in models]
        found = [part.smoothed([0], (each,), rng) for part, each in zip(parts, drawn, strict=True)]
        return tuple(each for (each,) in found)

    def reach(
        self, models: Sequence[int], drawn: tuple[Marginals, ...], confidence: float
    ) -> float:
        parts = [resampler_of(self._counts.parts[i]) for i in models]
        return max(
            part.reach([0], (each,), confidence) for part, each in zip(parts, drawn, strict=True)
        )

    def mean_cost(self, price: FloatArray, models: Sequence[int], draws: Draws) -> MeanCost:
        """Return the mean cost, or the difference of two independent mean costs."""
        found = [
            resampler_of(self._counts.parts[i]).mean_cost(price, [0], draws).interval
            for i in models
        ]
        return MeanCost(found[0] if len(found) == 1 else difference_of_independent(*found), None)


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
