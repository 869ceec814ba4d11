"""Models whose rows were counted together and let go: what pairs them is in the counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from evalkit.compare.results import Sampling

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from evalkit.compare.probability_sums import LossMoments, ProbabilitySums
    from evalkit.compare.slice_counts import SliceCounts
    from evalkit.metrics.count import Marginals
    from evalkit.statistics import JointCounts
    from evalkit.statistics.streamed_resampling import UnitSums, WeightedCells


@dataclass(frozen=True, eq=False)
class CountedTogether:
    """What one pass over the same rows of several models left behind.

    Attributes
    ----------
    n_samples : how many rows there were.
    joints : for each two models, by position, their joint counts.
    patterns : (p, models) who is right, and (p,) how many samples; None where not counted.
    weighted : whether samples carry weights, which are then what was counted.
    cells : with weights, the cells of each model, (i,), and of each two, (i, j).
    units : where samples come in groups, their sums by unit.
    probability : for each model the sums of its probabilities, or None.
    losses : for each two models with probabilities, the moments of the second's losses minus
        the first's.
    slices : the same counts by slice.
    """

    n_samples: int
    joints: Mapping[tuple[int, int], JointCounts]
    patterns: tuple[NDArray[np.bool_], NDArray[np.int64]] | None = None
    weighted: bool = False
    cells: Mapping[tuple[int, ...], WeightedCells] = field(default_factory=dict)
    units: UnitSums | None = None
    probability: tuple[ProbabilitySums | None, ...] = ()
    losses: Mapping[tuple[int, int], LossMoments] = field(default_factory=dict)
    slices: tuple[SliceCounts, ...] = ()

    @property
    def sampling(self) -> Sampling:
        """How the samples came about."""
        return Sampling(self.weighted, None if self.units is None else self.units.drawn)


@dataclass(frozen=True, eq=False)
class Counted:
    """One of the models of a pass."""

    together: CountedTogether
    position: int

    @property
    def probability(self) -> ProbabilitySums | None:
        """The sums of the model's probabilities, or None."""
        return self.together.probability[self.position] if self.together.probability else None

    def resample(self, replicates: int, rng: np.random.Generator) -> Marginals:
        """Return bootstrap replicates of a model whose samples are weighted or grouped."""
        if self.together.units is not None:
            return self.together.units.resample([self.position], replicates, rng)[0]
        return self.together.cells[(self.position,)].resample(replicates, rng)[0]

    def joint(self, other: Counted) -> JointCounts:
        """Return the joint counts of this model and another of the same pass."""
        i, j = self.position, other.position
        joint = self.together.joints[min(i, j), max(i, j)]
        return joint if i < j else joint.swap()

    def weighted_cells(self, other: Counted | None = None) -> WeightedCells:
        """Return the weighted cells of this model, or of this and another of the same pass."""
        if other is None:
            return self.together.cells[(self.position,)]
        i, j = self.position, other.position
        cells = self.together.cells[min(i, j), max(i, j)]
        return cells if i < j else replace(cells, cells=cells.cells[:, [0, 2, 1]])

    def pair_replicates(
        self,
        other: Counted,
        replicates: int,
        resampling: np.random.Generator,
        swapping: np.random.Generator,
    ) -> tuple[tuple[Marginals, Marginals], tuple[Marginals, Marginals]]:
        """Return two models resampled together, and with their predictions swapped at random."""
        i, j = self.position, other.position
        if self.together.units is not None:
            a, b = self.together.units.resample((i, j), replicates, resampling)
            return (a, b), self.together.units.swap((i, j), replicates, swapping)
        cells = self.together.cells[min(i, j), max(i, j)]
        a, b = cells.resample(replicates, resampling)
        c, d = cells.swap(replicates, swapping)
        return ((a, b), (c, d)) if i < j else ((b, a), (d, c))
