"""Formats of prediction files, one module each, which registers what it recognises and writes."""

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
    format : for people: ``"CSV"``.
    names : the columns' names, in order.
    read : returns the columns by name. What `Roles.numbers` names arrives as numbers where it
        holds numbers; missing text is None.
    rows : how many there are, where that is known before they are read.
    metadata : what evalkit wrote beside the columns: ``generator``, ``classes``.
    is_text : whether columns without a role arrive as text, numbers too.
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
    recognises : tells from an open file's content, never from its ending.
    open : returns the table of an open file.
    writers : ending → function that writes predictions, given as columns too, to a file.
    is_fallback : whether it is asked last, since it recognises other formats too.
    """

    recognises: Callable[[Source], bool]
    open: Callable[[Source], Table]
    writers: Mapping[str, Callable[[Predictions, Columns, BinaryIO], None]] = field(
        default_factory=dict
    )
    is_fallback: bool = False


_REGISTERED: list[Format] = []


def register(format_: Format) -> None:
    """Add a format to those that are read and written."""
    _REGISTERED.append(format_)


@lru_cache(maxsize=1)
def all_formats() -> tuple[Format, ...]:
    """Return the formats of the modules of this package, in the order in which they are asked."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return tuple(sorted(_REGISTERED, key=lambda each: each.is_fallback))


def find_format(source: Source) -> Format | None:
    """Return the format of an open file, or None if it is no table."""
    for each in all_formats():
        source.seek(0)
        if each.recognises(source):
            source.seek(0)
            return each
    source.seek(0)
    return None


def as_objects(codes: NDArray[Any], names: list[Any]) -> NDArray[Any]:
    """Return ``names[codes]`` as objects; a code below zero stands for None."""
    values: NDArray[Any] = np.array([*names, None], dtype=object)
    found: NDArray[Any] = values[codes]
    return found
