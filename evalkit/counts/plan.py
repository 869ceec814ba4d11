"""Which columns are counted, and how: a small frozen record that is sent to every worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np

from evalkit.errors import DataError, InputError
from evalkit.predictions.classes import listed_names
from evalkit.predictions.options import DEFAULT, ReadOptions
from evalkit.predictions.roles import PROBABILITY
from evalkit.predictions.slices import (
    DEPTH,
    FEW_VALUES,
    are_whole,
    bin_labels,
    checked_depth,
    quantile_edges,
    slice_spec,
)
from evalkit.reading.source import printable, shown

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from evalkit.predictions.roles import Roles

Engine = Literal["auto", "arrow", "dask"]


@dataclass(frozen=True)
class Settings:
    """The options of `evalkit.scale.evaluate_together`.

    Raises
    ------
    InputError
        If they contradict each other.
    """

    classes: tuple[Any, ...] | None = None
    engine: Engine = "auto"
    scheduler: str | None = None
    reading: ReadOptions = DEFAULT
    slice_by: tuple[str, ...] = ()
    cluster_by: str | None = None
    stratify_by: str | None = None
    state: str | os.PathLike[str] | None = None
    slice_depth: int = DEPTH

    def __post_init__(self) -> None:
        checked_depth(self.slice_depth)
        if self.engine not in get_args(Engine):
            raise InputError(f"Unknown engine: {self.engine!r}. Use auto, arrow or dask.")
        if self.engine == "arrow" and self.scheduler is not None:
            raise InputError(
                "The engine arrow has no scheduler. Leave out the engine or the scheduler."
            )

    @property
    def uses_dask(self) -> bool:
        """Whether files are counted by Dask."""
        return self.engine == "dask" or self.scheduler is not None

    @property
    def named_columns(self) -> list[str]:
        """The columns of groups, strata and slices."""
        slices = [slice_spec(text)[0] for text in self.slice_by]
        return [each for each in (self.cluster_by, self.stratify_by, *slices) if each is not None]


class ModelColumns(NamedTuple):
    """One model: its column of predicted labels, or None, and class → column of probabilities."""

    name: str
    predicted: str | None
    probabilities: Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """A data set: the name of its only model, its name in messages, and its columns by role."""

    name: str
    where: str
    roles: Roles

    @property
    def models(self) -> list[ModelColumns]:
        """The columns of each model."""
        predicted: Mapping[str, str | None] = self.roles.y_pred or {"": None}
        return [
            ModelColumns(
                model if len(predicted) > 1 else self.name,
                column,
                self.roles.probabilities.get(model, {}),
            )
            for model, column in predicted.items()
        ]

    @property
    def used(self) -> list[str]:
        """The columns that have a role."""
        found = [self.roles.y_true]
        for model in self.models:
            found += [model.predicted] if model.predicted else []
            found += model.probabilities.values()
        return found + [each for each in (self.roles.sample_weight, self.roles.id) if each]


@dataclass(frozen=True)
class SliceColumn:
    """A column to slice by, and the edges of its bins if its numbers are binned."""

    name: str
    edges: tuple[float, ...] = ()
    is_whole: bool = True
    """Whether its numbers have no fraction, so that their names have none."""

    @classmethod
    def of(cls, text: str, first: Any) -> SliceColumn:
        """Return the column of ``NAME`` or ``NAME:EDGE,EDGE``, binned if `first` are many numbers.

        Raises
        ------
        InputError
            If an edge is not a number.
        """
        name, edges = slice_spec(text)
        numbers = np.asarray(first)
        if not edges and numbers.dtype.kind in "iuf":
            known = numbers.astype(np.float64)
            if len(np.unique(known[~np.isnan(known)])) > FEW_VALUES:
                return cls(name, quantile_edges(known))
        return cls(name, edges, is_whole=are_whole(numbers))

    def labels(self) -> list[str]:
        """Return the names of the bins; none without edges.

        >>> SliceColumn("age", (18.0, 65.0)).labels()
        ['< 18', '18 to < 65', '≥ 65']
        """
        return bin_labels(self.edges) if self.edges else []


@dataclass(frozen=True)
class Plan:
    """All that is needed to count a batch of rows.

    Attributes
    ----------
    sources : data sets read side by side, row by row; slices and groups are the first's.
    classes : the declared classes in order, or None: then those that occur.
    slices : columns to slice by.
    groups : the column of groups, or None.
    reading : how labels and numbers are read.
    slice_depth : the largest number of slice columns that are crossed.
    keeps_ids : whether the ids of the first source are read in any case.
    """

    sources: tuple[Source, ...]
    classes: tuple[str, ...] | None = None
    slices: tuple[SliceColumn, ...] = ()
    groups: str | None = None
    reading: ReadOptions = DEFAULT
    slice_depth: int = DEPTH
    keeps_ids: bool = False

    @property
    def models(self) -> tuple[ModelColumns, ...]:
        """The models of all sources, in order."""
        return tuple(model for source in self.sources for model in source.models)

    @property
    def matches_ids(self) -> bool:
        """Whether rows of several sources are matched by id."""
        return len(self.sources) > 1 and all(source.roles.id for source in self.sources)

    def columns(self, source: int) -> list[str]:
        """Return the columns to read of a source; no other is touched."""
        wanted = self.sources[source]
        with_ids = self.matches_ids or (self.keeps_ids and source == 0)
        found = [each for each in wanted.used if each != wanted.roles.id or with_ids]
        if source == 0:
            found += [each.name for each in self.slices]
            found += [self.groups] if self.groups else []
        return list(dict.fromkeys(found))

    def names(self, source: int) -> list[str]:
        """Return the columns of a source whose values are names, also if they look like numbers."""
        own = self.sources[source]
        found = [own.roles.y_true, *(model.predicted for model in own.models if model.predicted)]
        if source == 0:
            found += [each.name for each in self.slices if not each.edges]
            found += [self.groups] if self.groups else []
        return list(dict.fromkeys(found))


def make_plan(
    sources: Sequence[Source],
    written: Sequence[Sequence[str] | None],
    settings: Settings,
    first_values: Callable[[str], Any],
) -> Plan:
    """Return the plan for sources.

    Parameters
    ----------
    sources : the columns of each.
    written : for each source the classes in its metadata, or None.
    settings : how to count.
    first_values : returns the first values of a column of the first source.

    Raises
    ------
    DataError
        If a column is missing, or two sources declare different classes.
    """
    require_columns(settings, sources[0])
    for source in sources:
        require_streamable(source, settings.reading)
    return Plan(
        tuple(sources),
        _declared_classes(sources, written, settings),
        tuple(
            SliceColumn.of(text, first_values(slice_spec(text)[0])) for text in settings.slice_by
        ),
        settings.cluster_by,
        settings.reading,
        settings.slice_depth,
    )


def require_streamable(source: Source, reading: ReadOptions) -> None:
    """Refuse a source that only its values could tell how to read.

    Raises
    ------
    DataError
        The message names the option that settles it.
    """
    roles = source.roles
    if roles.score is not None:
        raise DataError(
            f"Many rows are streamed, which needs a column for each class: {source.where} has one "
            f"probability, {shown(roles.score)}. Write proba_<class>, or use --no-proba."
        )
    if roles.maybe_probabilities:
        beginning = next(iter(roles.maybe_probabilities))
        label, column = next(iter(roles.maybe_probabilities[beginning].items()))
        raise DataError(
            "Many rows are streamed, which cannot tell whether columns are probabilities: "
            f"{source.where} has columns {shown(beginning + '…')}. Use --column "
            f"{PROBABILITY}{printable(label)}={printable(column)} for each class, or --no-proba."
        )
    if reading.show:
        raise DataError(
            "Many rows are streamed, which keeps only counts and no inputs. Leave out --show, and "
            "list the errors with evalkit errors."
        )
    if reading.truth is not None:
        raise DataError("Many rows are streamed, which cannot join --truth. Add the column y_true.")


def require_columns(settings: Settings, source: Source) -> None:
    """Refuse groups, strata and slices by columns that a source does not have.

    Raises
    ------
    DataError
        If one is not among the columns without another role.
    """
    for column in settings.named_columns:
        if column not in source.roles.others:
            there = ", ".join(source.roles.others) or "no other column"
            raise DataError(
                f"Column not found: {source.where} has no column {column}. It has {there}."
            )


def _declared_classes(
    sources: Sequence[Source],
    written: Sequence[Sequence[str] | None],
    settings: Settings,
) -> tuple[str, ...] | None:
    """Return the classes that the caller, a file or the columns of probabilities declare."""
    if settings.classes is not None:
        return tuple(map(str, settings.classes))
    label = settings.reading.label
    found: tuple[str, ...] | None = None
    for source, own in zip(sources, written, strict=True):
        by_columns = [
            tuple(model.probabilities) for model in source.models if len(model.probabilities) > 1
        ]
        for declared in [tuple(dict.fromkeys(map(label, own)))] if own else by_columns:
            if found is not None and declared != found:
                raise DataError(
                    f"Classes differ: {source.where} has {listed_names(declared)} and another data "
                    f"set has {listed_names(found)}. Pass classes."
                )
            found = declared
    return found
