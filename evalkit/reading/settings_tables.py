"""Tables of ``evalkit.toml``, or of ``[tool.evalkit]`` in ``pyproject.toml``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError, InputError
from evalkit.nearest import suggestion
from evalkit.reading.source import open_source, printable
from evalkit.reading.values import checked_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN, SHARED = "evalkit.toml", "pyproject.toml"
TABLES = ("gate", "report")
MAX_BYTES = 1 << 18
_DOTTED = re.compile(rb"""(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){100}""")
"""A key of a hundred parts; the parser takes minutes for longer ones."""


def settings_table(
    name: str, path: str | Path | None = None, *, folder: Path | None = None
) -> tuple[Mapping[str, Any], Path]:
    """Return a table of a settings file and the file; an empty table if there is none.

    Parameters
    ----------
    name : one of `TABLES`.
    path : an ``evalkit.toml`` or a ``pyproject.toml``; if absent, the first of the two in `folder`
        that has the table.
    folder : the current folder if absent.

    Raises
    ------
    FileFormatError
        If the file is missing or not TOML.
    InputError
        If a table is unknown or not a table.
    """
    if path is not None:
        return _table(name, Path(path)) or {}, Path(path)
    for each in (OWN, SHARED):
        file = (folder or Path()) / each
        table = _table(name, file) if file.is_file() else None
        if table is not None:
            return table, file
    return {}, (folder or Path()) / OWN


def require_known(table: Mapping[str, Any], known: tuple[str, ...], path: Path) -> None:
    """Refuse a table with an unknown key.

    Raises
    ------
    InputError
        If a key is not among `known`.
    """
    unknown = next((key for key in table if key not in known), None)
    if unknown is not None:
        raise InputError(
            f"Unknown setting {printable(unknown)[:60]} in {path}: {suggestion(unknown, known)}"
        )


def _table(name: str, path: Path) -> Mapping[str, Any] | None:
    with open_source(path) as source:
        if source.size > MAX_BYTES:
            raise FileFormatError(
                f"{path} is larger than {MAX_BYTES // 1024} KB, the limit for settings."
            )
        content = source.read()
    if _DOTTED.search(content):
        raise FileFormatError(f"{path} has a key of more than 100 parts.")
    try:
        tables = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path} is not valid TOML: {printable(str(error))}") from error
    for each in ("tool", "evalkit") if path.name == SHARED else ():
        tables = tables.get(each, {})
        if not isinstance(tables, dict):
            raise InputError(f"tool.evalkit in {path} is not a table.")
    if path.name != SHARED:
        require_known(tables, TABLES, path)
    table = tables.get(name)
    if table is not None and not isinstance(table, dict):
        raise InputError(f"{name} in {path} is not a table. Write [{name}].")
    try:
        checked_plain(table)
    except ValueError as error:
        raise InputError(f"{name} in {path} is invalid: {error}.") from error
    return table
