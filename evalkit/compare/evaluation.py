"""What one model did on one data set: its confusion matrix, its predictions, its provenance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalkit.compare.evaluation_tables import EvaluationTables
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.predictions.predictions import Sampling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evalkit.compare.counted import Counted
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
