"""`Counts`: the sufficient statistics of models on the same samples."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.counts import identity
from evalkit.counts.counting import count_predictions
from evalkit.counts.joint import JointCounts, matrix_of_codes
from evalkit.counts.probability import LossMoments, ProbabilityCounts, counts_of_rows
from evalkit.counts.slices import SliceCounts, slices_of_rows
from evalkit.counts.sums import sums_of
from evalkit.errors import IncompatibleError
from evalkit.predictions import Predictions, Sampling
from evalkit.predictions.outcomes import Outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.counts.sums import SliceBins, Sums
    from evalkit.counts.tables import PartialCounts
    from evalkit.metrics.confusion import ConfusionMatrix
    from evalkit.metrics.count.marginals import Marginals
    from evalkit.predictions.inputs import Inputs

MOST_ROWS = 1 << 20
"""Resampling draws rows of up to this many samples, and sums of more."""


@dataclass(frozen=True, eq=False)
class Counts:
    """The counts of one or more models on the same samples.

    They are rows, sums or matrices. Resamplers and estimates in `evalkit.statistics` distinguish
    these; everything else asks for `joint`, `patterns`, `probability` and `slices`, which answer
    equally for rows and sums, and `alone`, `select` and `is_paired`.

    Attributes
    ----------
    classes : the ordered classes.
    matrices : (K, K) confusion counts of each model, rows actual, columns predicted.
    n_samples : the number of samples.
    sampling : whether they are weighted, grouped or stratified.
    samples : the samples themselves, where they are in memory.
    sums : the sums of more than `MOST_ROWS` samples.
    positions : the positions of the models in the sums.
    parts : the counts of each model by itself, where models are not paired.
    """

    classes: tuple[Any, ...]
    matrices: tuple[NDArray[Any], ...]
    n_samples: int
    sampling: Sampling = field(default_factory=Sampling)
    samples: Predictions | None = field(default=None, repr=False)
    sums: Sums | None = field(default=None, repr=False)
    positions: tuple[int, ...] = (0,)
    parts: tuple[Counts, ...] = field(default=(), repr=False)

    @classmethod
    def of_matrix(cls, matrix: ConfusionMatrix) -> Counts:
        """Return the counts of a model from its confusion matrix alone."""
        return cls(matrix.classes, (matrix.counts,), round(float(matrix.counts.sum())))

    @classmethod
    def of_rows(cls, rows: Predictions) -> Counts:
        """Return the counts of samples: rows of up to `MOST_ROWS`, sums of more."""
        if len(rows) > MOST_ROWS and rows.strata is None:
            found = cls.of_sums(
                count_predictions(rows),
                rows.classes,
                len(rows.models),
                weighted=rows.sampling.weighted,
                slices={name: each.values for name, each in rows.slices.items()},
            )
            return replace(found, samples=rows)
        return cls(
            classes=rows.classes,
            matrices=tuple(
                matrix_of_codes(rows.actual, model.predicted, len(rows.classes), rows.weights)
                for model in rows.models
            ),
            n_samples=len(rows),
            sampling=rows.sampling,
            samples=rows,
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
    ) -> Counts:
        """Return the counts of models from the sums of all rows.

        Parameters
        ----------
        counted : the sums, with codes of `classes`.
        classes : the ordered classes.
        n_models : the number of models.
        weighted : whether rows have weights.
        slices : for each column to slice by, its values in order; other values come last.
        """
        matrices, sums = sums_of(counted, n_models, weighted=weighted, slices=slices)
        return cls(
            classes=tuple(classes),
            matrices=matrices,
            n_samples=counted.rows,
            sampling=sums.sampling(weighted=weighted),
            sums=sums,
            positions=tuple(range(n_models)),
        )

    @classmethod
    def independent(cls, parts: Sequence[Counts]) -> Counts:
        """Return the counts of models that are not paired."""
        matrices = tuple(part.matrices[0] for part in parts)
        first = parts[0]
        return cls(first.classes, matrices, first.n_samples, first.sampling, parts=tuple(parts))

    @property
    def rows(self) -> Predictions | None:
        """The samples that are resampled; None where there are only sums or matrices."""
        return self.samples if self.sums is None else None

    @property
    def is_paired(self) -> bool:
        """Whether the joint counts of models are known."""
        return self.rows is not None or self.sums is not None

    def alone(self, model: int) -> Counts:
        """Return the counts of one model by itself."""
        return self._alone(model)

    @cached_property
    def _alone(self) -> Callable[[int], Counts]:
        return cache(lambda model: self.parts[model] if self.parts else self.select([model]))

    def select(self, models: Sequence[int]) -> Counts:
        """Return the counts of some of the models, in the order given."""
        if len(self.matrices) == 1:
            return self
        return replace(
            self,
            matrices=tuple(self.matrices[i] for i in models),
            samples=None
            if self.samples is None
            else replace(self.samples, models=tuple(self.samples.models[i] for i in models)),
            positions=tuple(self.positions[i] for i in models),
            parts=tuple(self.parts[i] for i in models) if self.parts else (),
        )

    def beside_constant(self, k: int) -> Counts | None:
        """Return the counts of predicting the class at `k` always, and of the only model.

        None if the samples are unknown.
        """
        if self.rows is None:
            return None
        (model,) = self.rows.models
        constant = replace(
            model,
            name="constant",
            predicted=np.full_like(model.predicted, k),
            probabilities=None,
        )
        return Counts.of_rows(replace(self.rows, models=(constant, model)))

    def joint(self, first: int, second: int) -> JointCounts | None:
        """Return the joint counts of two models; None if they are not paired."""
        return self._joint(first, second)

    @cached_property
    def _joint(self) -> Callable[[int, int], JointCounts | None]:
        @cache
        def joint(first: int, second: int) -> JointCounts | None:
            if self.rows is not None:
                a, b = (self.rows.models[i].predicted for i in (first, second))
                n_classes, weights = len(self.classes), self.rows.weights
                return JointCounts.from_codes(self.rows.actual, a, b, n_classes, weights)
            if self.sums is not None:
                return self.sums.joint(self.positions[first], self.positions[second])
            return None

        return joint

    @property
    def patterns(self) -> tuple[NDArray[np.bool_], NDArray[np.int64]] | None:
        """(p, models) which models are right, and (p,) how many samples; None if unknown."""
        if self.rows is not None:
            correct = [model.predicted == self.rows.actual for model in self.rows.models]
            return np.stack(correct, axis=1), np.ones(self.n_samples, np.int64)
        if self.sums is None or self.sums.patterns is None:
            return None
        right, times = self.sums.patterns
        return right[:, list(self.positions)], times

    def probability(self, model: int) -> ProbabilityCounts | None:
        """Return the probability counts of a model, or None."""
        return self._probability(model)

    @cached_property
    def _probability(self) -> Callable[[int], ProbabilityCounts | None]:
        @cache
        def probability(model: int) -> ProbabilityCounts | None:
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

        return probability

    def decided_by(
        self, decide: Callable[[NDArray[np.floating[Any]]], NDArray[np.integer[Any]]]
    ) -> Counts | None:
        """Return the counts of one model with classes decided from its probabilities (n, K).

        None if the probabilities of rows are unknown.
        """
        if self.samples is None or self.samples.models[0].probabilities is None:
            return None
        model = self.samples.models[0]
        assert model.probabilities is not None
        decided = replace(model, predicted=decide(model.probabilities))
        return Counts.of_rows(replace(self.samples, models=(decided,)))

    def binary_target(self) -> tuple[NDArray[np.bool_], NDArray[np.floating[Any]]] | None:
        """Return which samples are of the second of two classes, and the scores of one model.

        None with more classes, or if the probabilities of rows are unknown.
        """
        if self.samples is None or len(self.classes) != 2:
            return None
        table = self.samples.models[0].probabilities
        return None if table is None else (self.samples.actual == 1, table[:, 1])

    def loss_moments(self, first: int, second: int) -> LossMoments:
        """Return the moments of the losses of the second minus the first; {} without sums."""
        if self.sums is None:
            return {}
        return self.sums.loss_moments(self.positions[first], self.positions[second])

    @cached_property
    def slices(self) -> tuple[SliceCounts, ...]:
        """The counts per slice."""
        if self.rows is not None:
            return slices_of_rows(self.rows)
        if self.sums is None:
            return ()
        return tuple(each.select(self.positions) for each in self.sums.slices)

    @property
    def inputs(self) -> Mapping[str, Inputs]:
        """Name → what a person can look at of each sample; {} without samples."""
        return {} if self.samples is None else self.samples.inputs

    def with_labels(self, actual: NDArray[np.integer[Any]]) -> Counts:
        """Return the counts of the same predictions if the samples had other labels."""
        assert self.samples is not None
        return Counts.of_rows(replace(self.samples, actual=actual))

    def outcomes(self, names: Sequence[str]) -> Outcomes:
        """Return what models of these names predicted for each sample; of no sample without rows.

        Models that are not paired have no sample in common.
        """
        classes = tuple(map(str, self.classes))
        if self.samples is None:
            return Outcomes.nothing(classes, tuple(names))
        return Outcomes.of(self.samples, classes, tuple(names))

    @cached_property
    def fingerprint(self) -> str | None:
        """The SHA-256 of classes, ids, actual labels, weights and groups; None without rows."""
        if self.parts:
            return self.parts[0].fingerprint
        return None if self.samples is None else identity.fingerprint(self.samples)

    def blocks(self, model: int) -> Marginals | None:
        """Return the marginals of a model in each block of samples; None without enough rows."""
        if self.parts:
            return self.parts[model].blocks(0)
        return None if self.samples is None else identity.block_counts(self.samples, model)

    def shares_pass_with(self, other: Counts) -> bool:
        """Return whether both were counted in one pass over the same rows."""
        return self.sums is not None and self.sums is other.sums

    def require_groups_known(self, what: str) -> None:
        """Refuse a question that needs the cells of each group if only its totals are known.

        Raises
        ------
        IncompatibleError
            If samples are grouped and there are only sums.
        """
        if self.sums is not None and self.sums.units is not None:
            raise IncompatibleError(
                f"{what} cannot be computed for grouped samples of more than {MOST_ROWS:,} rows: "
                "only totals by class and group are kept. Leave the groups out."
            )


def counts_together(
    parts: Sequence[Counts], names: Sequence[str]
) -> tuple[Counts, tuple[str, ...]]:
    """Return the counts of several models on the same samples, and notes for the reader.

    Samples in memory are matched by id where every model has ids, else by their order. Models of
    the same sums are paired. Of others only the matrices are compared.

    Parameters
    ----------
    parts : the counts of each model, with the same classes.
    names : the names of the models, for messages.

    Raises
    ------
    IncompatibleError
        If numbers of samples, actual labels, weights, groups or strata differ; the message names
        both models and the first sample that differs.
    """
    first = parts[0]
    if len(parts) == 1:
        return first, ()
    samples = [part.samples for part in parts if part.samples is not None]
    if len(samples) == len(parts):
        return _matched(samples, names)
    shared = all(first.shares_pass_with(part) for part in parts)
    positions = tuple(part.positions[0] for part in parts)
    matrices = tuple(part.matrices[0] for part in parts)
    if shared and len(set(positions)) == len(parts):
        return replace(first, matrices=matrices, positions=positions), ()
    for part, name in zip(parts[1:], names[1:], strict=True):
        _require_same_support((first, part), (names[0], name))
    note = (
        "Only the confusion matrices are known. Models are compared as independent samples, so "
        "intervals of differences are wider than paired ones."
    )
    return Counts.independent(parts), (note,)


def _matched(rows: Sequence[Predictions], names: Sequence[str]) -> tuple[Counts, tuple[str, ...]]:
    reference, notes = rows[0], []
    models = [reference.models[0]]
    slices, inputs = dict(reference.slices), dict(reference.inputs)
    for name, other in zip(names[1:], rows[1:], strict=True):
        aligned = identity.aligned(reference, other, (names[0], name))
        if aligned is not other:
            notes.append(f"The samples of {name} were matched to those of {names[0]} by id.")
        identity.require_same_samples(reference, aligned, (names[0], name))
        models.append(aligned.models[0])
        slices = {**aligned.slices, **slices}
        inputs = {**aligned.inputs, **inputs}
    together = replace(
        reference,
        models=tuple(models),
        slices=slices,
        inputs=inputs,
        slice_depth=max(each.slice_depth for each in rows),
    )
    return Counts.of_rows(together), tuple(notes)


def _require_same_support(parts: tuple[Counts, Counts], names: tuple[str, str]) -> None:
    ours, theirs = (part.matrices[0].sum(axis=1) for part in parts)
    if not np.array_equal(ours, theirs):
        first = int(np.argmax(ours != theirs))
        raise IncompatibleError(
            f"Models were evaluated on different samples: class {parts[0].classes[first]} occurs "
            f"{ours[first]:g} times in {names[0]} and {theirs[first]:g} times in {names[1]}."
        )
