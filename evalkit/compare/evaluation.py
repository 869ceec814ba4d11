"""What one model did on one data set: its confusion matrix, its predictions, its provenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalkit.compare.evaluation_tables import EvaluationTables
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.predictions.predictions import Sampling
from evalkit.statistics import JointCounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.compare.counted import Counted, CountedTogether
    from evalkit.datasets.dataset import DatasetIdentity
    from evalkit.predictions import Predictions
    from evalkit.training.landscape import Landscape


@dataclass(frozen=True, eq=False)
class Evaluation(EvaluationTables):
    """One model on one data set.

    Attributes
    ----------
    name : the model's name.
    confusion_matrix : counts with their classes.
    predictions : of this model, behind the counts; None where only the counts are known.
    counted : what a pass over rows that were not kept left behind, or None. Without it and without
        predictions comparisons are unpaired.
    dataset : the identity of the data, where it is known.
    parameters, history, best_epoch : of the network, where they are known.
    provenance : label → text, shown at the end of the report.
    notes : what was guessed or mended on the way, for the reader.
    group : the configuration of which this is a run under one seed, or None.
    landscape : the loss around the network's weights, where it was measured.
    """

    name: str
    confusion_matrix: ConfusionMatrix
    predictions: Predictions | None = field(default=None, repr=False)
    dataset: DatasetIdentity | None = field(default=None, repr=False)
    parameters: int | None = field(default=None, repr=False)
    history: tuple[Mapping[str, float], ...] = field(default=(), repr=False)
    best_epoch: int | None = field(default=None, repr=False)
    provenance: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    group: str | None = field(default=None, repr=False)
    landscape: Landscape | None = field(default=None, repr=False)
    counted: Counted | None = field(default=None, repr=False)

    @property
    def classes(self) -> tuple[Any, ...]:
        """The ordered classes."""
        return self.confusion_matrix.classes

    @property
    def sampling(self) -> Sampling:
        """How the samples came about: what counts alone do not tell."""
        if self.predictions is not None:
            return self.predictions.sampling
        return Sampling() if self.counted is None else self.counted.together.sampling


def evaluation_of(
    predictions: Predictions, *, notes: tuple[str, ...] = (), **known: Any
) -> Evaluation:
    """Return the evaluation of the predictions of one model.

    Parameters
    ----------
    predictions : of one model.
    notes : beside those of the predictions.
    known : further fields of `Evaluation`.
    """
    (model,) = predictions.models
    return Evaluation(
        name=model.name,
        confusion_matrix=ConfusionMatrix.from_codes(
            predictions.actual,
            model.predicted,
            classes=predictions.classes,
            sample_weight=predictions.weights,
        ),
        predictions=predictions,
        notes=(*predictions.notes, *model.notes, *notes),
        **known,
    )


def counted_together(models: Sequence[Evaluation]) -> CountedTogether | None:
    """Return the pass in which all models were counted, each once, or None."""
    held = [model.counted for model in models]
    first = held[0]
    if first is None or any(each is None or each.together is not first.together for each in held):
        return None
    positions = {each.position for each in held if each is not None}
    return first.together if len(positions) == len(models) else None


def joint_counts(first: Evaluation, second: Evaluation) -> JointCounts | None:
    """Return what pairs two models, or None where only their matrices are known."""
    ours, theirs = first.predictions, second.predictions
    if ours is not None and theirs is not None:
        codes = ours.actual, ours.predicted, theirs.predicted
        return JointCounts.from_codes(*codes, len(first.classes), ours.weights)
    if counted_together((first, second)) is None:
        return None
    assert first.counted is not None
    assert second.counted is not None
    return first.counted.joint(second.counted)
