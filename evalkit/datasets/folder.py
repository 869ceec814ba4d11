"""Find which of several file layouts a folder has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def find_folder(
    folder: Path,
    layouts: Sequence[tuple[str, list[str]]],
    *,
    what: str,
    remedy: str,
) -> tuple[Path, list[str]]:
    """Return the folder and the files of the first complete layout.

    Parameters
    ----------
    folder : the folder given by the user.
    layouts : pairs of a subfolder, ``""`` for `folder` itself, and the files in it.
    what : the name of the data set, for error messages.
    remedy : the sentence with the remedy, for error messages.

    Raises
    ------
    DataError
        If no layout is complete. The message gives the paths searched, or the missing files of
        an incomplete layout.
    """
    if not folder.is_dir():
        fault = "Not a folder" if folder.exists() else "Folder not found"
        raise DataError(f"{fault}: {folder}. {what} is read from a folder. {remedy}")
    for subfolder, files in layouts:
        place = folder / subfolder
        missing = [name for name in files if not (place / name).is_file()]
        if not missing:
            return place, files
        if len(missing) < len(files):
            raise DataError(f"{what} is incomplete: {place} has no {', '.join(missing)}. {remedy}")
    searched = ", ".join(f"{folder / subfolder}/{files[0]}" for subfolder, files in layouts)
    raise DataError(f"{what} not found in {folder}; searched for {searched}. {remedy}")
