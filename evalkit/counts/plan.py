"""What is counted of which columns, and how: small, frozen, and sent to every worker as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from evalkit.errors import DataError, InputError
from evalkit.predictions.roles import assign_roles
from evalkit.predictions.slices import (
    FEW_VALUES,
    are_whole,
    bin_labels,
    quantile_edges,
    slice_spec,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

Engine = Literal["auto", "arrow", "dask"]


@dataclass(frozen=True)
class Settings:
    """The choices that a count depends on.

    Raises
    ------
    InputError
        If they contradict each other.
    """

    classes: tuple[Any, ...] | None = None
    engine: Engine = "auto"
    scheduler: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    slice_by: tuple[str, ...] = ()
    cluster_by: str | None = None
    state: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        if self.engine not in get_args(Engine):
            raise InputError(f"the engine is auto, arrow or dask; got {self.engine!r}")
        if self.engine == "arrow" and self.scheduler is not None:
            raise InputError("a scheduler is Dask's; got one with the engine arrow: leave one out")

    @property
    def uses_dask(self) -> bool:
        """Whether files are counted by Dask."""
        return self.engine == "dask" or self.scheduler is not None


@dataclass(frozen=True)
class ModelColumns:
    """One model: its column of predicted labels, or None, and its columns of probabilities."""

    name: str
    predicted: str | None
    probabilities: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SourceColumns:
    """What the columns of one data set are for."""

    where: str
    actual: str
    models: tuple[ModelColumns, ...]
    weight: str | None = None
    id: str | None = None
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SliceColumn:
    """A column by whose values samples are told apart.

    `edges` bin a continuous column: below the first, from each to the next, from the last on.
    `is_whole` says that its numbers have no fraction, so that their names have none.
    """

    name: str
    edges: tuple[float, ...] = ()
    is_whole: bool = True

    def labels(self) -> list[str]:
        """Return the names of the bins.

        >>> SliceColumn("age", (18.0, 65.0)).labels()
        ['< 18', '18 to < 65', '≥ 65']
        """
        return bin_labels(self.edges)


@dataclass(frozen=True)
class Plan:
    """Everything that decides what a batch of rows adds to the counts.

    Attributes
    ----------
    sources : data sets read side by side, row by row; slices and groups are the first's.
    classes : the declared classes in order, or None: then those that occur.
    slices : columns to slice by; two or more are also crossed, two by two.
    groups : the column of what was sampled together, or None.
    """

    sources: tuple[SourceColumns, ...]
    classes: tuple[str, ...] | None = None
    slices: tuple[SliceColumn, ...] = ()
    groups: str | None = None

    @property
    def models(self) -> tuple[ModelColumns, ...]:
        """The models of all sources, in order."""
        return tuple(model for source in self.sources for model in source.models)

    @property
    def matches_ids(self) -> bool:
        """Whether rows of several sources are told by id to be the same."""
        return len(self.sources) > 1 and all(source.id for source in self.sources)

    def columns(self, source: int) -> list[str]:
        """Return the columns to read of a source; no other is touched."""
        wanted = self.sources[source]
        found = [wanted.actual]
        for model in wanted.models:
            found += [model.predicted] if model.predicted else []
            found += [column for _, column in model.probabilities]
        if self.matches_ids and wanted.id:
            found.append(wanted.id)
        found += [wanted.weight] if wanted.weight else []
        if source == 0:
            found += [each.name for each in self.slices]
            found += [self.groups] if self.groups else []
        return list(dict.fromkeys(found))

    def names(self, source: int) -> list[str]:
        """Return the columns of a source that hold names, or numbers that are names."""
        own = self.sources[source]
        found = [own.actual, *(model.predicted for model in own.models if model.predicted)]
        if source == 0:
            found += [each.name for each in self.slices if not each.edges]
            found += [self.groups] if self.groups else []
        return list(dict.fromkeys(found))


def source_columns(
    names: Sequence[str], name: str, where: str, mapped: Mapping[str, str] | None = None
) -> SourceColumns:
    """Return what the columns of a data set are for; `name` is that of its model if it has one.

    Raises
    ------
    DataError
        If there are no actual labels, or neither predicted labels nor probabilities.
    """
    roles = assign_roles(names, mapped, where=where)
    predicted: Mapping[str, str | None] = roles.y_pred or {"": None}
    models = tuple(
        ModelColumns(
            model if len(predicted) > 1 else name,
            column,
            tuple(roles.probabilities.get(model, {}).items()),
        )
        for model, column in predicted.items()
    )
    return SourceColumns(
        where, roles.y_true, models, roles.sample_weight, roles.id, roles.others, roles.notes
    )


def declared_classes(
    sources: Sequence[SourceColumns], written: Sequence[Any], classes: Sequence[Any] | None
) -> tuple[str, ...] | None:
    """Return the classes that the caller, a file or the columns of probabilities declare.

    Parameters
    ----------
    sources : what the columns are for.
    written : for each source the classes in its metadata, or None.
    classes : what the caller declares, or None.

    Raises
    ------
    DataError
        If two sources declare different classes.
    """
    if classes is not None:
        return tuple(str(name) for name in classes)
    found: tuple[str, ...] | None = None
    for source, own in zip(sources, written, strict=True):
        by_columns = [
            tuple(name for name, _ in model.probabilities)
            for model in source.models
            if len(model.probabilities) > 1
        ]
        for declared in [tuple(own)] if own else by_columns:
            if found is not None and declared != found:
                raise DataError(
                    "data sets to compare must declare the same classes in the same order; "
                    f"{source.where} declares {', '.join(declared[:5])} and another "
                    f"{', '.join(found[:5])}: pass classes=…"
                )
            found = declared
    return found


def require_column(column: str, source: SourceColumns) -> None:
    """Refuse a column that is not among the others of a source."""
    if column not in source.others:
        there = ", ".join(source.others) or "no other column"
        raise DataError(
            f"a named column must be there; {source.where} has no column {column}: there is {there}"
        )


def slice_column(text: str, values: Any) -> SliceColumn:
    """Return the column of ``NAME`` or ``NAME:EDGE,EDGE``, binned if its values are many numbers.

    Raises
    ------
    InputError
        If an edge is no number.
    """
    name, edges = slice_spec(text)
    if edges:
        return SliceColumn(name, edges)
    numbers = np.asarray(values)
    if numbers.dtype.kind in "iuf":
        known = numbers.astype(np.float64)
        if len(np.unique(known[~np.isnan(known)])) > FEW_VALUES:
            return SliceColumn(name, quantile_edges(known))
    return SliceColumn(name, is_whole=are_whole(numbers))
