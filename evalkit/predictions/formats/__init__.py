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

    from evalkit.predictions.options import ReadOptions
    from evalkit.predictions.roles import Roles
    from evalkit.reading.source import Source

Columns = dict[str, "NDArray[Any]"]


@dataclass(frozen=True)
class Table:
    """An open table: its columns are read on request, with None for missing text.

    `rows` is None if it is not known before reading. `metadata` is what evalkit wrote beside the
    columns. In a format that `is_text`, numbers in columns without a role are read as text. `notes`
    has one sentence for each guess about the format. Nested columns without a role are left out.
    """

    format: str
    names: tuple[str, ...]
    read: Callable[[Roles], Columns]
    rows: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    is_text: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A format that prediction files are read from, and written in by the suffix of their name.

    `write` takes the columns and the names of the classes. A format that `is_fallback` is tried
    last, because it recognises files of other formats too.
    """

    recognises: Callable[[Source], bool]
    open: Callable[[Source, ReadOptions], Table]
    write: Callable[[Columns, Sequence[str], BinaryIO], None] | None = None
    suffixes: tuple[str, ...] = ()
    is_fallback: bool = False


@cache
def all_formats() -> tuple[Format, ...]:
    """Return the formats of this package, in the order in which they are tried."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    formats = [each for module in modules for each in module.FORMATS]
    return tuple(sorted(formats, key=lambda each: each.is_fallback))


def find_format(source: Source) -> Format | None:
    """Return the format of an open file, or None if it is not a table."""
    found = next((each for each in all_formats() if each.recognises(source)), None)
    source.seek(0)
    return found
