"""What one model did on one data set: its confusion matrix, its predictions, its provenance."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.evaluation_tables import EvaluationTables
from evalkit.compare.results import Sampling
from evalkit.compare.slice_counts import SliceLabels, slice_labels
from evalkit.errors import InputError
from evalkit.labels import encode, infer_classes
from evalkit.metrics.confusion import ConfusionMatrix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.compare.counted import Counted
    from evalkit.datasets.dataset import DatasetIdentity
    from evalkit.training.landscape import Landscape

PROBABILITY_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Samples:
    """The predictions behind a confusion matrix, as codes, so that models can be paired.

    Attributes
    ----------
    actual, predicted : (n,) integer codes into the classes.
    probabilities : (n, K) or None.
    weights : (n,) or None.
    ids : (n,) names of the samples, or None where row order is all there is.
    groups, strata : (n,) codes of what samples were drawn together with, and from; or None.
    slices : columns by whose values samples are told apart.
    """

    actual: NDArray[np.integer[Any]]
    predicted: NDArray[np.integer[Any]]
    probabilities: NDArray[np.floating[Any]] | None = None
    weights: NDArray[np.float64] | None = None
    ids: NDArray[Any] | None = None
    groups: NDArray[np.int64] | None = None
    strata: NDArray[np.int64] | None = None
    slices: Mapping[str, SliceLabels] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.actual)

    def take(self, rows: NDArray[np.intp]) -> Samples:
        """Return the samples at `rows`, in that order."""
        held = {column.name: getattr(self, column.name) for column in fields(self)}
        slices = {name: labels.take(rows) for name, labels in held.pop("slices").items()}
        taken: dict[str, Any] = {
            name: None if column is None else column[rows] for name, column in held.items()
        }
        return Samples(**taken, slices=slices)


@dataclass(frozen=True, eq=False)
class Evaluation(EvaluationTables):
    """One model on one data set.

    Attributes
    ----------
    name : the model's name.
    confusion_matrix : counts with their classes.
    samples : the predictions behind the counts; None where only the counts are known.
    counted : what a pass over rows that were not kept left behind, or None. Without it and without
        samples comparisons are unpaired.
    dataset : the identity of the data, where it is known.
    parameters, history, best_epoch : of the network, where they are known.
    provenance : label → text, shown at the end of the report.
    notes : what was guessed or mended on the way, for the reader.
    group : the configuration of which this is a run under one seed, or None.
    landscape : the loss around the network's weights, where it was measured.
    """

    name: str
    confusion_matrix: ConfusionMatrix
    samples: Samples | None = field(default=None, repr=False)
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
        held = self.samples
        if held is None:
            return Sampling() if self.counted is None else self.counted.together.sampling
        return Sampling(
            weighted=held.weights is not None,
            groups=None if held.groups is None else len(np.unique(held.groups)),
            strata=None if held.strata is None else len(np.unique(held.strata)),
        )


def make_evaluation(
    y_true: Any,
    y_pred: Any = None,
    *,
    y_proba: ArrayLike | None = None,
    classes: Sequence[Any] | None = None,
    name: str = "model",
    sample_weight: ArrayLike | None = None,
    ids: Any = None,
    group: str | None = None,
    groups: Any = None,
    strata: Any = None,
    slices: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Return the evaluation that `evalkit.evaluate` promises: encode the labels, then count."""
    if y_pred is None and y_proba is None:
        raise InputError("an evaluation needs predictions: pass y_pred, y_proba or both")
    if classes is None:
        classes = infer_classes(y_true) if y_pred is None else infer_classes(y_true, y_pred)
    declared = tuple(classes)
    return evaluation_from_codes(
        encode(y_true, declared),
        None if y_pred is None else encode(y_pred, declared),
        y_proba=y_proba,
        classes=declared,
        name=name,
        sample_weight=sample_weight,
        ids=ids,
        group=group,
        groups=groups,
        strata=strata,
        slices=slices,
    )


def evaluation_from_codes(
    actual: NDArray[np.integer[Any]],
    predicted: NDArray[np.integer[Any]] | None = None,
    *,
    y_proba: ArrayLike | None = None,
    classes: tuple[Any, ...],
    name: str,
    sample_weight: ArrayLike | None = None,
    ids: Any = None,
    dataset: DatasetIdentity | None = None,
    parameters: int | None = None,
    history: tuple[Mapping[str, float], ...] = (),
    best_epoch: int | None = None,
    provenance: Mapping[str, str] | None = None,
    notes: tuple[str, ...] = (),
    group: str | None = None,
    groups: Any = None,
    strata: Any = None,
    slices: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Return the evaluation of predictions that are already positions in `classes`.

    Without `predicted`, the class of the highest probability is taken, the first of equals.

    Raises
    ------
    InputError
        If lengths differ or probabilities are not probabilities.
    """
    n_samples = len(actual)
    probabilities = None
    if y_proba is not None:
        probabilities = _checked_probabilities(y_proba, n_samples, len(classes))
    if predicted is None:
        assert probabilities is not None
        predicted = probabilities.argmax(axis=1).astype(actual.dtype)
    weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    names = None if ids is None else np.asarray(ids)
    if names is not None and len(names) != n_samples:
        raise InputError(f"ids must name each sample once; got {len(names)} for {n_samples}")
    return Evaluation(
        name=name,
        confusion_matrix=ConfusionMatrix.from_codes(
            actual, predicted, classes=classes, sample_weight=weights
        ),
        samples=Samples(
            actual,
            predicted,
            probabilities,
            weights,
            names,
            _codes(groups, n_samples, "groups"),
            _codes(strata, n_samples, "strata"),
            {
                name: column
                if isinstance(column, SliceLabels)
                else slice_labels(column, name, n_samples)
                for name, column in (slices or {}).items()
            },
        ),
        dataset=dataset,
        parameters=parameters,
        history=history,
        best_epoch=best_epoch,
        provenance=dict(provenance or {}),
        notes=notes,
        group=group,
    )


def _codes(labels: Any, n_samples: int, what: str) -> NDArray[np.int64] | None:
    if labels is None:
        return None
    names = infer_classes(labels)
    codes = encode(labels, names).astype(np.int64)
    if len(codes) != n_samples:
        raise InputError(f"{what} must label each sample once; got {len(codes)} for {n_samples}")
    return codes


def _checked_probabilities(
    y_proba: ArrayLike, n_samples: int, n_classes: int
) -> NDArray[np.floating[Any]]:
    probabilities: NDArray[Any] = np.asarray(y_proba)
    if probabilities.ndim == 1 and n_classes == 2:
        probabilities = np.stack([1.0 - probabilities, probabilities], axis=1)
    if probabilities.shape != (n_samples, n_classes):
        raise InputError(
            f"probabilities must have shape ({n_samples}, {n_classes}); got {probabilities.shape}: "
            "pass classes=… in the order of the columns"
        )
    if probabilities.dtype.kind != "f":
        probabilities = probabilities.astype(np.float64)
    bad = ~np.isfinite(probabilities).all(axis=1)
    if bad.any():
        raise InputError(
            f"probabilities must be finite; {int(bad.sum())} rows hold NaN or infinity, "
            f"the first is row {int(bad.argmax())}"
        )
    bad = (probabilities < 0).any(axis=1) | (probabilities > 1).any(axis=1)
    if bad.any():
        row = int(bad.argmax())
        raise InputError(
            f"probabilities must lie in [0, 1]; row {row} holds {probabilities[row].min():.6g} to "
            f"{probabilities[row].max():.6g}: are these logits? apply softmax first"
        )
    off = np.abs(probabilities.sum(axis=1, dtype=np.float64) - 1.0)
    if off.max(initial=0.0) > PROBABILITY_SUM_TOLERANCE:
        row = int(off.argmax())
        raise InputError(
            f"probabilities of a sample must sum to 1; row {row} sums to "
            f"{probabilities[row].sum():.6g}"
        )
    return probabilities
