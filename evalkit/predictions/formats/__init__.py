"""Formats of prediction files: each module of this package registers one or two."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from evalkit.predictions.predictions import Predictions
    from evalkit.predictions.roles import Roles
    from evalkit.reading.source import Source

Columns = dict[str, "NDArray[Any]"]


@dataclass(frozen=True)
class Table:
    """An open table.

    Attributes
    ----------
    format : the name of the format: ``"CSV"``.
    names : the names of the columns, in order.
    read : returns the columns by name; missing text is None.
    rows : the number of rows, or None if it is not known before reading.
    metadata : what evalkit wrote beside the columns: ``generator``, ``classes``.
    is_text : whether numbers in columns without a role are read as text.
    """

    format: str
    names: tuple[str, ...]
    read: Callable[[Roles], Columns]
    rows: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    is_text: bool = False


@dataclass(frozen=True)
class Format:
    """A format that prediction files are read from and written in.

    Attributes
    ----------
    recognises : returns whether an open file has the format, from its content.
    open : returns the table of an open file.
    writers : file name suffix → function that writes predictions and their columns to a file.
    is_fallback : whether it is tried last, because it recognises files of other formats too.
    """

    recognises: Callable[[Source], bool]
    open: Callable[[Source], Table]
    writers: Mapping[str, Callable[[Predictions, Columns, BinaryIO], None]] = field(
        default_factory=dict
    )
    is_fallback: bool = False


_REGISTERED: list[Format] = []


def register(format_: Format) -> None:
    """Add a format."""
    _REGISTERED.append(format_)


@lru_cache(maxsize=1)
def all_formats() -> tuple[Format, ...]:
    """Return the formats of this package, in the order in which they are tried."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return tuple(sorted(_REGISTERED, key=lambda each: each.is_fallback))


def find_format(source: Source) -> Format | None:
    """Return the format of an open file, or None if it is not a table."""
    for each in all_formats():
        source.seek(0)
        if each.recognises(source):
            source.seek(0)
            return each
    source.seek(0)
    return None


def as_objects(codes: NDArray[Any], names: list[Any]) -> NDArray[Any]:
    """Return ``names[codes]`` as objects, with None for the code -1."""
    values: NDArray[Any] = np.array([*names, None], dtype=object)
    found: NDArray[Any] = values[codes]
    return found
