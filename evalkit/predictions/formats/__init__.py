"""Formats of prediction files: each module of this package lists one or two in ``FORMATS``."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

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
    open : returns the table of an open file; its rows are not read, where that is possible.
    write : writes columns, and the names of the classes beside them, to a file.
    suffixes : the suffixes of the names of files that are written.
    is_fallback : whether it is tried last, because it recognises files of other formats too.
    """

    recognises: Callable[[Source], bool]
    open: Callable[[Source], Table]
    write: Callable[[Columns, Sequence[str], BinaryIO], None]
    suffixes: tuple[str, ...]
    is_fallback: bool = False


@cache
def all_formats() -> tuple[Format, ...]:
    """Return the formats of this package, in the order in which they are tried."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    formats = [each for module in modules for each in module.FORMATS]
    return tuple(sorted(formats, key=lambda each: each.is_fallback))


def find_format(source: Source) -> Format | None:
    """Return the format of an open file, or None if it is not a table."""
    found = None
    for each in all_formats():
        source.seek(0)
        if each.recognises(source):
            found = each
            break
    source.seek(0)
    return found
