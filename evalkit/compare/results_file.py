"""A results.json as evalkit wrote it, of this schema or an earlier one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from evalkit.compare.serialise import SCHEMA, SCHEMA_VERSION
from evalkit.errors import FileFormatError
from evalkit.reading.source import open_source, printable

if TYPE_CHECKING:
    from pathlib import Path


def read_results(path: Path) -> dict[str, Any]:
    """Return the content of a results.json that this version of evalkit understands.

    Raises
    ------
    FileFormatError
        If it is not JSON, not evalkit's, or of a later schema.
    """
    with open_source(path) as source:
        content = source.read()
    try:
        results = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(
            f"results must be JSON; {path} is not: {printable(str(error))}"
        ) from error
    if not isinstance(results, dict) or results.get("schema") != SCHEMA:
        raise FileFormatError(
            f"results are what evalkit report --json writes; {path} names another schema"
        )
    version = results.get("schema_version")
    if not isinstance(version, int) or not 1 <= version <= SCHEMA_VERSION:
        raise FileFormatError(
            f"results must be of schema version 1 to {SCHEMA_VERSION}; {path} is of version "
            f"{printable(str(version))}: install the evalkit that wrote it, or a later one"
        )
    return results


def damaged(path: Path, error: Exception) -> FileFormatError:
    """Return the error for results that lack what every schema has."""
    return FileFormatError(
        f"results must be as evalkit wrote them; {path} is damaged: {printable(repr(error))}"
    )
