"""Parse the arguments ``[NAME=]FILE``, ``FILE::MODEL`` and ``NAME=GLOB`` of all commands."""

from __future__ import annotations

import os
from glob import glob
from pathlib import Path
from typing import NamedTuple

from evalkit.errors import InputError

SEPARATOR = "::"
_PATH_SEPARATORS = tuple({"/", os.sep, os.altsep or os.sep})


class Address(NamedTuple):
    """A file, folder, glob or URL as typed, the name given or else its stem, and its model."""

    path: str
    name: str
    is_named: bool = False
    model: str | None = None


def parse_address(text: str, *, with_model: bool = False) -> Address:
    """Return the parts of ``[NAME=]FILE``, or of ``[NAME=]FILE[::MODEL]`` with `with_model`.

    ``NAME=`` is a name only if it contains no path separator and the whole text is not an existing
    file or folder, so that ``runs/day=1`` is a path.

    >>> parse_address("runs/day=1.csv").name, parse_address("mine=runs/day=1.csv").name
    ('day=1', 'mine')
    >>> parse_address("runs/results.json::numpy", with_model=True).model
    'numpy'
    >>> parse_address("preds/b/*.parquet").name
    'b'
    """
    model = None
    if with_model and not _exists(text):
        file, _, last = text.rpartition(SEPARATOR)
        if file and last:
            text, model = file, last
    name, _, path = text.partition("=")
    is_name = name and path and not any(mark in name for mark in _PATH_SEPARATORS)
    if is_name and not _exists(text):
        return Address(path, name, is_named=True, model=model)
    return Address(text, stem_of(text), model=model)


def parse_group(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the name and the files of ``NAME=GLOB``, the files sorted by name.

    Raises
    ------
    InputError
        If there is no name, or no file matches.
    """
    address = parse_address(text)
    if not address.is_named:
        raise InputError(f"Not a group: {text!r}. Write NAME=GLOB, as in numpy='runs/numpy-*.pkl'.")
    files = tuple(sorted(glob(address.path)))  # noqa: PTH207  the pattern may be absolute
    if not files:
        raise InputError(f"No file matches {address.path!r} of the group {address.name}.")
    return address.name, files


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # a name too long, or a character that no name holds
        return False


def stem_of(path: str) -> str:
    """Return the stem of a path, or of its folder where the stem is all wildcards.

    >>> stem_of("runs/a.parquet"), stem_of("runs/b/*.parquet")
    ('a', 'b')
    """
    found = Path(path.rstrip("/") or path)
    return found.stem if found.stem.strip("*?") else found.parent.name or "model"
