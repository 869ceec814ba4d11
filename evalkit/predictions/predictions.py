"""The predictions of one or more models on aligned samples."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column
from evalkit.errors import DataError, InputError
from evalkit.labels import code_dtype, encode, infer_classes, schema, scores_by_class
from evalkit.nearest import nearest
from evalkit.predictions.classes import (
    as_data_errors,
    checked_codes,
    checked_ids,
    checked_weights,
    group_codes,
)
from evalkit.predictions.inputs import Inputs, checked_inputs
from evalkit.predictions.labels import require_common_labels
from evalkit.predictions.probabilities import Agreement, normalised_probabilities
from evalkit.predictions.slices import DEPTH, SliceValues, checked_depth, slice_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.predictions.probabilities import Probabilities

    Codes = NDArray[np.integer[Any]]

NOT_PREDICTED = "Predicted labels were taken from the highest probability."


@dataclass(frozen=True)
class Sampling:
    """The sampling design, which decides what is resampled.

    `groups` and `strata` are their numbers, or None. Samples of one group are not independent;
    each stratum has a fixed number of samples.
    """

    weighted: bool = False
    groups: int | None = None
    strata: int | None = None

    @property
    def simple(self) -> bool:
        """Whether samples are independent and equally weighted, so that counts are sufficient."""
        return not (self.weighted or self.groups or self.strata)


@dataclass(frozen=True, eq=False)
class ModelPredictions:
    """The columns of one model: (n,) positions in the classes, (n, K) probabilities or None.

    `notes` has one sentence for each guess about this model, `warnings` one for each sign that its
    labels or probabilities are not what they seem.
    """

    name: str
    predicted: Codes = field(repr=False)
    probabilities: NDArray[np.floating[Any]] | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def indexed(self, place: Any, predicted: Codes) -> ModelPredictions:
        """Return the model with other predicted codes, and its probabilities at `place`."""
        return replace(self, predicted=predicted, probabilities=_at(self.probabilities, place))


@dataclass(frozen=True, eq=False)
class Predictions:
    """The predictions of one or more models on the same n samples.

    Make one with `from_labels`, `from_codes` or `read_predictions`, which check the columns.

    Attributes
    ----------
    classes : the ordered names of the K classes.
    actual : (n,) positions in `classes`.
    models : the columns of each model.
    weights, ids : (n,) weights and names of the samples, or None.
    groups, strata : (n,) codes of the groups and the strata of the samples, or None.
    group_names : the names that the codes of `groups` stand for.
    slices, others : name → column to slice by; name → column of a file without a role, as read.
    slice_depth : the largest number of columns to slice by that are crossed.
    inputs : name → what a person can look at of each sample.
    is_declared : whether the classes were given rather than inferred from the labels.
    notes : one sentence for each guess about the columns.
    source : the file that was read, for messages; empty for arrays.
    is_text : whether numbers in `others` are text, as in CSV.
    """

    classes: tuple[Any, ...]
    actual: Codes = field(repr=False)
    models: tuple[ModelPredictions, ...]
    weights: NDArray[np.float64] | None = field(default=None, repr=False)
    ids: NDArray[Any] | None = field(default=None, repr=False)
    groups: NDArray[np.int64] | None = field(default=None, repr=False)
    strata: NDArray[np.int64] | None = field(default=None, repr=False)
    group_names: tuple[str, ...] = field(default=(), repr=False)
    slices: Mapping[str, SliceValues] = field(default_factory=dict, repr=False)
    slice_depth: int = DEPTH
    others: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)
    inputs: Mapping[str, Inputs] = field(default_factory=dict, repr=False)
    is_declared: bool = False
    notes: tuple[str, ...] = ()
    source: str = ""
    is_text: bool = False

    @classmethod
    def from_labels(
        cls,
        y_true: Any,
        y_pred: Any = None,
        *,
        y_proba: Any = None,
        classes: Iterable[Any] | None = None,
        **columns: Any,
    ) -> Predictions:
        """Return the predictions of one model from labels of any kind.

        Parameters
        ----------
        y_true, y_pred : (n,) labels; without `y_pred`, the class of the highest probability, the
            first of equals.
        y_proba : (n, K) probabilities whose columns follow `classes`.
        classes : the ordered classes, or a mapping of labels to names; if absent, the names of the
            columns of `y_proba`, or the sorted labels that occur.
        columns : the other columns that `from_codes` takes.

        Raises
        ------
        InputError
            If there are neither labels nor probabilities, lengths differ, or values are invalid.
        LabelError
            If a label is missing or not among the classes.

        Examples
        --------
        >>> Predictions.from_labels(["cat", "dog"], ["dog", "dog"]).classes
        ('cat', 'dog')
        """
        labels = [Column.of(y_true, "y_true")]
        if y_pred is not None:
            labels.append(Column.of(y_pred, "y_pred"))
        declared = classes
        if y_proba is not None:
            y_proba, named = scores_by_class(y_proba, classes, labels[0], "y_proba")
            declared = named if classes is None else classes
        if declared is None:
            declared = infer_classes(*labels)
        codes = [encode(each, declared) for each in labels]
        if classes is None and y_pred is not None and len(codes[0]) == len(codes[1]):
            refuse_foreign_labels(codes[0], codes[1], schema(declared))
        return cls.from_codes(
            *codes,
            y_proba=y_proba,
            classes=declared,
            is_declared=classes is not None,
            **columns,
        )

    @classmethod
    def from_codes(
        cls,
        actual: Any,
        predicted: Any = None,
        *,
        y_proba: Any = None,
        classes: Iterable[Any],
        name: str = "model",
        sample_weight: Any = None,
        ids: Any = None,
        groups: Any = None,
        strata: Any = None,
        slices: Mapping[str, Any] | None = None,
        slice_depth: int = DEPTH,
        inputs: Any = None,
        is_declared: bool = True,
        notes: tuple[str, ...] = (),
    ) -> Predictions:
        """Return the predictions of one model from positions in `classes`.

        Raises
        ------
        InputError
            If lengths differ, or codes, weights or probabilities are invalid.
        LabelError
            If a class is repeated, or the label of a group or stratum is missing.
        """
        declared, n = schema(classes), len(actual)
        codes = checked_codes(actual, declared, n, "actual")
        table = None if y_proba is None else normalised_probabilities(y_proba, declared, n)
        model = model_of(name, codes, predicted, table, declared)
        group, group_names = (None, ()) if groups is None else group_codes(groups, "groups", n)
        stratum, _ = (None, ()) if strata is None else group_codes(strata, "strata", n)
        to_show, guesses = checked_inputs(inputs, n)
        return cls(
            declared,
            codes,
            (model,),
            weights=checked_weights(sample_weight, n),
            ids=checked_ids(ids, n),
            groups=group,
            strata=stratum,
            group_names=group_names,
            slices={
                label: each if isinstance(each, SliceValues) else SliceValues.of(each, label, n)
                for label, each in (slices or {}).items()
            },
            slice_depth=checked_depth(slice_depth),
            inputs=to_show,
            is_declared=is_declared,
            notes=(*notes, *guesses),
        )

    def __len__(self) -> int:
        return len(self.actual)

    @property
    def predicted(self) -> Codes:
        """The predicted codes of the only model."""
        return self._only.predicted

    @property
    def probabilities(self) -> NDArray[np.floating[Any]] | None:
        """The probabilities of the only model, or None."""
        return self._only.probabilities

    @property
    def _only(self) -> ModelPredictions:
        (model,) = self.models
        return model

    @cached_property
    def sampling(self) -> Sampling:
        """The sampling design, computed once; weights of 1 and groups of one sample are none."""
        groups = None if self.groups is None else len(np.unique(self.groups))
        return Sampling(
            weighted=self.weights is not None and bool((self.weights != 1).any()),
            groups=None if groups == len(self) else groups,
            strata=None if self.strata is None else len(np.unique(self.strata)),
        )

    def take(self, rows: NDArray[np.intp]) -> Predictions:
        """Return the samples at `rows`, in that order."""
        columns: dict[str, Any] = {
            name: _at(getattr(self, name), rows)
            for name in ("actual", "weights", "ids", "groups", "strata")
        }
        return replace(
            self,
            models=tuple(model.indexed(rows, model.predicted[rows]) for model in self.models),
            slices={name: values.take(rows) for name, values in self.slices.items()},
            others={name: column[rows] for name, column in self.others.items()},
            inputs={name: each.take(rows) for name, each in self.inputs.items()},
            **columns,
        )

    def select(self, position: int) -> Predictions:
        """Return the predictions of one of the models."""
        return replace(self, models=(self.models[position],))

    def renamed(self, name: str) -> Predictions:
        """Return the predictions of the only model under another name."""
        return replace(self, models=(replace(self._only, name=name),))

    def under(self, classes: tuple[Any, ...]) -> Predictions:
        """Return the same predictions with codes into other classes, which include these.

        Raises
        ------
        InputError
            If a class is not among them, or probabilities have no column for one of them.
        """
        if classes == self.classes:
            return self
        place = {name: code for code, name in enumerate(classes)}
        unknown = next((name for name in self.classes if name not in place), None)
        if unknown is not None:
            raise InputError(f"A class is unknown: {unknown!r} is not among the other classes.")
        known = set(self.classes)
        added = next((name for name in classes if name not in known), None)
        if added is not None and any(model.probabilities is not None for model in self.models):
            raise InputError(
                f"Probabilities are incomplete: {self.models[0].name} has no column for {added!r}."
            )
        position = np.array([place[name] for name in self.classes], code_dtype(len(classes)))
        columns = (slice(None), np.argsort(position))
        models = tuple(model.indexed(columns, position[model.predicted]) for model in self.models)
        return replace(self, classes=classes, actual=position[self.actual], models=models)

    def with_columns(
        self,
        *,
        groups: str | None = None,
        strata: str | None = None,
        slices: Iterable[str] = (),
        slice_depth: int = DEPTH,
    ) -> Predictions:
        """Return the same predictions with roles given to columns of `others`.

        Parameters
        ----------
        groups, strata : names of columns.
        slices : ``COLUMN`` or ``COLUMN:EDGE,EDGE``, as `slice_spec` reads them.
        slice_depth : the largest number of these columns that are crossed.

        Raises
        ------
        DataError
            If a column does not exist, or its values are invalid for the role.
        """
        n = len(self)
        found: dict[str, Any] = {"slice_depth": checked_depth(slice_depth)}
        with as_data_errors():
            if groups is not None:
                codes, names = group_codes(*self._other(groups), n, in_file=True)
                found |= {"groups": codes, "group_names": names}
            if strata is not None:
                found["strata"], _ = group_codes(*self._other(strata), n, in_file=True)
            values = {
                column: SliceValues.of(*self._other(column), n, edges, is_text=self.is_text)
                for column, edges in map(slice_spec, slices)
            }
        return replace(self, slices={**self.slices, **values}, **found)

    def _other(self, column: str) -> tuple[NDArray[Any], str]:
        """Return a column of `others`, and its name in messages."""
        if column in self.others:
            return self.others[column], f"{column} of {self.source}" if self.source else column
        near = nearest(column, self.others)
        there = ", ".join(self.others) or "no other column"
        raise DataError(
            f"Column not found: {self.models[0].name} has no column {column}. "
            + (f"Did you mean {near}?" if near else f"It has {there}.")
        )


def model_of(
    name: str,
    actual: Codes,
    predicted: Any,
    table: Probabilities | None,
    classes: Sequence[Any],
    notes: tuple[str, ...] = (),
) -> ModelPredictions:
    """Return the columns of a model; without labels, the class of the highest probability.

    Raises
    ------
    InputError
        If there is neither a label nor a probability, or codes are invalid.
    """
    if predicted is None:
        if table is None:
            raise InputError("No predictions. Pass y_pred, y_proba or both.")
        labels = table.values.argmax(axis=1).astype(actual.dtype)
    else:
        labels = checked_codes(predicted, classes, len(actual), "predicted")
    if table is None:
        return ModelPredictions(name, labels, None, notes)
    judged = actual if predicted is None else labels
    agreement = Agreement.of(judged, table.values)
    odd = agreement.contradiction(are_predicted=predicted is not None)
    return ModelPredictions(
        name, labels, table.values, (*table.notes, *notes), () if odd is None else (odd,)
    )


def refuse_foreign_labels(
    actual: Codes,
    predicted: Codes,
    classes: Sequence[Any],
    names: tuple[str, str] = ("y_true", "y_pred"),
    *,
    in_file: bool = False,
) -> None:
    """Raise `LabelError` where `require_common_labels` does; fast where any label is right."""
    if len(actual) and not (actual == predicted).any():
        ours, theirs = ([classes[code] for code in np.unique(each)] for each in (actual, predicted))
        require_common_labels(ours, theirs, names, in_file=in_file)


def _at(column: NDArray[Any] | None, place: Any) -> NDArray[Any] | None:
    return None if column is None else column[place]
