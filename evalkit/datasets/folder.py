"""Which of several layouts of files lies in a folder."""

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
    """Return the folder and the files of the first layout that is there whole.

    Parameters
    ----------
    folder : where the user said the data lies.
    layouts : a subfolder, ``""`` for `folder` itself, and the files in it.
    what, remedy : the data set's name, and what to do where it is missing.

    Raises
    ------
    DataError
        Says what was looked for, and names the missing files of a layout that is there in part.
    """
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "does not exist"
        raise DataError(f"{what} is read from a folder; {folder} {kind}: {remedy}")
    for subfolder, files in layouts:
        place = folder / subfolder
        missing = [name for name in files if not (place / name).is_file()]
        if not missing:
            return place, files
        if len(missing) < len(files):
            raise DataError(
                f"{what} needs all of its files; {place} lacks {', '.join(missing)}: {remedy}"
            )
    looked = ", ".join(f"{folder / subfolder}/{files[0]}" for subfolder, files in layouts)
    raise DataError(f"there is no {what} in {folder}; looked for {looked}: {remedy}")
