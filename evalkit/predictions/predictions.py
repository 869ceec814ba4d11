"""What models predicted on aligned samples: one type, whatever the columns come from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import DataError, InputError
from evalkit.labels import code_dtype, encode, infer_classes
from evalkit.nearest import nearest
from evalkit.predictions.checks import (
    as_data_errors,
    checked_codes,
    checked_ids,
    checked_probabilities,
    checked_weights,
    group_codes,
)
from evalkit.predictions.classes import Names
from evalkit.predictions.slices import SliceValues, slice_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.integer[Any]]

NOT_PREDICTED = "Predicted labels were taken from the highest probability."


@dataclass(frozen=True)
class Sampling:
    """How the samples came about, and so what is resampled.

    `weighted` says whether samples carry weights; `groups` is the number of groups that samples
    were drawn in and `strata` that of the populations they were drawn from, None where they were
    not. Simple sampling is independent samples that count alike.
    """

    weighted: bool = False
    groups: int | None = None
    strata: int | None = None

    @property
    def simple(self) -> bool:
        """Whether counts say all there is to know, so that exact tests of counts hold."""
        return not (self.weighted or self.groups or self.strata)


@dataclass(frozen=True, eq=False)
class ModelPredictions:
    """The columns of one model.

    Attributes
    ----------
    name : the model's name.
    predicted : (n,) positions in the classes.
    probabilities : (n, K), columns in the order of the classes, or None.
    notes : what was guessed about this model, one sentence each.
    """

    name: str
    predicted: Codes = field(repr=False)
    probabilities: NDArray[np.floating[Any]] | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one or more models predicted on the same n samples, and what is known of the samples.

    Make one with `from_labels`, `from_codes` or `read_predictions`, which check the columns.

    Attributes
    ----------
    classes : the ordered names of the K classes.
    actual : (n,) positions in `classes`.
    models : the columns of each model.
    weights : (n,) sample weights, or None.
    ids : (n,) names of the samples, or None where only their order is known.
    groups, strata : (n,) codes of what samples were drawn together with, and from; or None.
    group_names : the name of each group, by its code.
    slices : columns by whose values samples are told apart.
    others : columns of a file that have no role, as read.
    is_declared : whether the classes and their order were given, not inferred from the labels.
    notes : what was guessed about the samples, one sentence each.
    source : the file that the columns come from, for messages; empty for arrays.
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
    others: Mapping[str, NDArray[Any]] = field(default_factory=dict, repr=False)
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
        classes: Sequence[Any] | None = None,
        **columns: Any,
    ) -> Predictions:
        """Return the predictions of one model from labels of any kind.

        Parameters
        ----------
        y_true, y_pred : (n,) labels; without `y_pred`, the class of the highest probability, the
            first of equals.
        y_proba : (n, K) probabilities whose columns follow `classes`.
        classes : the ordered classes; if absent, the sorted labels that occur.
        columns : as `from_codes` takes them: ``name``, ``sample_weight``, ``ids``, ``groups``,
            ``strata``, ``slices``, ``notes``.

        Raises
        ------
        InputError
            If there are neither labels nor probabilities, lengths differ, or values are wrong.
        LabelError
            If a label is missing or not among the classes.

        Examples
        --------
        >>> Predictions.from_labels(["cat", "dog"], ["dog", "dog"]).classes
        ('cat', 'dog')
        """
        if y_pred is None and y_proba is None:
            raise InputError("No predictions. Pass y_pred, y_proba or both.")
        is_declared = classes is not None
        if classes is None:
            classes = infer_classes(y_true) if y_pred is None else infer_classes(y_true, y_pred)
        declared = tuple(classes)
        return cls.from_codes(
            encode(y_true, declared),
            None if y_pred is None else encode(y_pred, declared),
            y_proba=y_proba,
            classes=declared,
            is_declared=is_declared,
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
        is_declared: bool = True,
        notes: tuple[str, ...] = (),
    ) -> Predictions:
        """Return the predictions of one model from positions in `classes`.

        Raises
        ------
        InputError
            If lengths differ, or codes, weights or probabilities are wrong.
        LabelError
            If the label of a group or stratum is missing.
        """
        declared, n = tuple(classes), len(actual)
        codes = checked_codes(actual, declared, n, "actual")
        probabilities = None if y_proba is None else checked_probabilities(y_proba, declared, n)
        if predicted is None:
            if probabilities is None:
                raise InputError("No predictions. Pass y_pred, y_proba or both.")
            predicted = probabilities.argmax(axis=1).astype(codes.dtype)
        grouped = None if groups is None else Names(groups, "groups")
        return cls(
            declared,
            codes,
            (
                ModelPredictions(
                    name, checked_codes(predicted, declared, n, "predicted"), probabilities
                ),
            ),
            weights=checked_weights(sample_weight, n),
            ids=checked_ids(ids, n),
            groups=None if grouped is None else group_codes(grouped, n),
            group_names=() if grouped is None else grouped.ordered(),
            strata=None if strata is None else group_codes(Names(strata, "strata"), n),
            slices={
                label: column
                if isinstance(column, SliceValues)
                else SliceValues.of(column, label, n)
                for label, column in (slices or {}).items()
            },
            is_declared=is_declared,
            notes=notes,
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
        """How the samples came about."""
        return Sampling(
            weighted=self.weights is not None,
            groups=None if self.groups is None else len(np.unique(self.groups)),
            strata=None if self.strata is None else len(np.unique(self.strata)),
        )

    def take(self, rows: NDArray[np.intp]) -> Predictions:
        """Return the samples at `rows`, in that order."""
        columns: dict[str, Any] = {
            name: None if (column := getattr(self, name)) is None else column[rows]
            for name in ("actual", "weights", "ids", "groups", "strata")
        }
        models = tuple(
            replace(
                model,
                predicted=model.predicted[rows],
                probabilities=None if model.probabilities is None else model.probabilities[rows],
            )
            for model in self.models
        )
        return replace(
            self,
            models=models,
            slices={name: values.take(rows) for name, values in self.slices.items()},
            others={name: column[rows] for name, column in self.others.items()},
            **columns,
        )

    def select(self, position: int) -> Predictions:
        """Return the predictions of one of the models."""
        return replace(self, models=(self.models[position],))

    def renamed(self, name: str) -> Predictions:
        """Return the predictions of the only model under another name."""
        return replace(self, models=(replace(self._only, name=name),))

    def under(self, classes: tuple[Any, ...]) -> Predictions:
        """Return the same predictions as positions in other classes that hold these.

        Raises
        ------
        InputError
            If a class is not among them, or probabilities lack a column for one.
        """
        if classes == self.classes:
            return self
        place = {name: code for code, name in enumerate(classes)}
        unknown = next((name for name in self.classes if name not in place), None)
        if unknown is not None:
            raise InputError(f"A class is unknown: {unknown!r} is not among the other classes.")
        position = np.array([place[name] for name in self.classes], code_dtype(len(classes)))
        if len(classes) > len(self.classes) and any(
            model.probabilities is not None for model in self.models
        ):
            added = next(name for name in classes if name not in self.classes)
            raise InputError(
                f"Probabilities are incomplete: {self.models[0].name} has no column for {added!r}."
            )
        order = np.argsort(position)
        models = tuple(
            replace(
                model,
                predicted=position[model.predicted],
                probabilities=None
                if model.probabilities is None
                else model.probabilities[:, order],
            )
            for model in self.models
        )
        return replace(self, classes=classes, actual=position[self.actual], models=models)

    def with_columns(
        self, *, groups: str | None = None, strata: str | None = None, slices: Iterable[str] = ()
    ) -> Predictions:
        """Return the same predictions with roles given to columns of `others`.

        Parameters
        ----------
        groups, strata : names of columns.
        slices : ``COLUMN`` or ``COLUMN:EDGE,EDGE``, as `slice_spec` reads them.

        Raises
        ------
        DataError
            If a column is not there, or its values cannot have the role.
        """
        n = len(self)
        coded: dict[str, Any] = {}
        with as_data_errors():
            for role, column in (("groups", groups), ("strata", strata)):
                if column is not None:
                    names = Names.of_file(self._other(column), self._called(column))
                    coded[role] = group_codes(names, n)
                    if role == "groups":
                        coded["group_names"] = names.ordered()
            values = {
                column: SliceValues.of(
                    self._other(column), self._called(column), n, edges, is_text=self.is_text
                )
                for column, edges in map(slice_spec, slices)
            }
        return replace(self, slices={**self.slices, **values}, **coded)

    def _called(self, column: str) -> str:
        return f"{column} of {self.source}" if self.source else column

    def _other(self, column: str) -> NDArray[Any]:
        if column in self.others:
            return self.others[column]
        near = nearest(column, self.others)
        there = ", ".join(self.others) or "no other column"
        raise DataError(
            f"Column not found: {self.models[0].name} has no column {column}. "
            + (f"Did you mean {near}?" if near else f"It has {there}.")
        )
