"""Find the ids of samples that files share under a name of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import IncompatibleError
from evalkit.predictions.classes import names_of
from evalkit.predictions.roles import plain_name
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalkit.predictions.predictions import Predictions

SHARED = 0.5
"""Columns of unique values are about the same samples if they share at least this part of them."""


def with_common_ids(tables: Sequence[Predictions]) -> list[Predictions]:
    """Return tables of the same samples with the ids that they share without saying so.

    Where no table has ids, a column of unique values that every table has under one name, with the
    same values in another order, is taken as the ids, and a note says so.

    Raises
    ------
    IncompatibleError
        If such a column has other values, or contradicts the actual labels, which agree row by row.
    """
    if len(tables) < 2 or len({len(table) for table in tables}) > 1:
        return list(tables)
    first, *others = tables
    having = [table.ids is not None for table in tables]
    if any(having):
        return list(tables) if all(having) else _noted(tables, having)
    for column in first.others:
        ids = _candidates(column, tables)
        if not ids or all(np.array_equal(ids[0], each) for each in ids[1:]):
            continue
        shares = [len(np.intersect1d(ids[0], each)) / len(first) for each in ids[1:]]
        if min(shares) == 1:
            _require_agreement(tables, ids, column)
            note = (
                f"The column {shown(column)} was read as id: its values are unique in every file."
            )
            return [
                replace(
                    table,
                    ids=each if each.dtype.kind == "U" else _texts(each),
                    notes=(*table.notes, note),
                )
                for table, each in zip(tables, ids, strict=True)
            ]
        if min(shares) >= SHARED:
            raise IncompatibleError(
                f"Models were evaluated on different samples: {shown(column)}, whose values are "
                f"unique in each file, has other values in {first.models[0].name} than in "
                f"{others[int(np.argmin(shares))].models[0].name}. {_settle(column)}"
            )
    return list(tables)


def _noted(tables: Sequence[Predictions], having: Sequence[bool]) -> list[Predictions]:
    note = "Rows were paired by position, because another file has ids and this one has none."
    return [
        table if has else replace(table, notes=(*table.notes, note))
        for table, has in zip(tables, having, strict=True)
    ]


def _named_like(column: str, table: Predictions) -> str | None:
    if column in table.others:
        return column
    alike = [name for name in table.others if plain_name(name) == plain_name(column)]
    return alike[0] if column and len(alike) == 1 else None


def _candidates(column: str, tables: Sequence[Predictions]) -> list[NDArray[Any]]:
    """Return the values of a column in every table as text; none unless all are unique."""
    names = [_named_like(column, table) for table in tables]
    found = [
        table.others[name] for table, name in zip(tables, names, strict=True) if name is not None
    ]
    if len(found) < len(tables) or not all(_share_values(found[0], each) for each in found[1:]):
        return []
    return [_texts(each) for each in found] if all(map(_are_unique, found)) else []


def _share_values(first: NDArray[Any], other: NDArray[Any]) -> bool:
    """Return whether columns of numbers may hold the same values in another order; fast."""
    if not {first.dtype.kind, other.dtype.kind} <= set("iuf"):
        return True
    return not np.array_equal(first, other) and bool(np.isin(first[:100], other).mean() >= SHARED)


def _are_unique(column: NDArray[Any]) -> bool:
    if column.dtype.kind in "biuf":
        return len(np.unique(column)) == len(column) and not np.isnan(column).any()
    # Most columns repeat a value early.
    for part in (column[:100], column):
        values = part.tolist()
        if len(set(map(str, values))) < len(values) or any(v is None or v != v for v in values):
            return False
    return True


def _texts(column: NDArray[Any]) -> NDArray[Any]:
    if column.dtype.kind in "Mmf":
        return np.array(list(map(str, column.tolist())), dtype=np.str_)
    ids = names_of(column, "a column of ids")
    found: NDArray[Any] = np.array(ids.names, dtype=np.str_)[ids.values]
    return found


def _require_agreement(
    tables: Sequence[Predictions], ids: Sequence[NDArray[Any]], column: str
) -> None:
    """Refuse ids by which actual labels differ, if they agree row by row."""
    first = tables[0]
    order = np.argsort(ids[0], kind="stable")
    for table, own in zip(tables[1:], ids[1:], strict=True):
        by_id = first.actual[order] == table.actual[np.argsort(own, kind="stable")]
        if not by_id.all() and np.array_equal(first.actual, table.actual):
            raise IncompatibleError(
                f"Rows cannot be paired: the actual labels of {first.models[0].name} and "
                f"{table.models[0].name} agree row by row, but not by {shown(column)}, whose "
                f"values are unique in each file. {_settle(column)}"
            )


def _settle(column: str) -> str:
    return f"Use --column id={column} to pair by it, or --column id= to pair by position."
