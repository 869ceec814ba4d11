"""Resamplers of counts, with one interface. `resampler_of` chooses by how samples were drawn.

- Unweighted, ungrouped samples: smoothed multinomial draws over the cells.
- Weighted, grouped or stratified rows: rows or whole groups are drawn from each stratum.
- Sums of weighted or grouped samples whose rows are not kept: Poisson bootstrap of cells or groups.
- Models that are not paired: each is resampled independently, without permutation tests.

All but the first are smoothed by pseudo-samples of the weight of one effective sample.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit.errors import IncompatibleError
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.bootstrap import SMOOTHING, BootstrapInterval
from evalkit.statistics.cell_sums import CellSums, PseudoSamples, marginals_of_sums
from evalkit.statistics.costs import cell_prices, cost_difference_interval, cost_interval
from evalkit.statistics.count_metric import contrast
from evalkit.statistics.effective_size import Design, UnitSize, add_pseudo_samples
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

    def reach(self, drawn: tuple[Marginals, ...], confidence: float) -> float:
        """Return the factor by which few units widen an interval from replicates."""
        del drawn, confidence
        return 1.0

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


class _Designed(Resampler):
    """Samples that are not independent and equally weighted."""

    def smoothed(
        self, models: Sequence[int], drawn: tuple[Marginals, ...], rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        observed = [Marginals.of(self._counts.matrices[i]) for i in models]
        total = np.asarray(observed[0].total, np.float64)
        right = [float(each.true_positive.sum()) for each in observed]
        drawn_right = [each.true_positive.sum(axis=-1) for each in drawn]
        value = contrast(np.array(right)) / total
        residual = contrast(drawn_right) - value * drawn[0].total
        if len(models) == 1:
            cells = np.argwhere(self._counts.matrices[models[0]])
            weights = self._counts.matrices[models[0]][tuple(cells.T)]
            of_one, minority = value * (1.0 - value), min(value, 1.0 - value)
        else:
            joint = self._counts.joint(*models)
            assert joint is not None
            cells, weights = joint.cells, joint.counts
            minority = np.float64((joint.only_a + joint.only_b) / total)
            of_one = minority - value**2
        size, _ = self._size(drawn).effective(residual.var() / total**2, of_one, minority)
        sums = CellSums.of_cells(cells, len(self._counts.classes), dense=False)
        pseudo = PseudoSamples.of_cells(SMOOTHING, sums, cells, weights)
        return add_pseudo_samples(drawn, pseudo, float(size), rng)

    def reach(self, drawn: tuple[Marginals, ...], confidence: float) -> float:
        size = self._size(drawn)
        correction = np.sqrt(size.units / np.maximum(size.degrees, 1.0))
        return float(size.reach(confidence) * np.maximum(correction, 1.0))

    def _size(self, drawn: tuple[Marginals, ...]) -> UnitSize:
        assert self.design is not None
        total = np.asarray(Marginals.of(self._counts.matrices[0]).total, np.float64)
        return self.design.size(lambda each: each.total, total, drawn[0].total)


class _Rows(_Designed):
    """Weighted, grouped or stratified rows, drawn as rows or as whole groups."""

    def __init__(self, counts: Counts, rows: Predictions) -> None:
        super().__init__(counts)
        self._rows = rows

    @cached_property
    def design(self) -> Design:
        rows, k = self._rows, len(self._rows.classes)
        strata = SamplingUnits.of_samples(len(rows), rows.groups, rows.strata).strata
        of_sample = np.zeros(len(rows), np.int64)
        if rows.strata is not None:
            of_sample = np.unique(rows.strata, return_inverse=True)[1]
        weights = np.ones(len(rows)) if rows.weights is None else rows.weights
        # Only the totals of classes are asked for, so one model stands for the others.
        predicted = rows.models[0].predicted
        right = predicted == rows.actual

        def by_stratum(codes: Any, chosen: Any = slice(None)) -> FloatArray:
            places = of_sample[chosen] * k + codes[chosen]
            found: FloatArray = np.bincount(places, weights[chosen], len(strata) * k)
            return found.reshape(len(strata), k)

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

    def smoothed(
        self, models: Sequence[int], drawn: tuple[Marginals, ...], rng: np.random.Generator
    ) -> tuple[Marginals, ...]:
        parts = [resampler_of(self._counts.parts[i]) for i in models]
        found = [part.smoothed([0], (each,), rng) for part, each in zip(parts, drawn, strict=True)]
        return tuple(each for (each,) in found)

    def reach(self, drawn: tuple[Marginals, ...], confidence: float) -> float:
        parts = [resampler_of(part) for part in self._counts.parts]
        return max(
            part.reach((each,), confidence) for part, each in zip(parts, drawn, strict=True)
        )

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
