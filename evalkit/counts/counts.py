"""`Counts`: all that is known of models on the same samples, however it was counted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from evalkit.counts import identity
from evalkit.counts.counting import count_predictions
from evalkit.counts.joint import JointCounts
from evalkit.counts.probability import LossMoments, ProbabilityCounts, counts_of_rows
from evalkit.counts.slices import SliceCounts, slices_of_rows
from evalkit.counts.sums import sums_of
from evalkit.errors import IncompatibleError
from evalkit.predictions import Predictions, Sampling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from evalkit.counts.sums import SliceBins, Sums
    from evalkit.counts.tables import PartialCounts
    from evalkit.metrics.confusion import ConfusionMatrix
    from evalkit.metrics.count.marginals import Marginals

MOST_ROWS = 1 << 20
"""Up to so many samples their rows are kept, the finest counts there are; beyond, only sums."""

UNPAIRED = (
    "Only the confusion matrices are known. Models are compared as independent samples, so "
    "intervals of differences are wider than paired ones."
)

K = TypeVar("K")
V = TypeVar("V")


class _Memo(Generic[K, V]):
    """Values by key, each made when first asked for."""

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make, self._made = make, dict[K, V]()

    def __getitem__(self, key: K) -> V:
        if key not in self._made:
            self._made[key] = self._make(key)
        return self._made[key]


@dataclass(frozen=True, eq=False)
class Counts:
    """One or more models on the same samples.

    Attributes
    ----------
    classes : the ordered classes.
    matrices : (K, K) confusion counts of each model, rows actual, columns predicted.
    n_samples : how many samples there are.
    sampling : whether they are weighted, grouped or stratified.
    rows : the samples themselves, up to `MOST_ROWS` of them.
    sums, positions : what a pass over more samples left behind, and where the models stand in it.
    held : more samples than `MOST_ROWS` that are in memory all the same: models are matched and
        decisions are made by them, but they are estimated from their sums, as out of core.
    parts : the counts of each model by itself, where models are not paired.
    """

    classes: tuple[Any, ...]
    matrices: tuple[NDArray[Any], ...]
    n_samples: int
    sampling: Sampling = field(default_factory=Sampling)
    rows: Predictions | None = field(default=None, repr=False)
    sums: Sums | None = field(default=None, repr=False)
    positions: tuple[int, ...] = (0,)
    held: Predictions | None = field(default=None, repr=False)
    parts: tuple[Counts, ...] = field(default=(), repr=False)

    @classmethod
    def of_matrix(cls, matrix: ConfusionMatrix) -> Counts:
        """Return the counts of a model of which only the confusion matrix is known."""
        return cls(matrix.classes, (matrix.counts,), round(float(matrix.counts.sum())))

    @classmethod
    def of_rows(cls, rows: Predictions) -> Counts:
        """Return the counts of samples: their rows where they are few, their sums where not."""
        if len(rows) > MOST_ROWS and rows.strata is None:
            weighted = rows.weights is not None
            values = {name: each.values for name, each in rows.slices.items()}
            counted = count_predictions(rows)
            return cls.of_sums(
                counted, rows.classes, len(rows.models), weighted=weighted, slices=values, held=rows
            )
        return cls(
            classes=rows.classes,
            matrices=tuple(
                _matrix(rows.actual, model.predicted, len(rows.classes), rows.weights)
                for model in rows.models
            ),
            n_samples=len(rows),
            sampling=rows.sampling,
            rows=rows,
            positions=tuple(range(len(rows.models))),
        )

    @classmethod
    def of_sums(
        cls,
        counted: PartialCounts,
        classes: Sequence[Any],
        n_models: int,
        *,
        weighted: bool,
        slices: SliceBins,
        held: Predictions | None = None,
    ) -> Counts:
        """Return the counts of all models of a pass, from what its rows added up to.

        Parameters
        ----------
        counted : of all rows, its classes in the order of `classes`.
        classes : the ordered classes.
        n_models : how many models.
        weighted : whether rows carry weights.
        slices : for each column to slice by, its values in order; values without a place come last.
        held : the rows, where they are in memory.
        """
        matrices, sums = sums_of(counted, n_models, weighted=weighted, slices=slices)
        return cls(
            classes=tuple(classes),
            matrices=matrices,
            n_samples=counted.rows,
            sampling=sums.sampling(weighted=weighted),
            sums=sums,
            positions=tuple(range(n_models)),
            held=held,
        )

    @classmethod
    def independent(cls, parts: Sequence[Counts]) -> Counts:
        """Return the counts of models that are not paired, from the counts of each."""
        matrices = tuple(part.matrices[0] for part in parts)
        first = parts[0]
        return cls(first.classes, matrices, first.n_samples, first.sampling, parts=tuple(parts))

    @property
    def samples(self) -> Predictions | None:
        """The samples themselves, however many, where they are in memory."""
        return self.held if self.rows is None else self.rows

    @property
    def is_paired(self) -> bool:
        """Whether it is known of each sample what every model predicted."""
        return self.rows is not None or self.sums is not None

    @property
    def is_binned(self) -> bool:
        """Whether the samples were more than are kept as rows."""
        return self.sums is not None

    def alone(self, model: int) -> Counts:
        """Return the counts of one model by itself."""
        return self._alone[model]

    @cached_property
    def _alone(self) -> _Memo[int, Counts]:
        return _Memo(lambda model: self.parts[model] if self.parts else self.select([model]))

    def select(self, models: Sequence[int]) -> Counts:
        """Return the counts of some of the models, in the order given."""
        if len(self.matrices) == 1:
            return self
        return replace(
            self,
            matrices=tuple(self.matrices[i] for i in models),
            rows=_some_models(self.rows, models),
            positions=tuple(self.positions[i] for i in models),
            held=_some_models(self.held, models),
            parts=tuple(self.parts[i] for i in models) if self.parts else (),
        )

    def joint(self, first: int, second: int) -> JointCounts | None:
        """Return the joint counts of two models; None where they are not paired."""
        return self._joints[first, second]

    @cached_property
    def _joints(self) -> _Memo[tuple[int, int], JointCounts | None]:
        def joint(pair: tuple[int, int]) -> JointCounts | None:
            if self.rows is not None:
                first, second = (self.rows.models[i].predicted for i in pair)
                return JointCounts.from_codes(
                    self.rows.actual, first, second, len(self.classes), self.rows.weights
                )
            if self.sums is not None:
                return self.sums.joint(*(self.positions[i] for i in pair))
            return None

        return _Memo(joint)

    @property
    def patterns(self) -> tuple[NDArray[np.bool_], NDArray[np.int64]] | None:
        """(p, models) which models are right, and (p,) how many samples; None if not known."""
        if self.rows is not None:
            correct = [model.predicted == self.rows.actual for model in self.rows.models]
            return np.stack(correct, axis=1), np.ones(self.n_samples, np.int64)
        if self.sums is None or self.sums.patterns is None:
            return None
        right, times = self.sums.patterns
        return right[:, list(self.positions)], times

    def probability(self, model: int) -> ProbabilityCounts | None:
        """Return what is known of a model's probabilities, or None."""
        return self._probability[model]

    @cached_property
    def _probability(self) -> _Memo[int, ProbabilityCounts | None]:
        def counted(model: int) -> ProbabilityCounts | None:
            if self.parts:
                return self.parts[model].probability(0)
            if self.rows is not None:
                one = self.rows.models[model]
                if one.probabilities is None:
                    return None
                return counts_of_rows(
                    self.rows.actual, one.predicted, one.probabilities, self.rows.weights
                )
            if self.sums is None or not self.sums.probability:
                return None
            return self.sums.probability[self.positions[model]]

        return _Memo(counted)

    def decided_by(
        self, decide: Callable[[NDArray[np.floating[Any]]], NDArray[np.integer[Any]]]
    ) -> Counts | None:
        """Return the counts if one model's classes were decided from its probabilities (n, K).

        None where the probabilities of rows are not known.
        """
        rows = self.samples
        if rows is None or rows.models[0].probabilities is None:
            return None
        model = rows.models[0]
        assert model.probabilities is not None
        decided = replace(model, predicted=decide(model.probabilities))
        return Counts.of_rows(replace(rows, models=(decided,)))

    def binary_target(self) -> tuple[NDArray[np.bool_], NDArray[np.floating[Any]]] | None:
        """Return which samples are of the second of two classes, and one model's scores for it.

        None with more classes, or where the probabilities of rows are not known.
        """
        rows = self.samples
        if rows is None or len(self.classes) != 2:
            return None
        table = rows.models[0].probabilities
        return None if table is None else (rows.actual == 1, table[:, 1])

    def loss_moments(self, first: int, second: int) -> LossMoments:
        """Return the moments of the second's losses minus the first's, from sums; {} if unknown."""
        if self.sums is None:
            return {}
        return self.sums.loss_moments(self.positions[first], self.positions[second])

    @cached_property
    def slices(self) -> tuple[SliceCounts, ...]:
        """The counts by slice."""
        if self.rows is not None:
            return slices_of_rows(self.rows)
        if self.sums is None:
            return ()
        return tuple(each.select(self.positions) for each in self.sums.slices)

    @cached_property
    def fingerprint(self) -> str | None:
        """The SHA-256 of classes, ids, actual labels, weights and groups; None without rows."""
        if self.parts:
            return self.parts[0].fingerprint
        return None if self.samples is None else identity.fingerprint(self.samples)

    def blocks(self, model: int) -> Marginals | None:
        """Return a model's marginals in each block of samples; None without rows or with few."""
        if self.parts:
            return self.parts[model].blocks(0)
        return None if self.samples is None else identity.block_counts(self.samples, model)

    def require_groups_known(self, what: str) -> None:
        """Refuse a question that needs cells by group, where only totals by class were kept.

        Raises
        ------
        IncompatibleError
            If the samples come in groups and only their sums are known.
        """
        if self.sums is not None and self.sums.units is not None:
            raise IncompatibleError(
                f"{what} cannot be computed for grouped samples of more than {MOST_ROWS:,} rows: "
                "only totals by class and group are kept. Leave the groups out."
            )


def _some_models(rows: Predictions | None, models: Sequence[int]) -> Predictions | None:
    """Return the samples of some of the models, in the order given."""
    return None if rows is None else replace(rows, models=tuple(rows.models[i] for i in models))


def counts_together(
    parts: Sequence[Counts], names: Sequence[str]
) -> tuple[Counts, tuple[str, ...]]:
    """Return the counts of several models as one, and notes on how samples were matched.

    Samples are matched by id where every model has them, by row order otherwise. Models counted in
    one pass are paired by it; of others only the matrices are compared.

    Parameters
    ----------
    parts : each of one model, with the same classes.
    names : of the models, for messages.

    Raises
    ------
    IncompatibleError
        If numbers of samples, actual labels, weights, groups or strata differ; the message names
        both models and the first sample that differs.
    """
    first = parts[0]
    if len(parts) == 1:
        return first, ()
    rows = [part.samples for part in parts]
    if all(each is not None for each in rows):
        return _matched([each for each in rows if each is not None], names)
    shared = first.sums is not None and all(part.sums is first.sums for part in parts)
    positions = tuple(part.positions[0] for part in parts)
    matrices = tuple(part.matrices[0] for part in parts)
    if shared and len(set(positions)) == len(parts):
        return replace(first, matrices=matrices, positions=positions), ()
    for part, name in zip(parts[1:], names[1:], strict=True):
        _require_same_support((first, part), (names[0], name))
    return Counts.independent(parts), (UNPAIRED,)


def _matched(rows: Sequence[Predictions], names: Sequence[str]) -> tuple[Counts, tuple[str, ...]]:
    reference, notes = rows[0], []
    models = [reference.models[0]]
    slices = dict(reference.slices)
    for name, other in zip(names[1:], rows[1:], strict=True):
        aligned = identity.aligned(reference, other, (names[0], name))
        if aligned is not other:
            notes.append(f"The samples of {name} were matched to those of {names[0]} by id.")
        identity.require_same_samples(reference, aligned, (names[0], name))
        models.append(aligned.models[0])
        slices = {**aligned.slices, **slices}
    return Counts.of_rows(replace(reference, models=tuple(models), slices=slices)), tuple(notes)


def _require_same_support(parts: tuple[Counts, Counts], names: tuple[str, str]) -> None:
    ours, theirs = (part.matrices[0].sum(axis=1) for part in parts)
    if not np.array_equal(ours, theirs):
        first = int(np.argmax(ours != theirs))
        raise IncompatibleError(
            f"Models were evaluated on different samples: class {parts[0].classes[first]} occurs "
            f"{ours[first]:g} times in {names[0]} and {theirs[first]:g} times in {names[1]}."
        )


def _matrix(
    actual: NDArray[Any], predicted: NDArray[Any], n_classes: int, weights: NDArray[Any] | None
) -> NDArray[Any]:
    from evalkit.metrics.confusion import ConfusionMatrix

    return ConfusionMatrix.from_codes(
        actual, predicted, classes=range(n_classes), sample_weight=weights
    ).counts
