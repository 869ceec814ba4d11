"""From an address to files: paths, folders, globs, lists, and whatever fsspec knows."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError, MissingExtraError
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PARQUET, CSV = "parquet", "csv"
SUFFIXES = {".parquet": PARQUET, ".pq": PARQUET, ".csv": CSV, ".tsv": CSV}
FEW_FILES = 16
FOOTERS_AT_ONCE = 16
_MAGIC = b"PAR1"


@dataclass(frozen=True)
class File:
    """One file of a data set.

    Attributes
    ----------
    address : a path, or a URL for fsspec.
    format : ``"parquet"`` or ``"csv"``.
    version : what changes when the content does: size and time of change, or a remote tag.
    groups : the rows of each row group; empty where they are not known before reading.
    """

    address: str
    format: str
    version: str
    groups: tuple[int, ...] = ()

    @property
    def rows(self) -> int | None:
        """How many rows there are, where that is known."""
        return None if self.format == CSV else sum(self.groups)


def is_dataset(address: str) -> bool:
    """Return whether an address names many files, or one that is not local.

    >>> is_dataset("preds/*.parquet"), is_dataset("s3://bucket/preds"), is_dataset("a.parquet")
    (True, True, False)
    """
    return (
        "://" in address
        or Path(address).is_dir()
        or (has_magic(address) and not Path(address).exists())
    )


def find_files(dataset: str | os.PathLike[str] | Sequence[Any]) -> tuple[File, ...]:
    """Return the files of a data set, sorted by name unless they are listed.

    Parameters
    ----------
    dataset : a path, a folder, a glob, an fsspec address, or a list of those.

    Raises
    ------
    FileFormatError
        If nothing is found, or a file is neither Parquet nor CSV.
    """
    if not isinstance(dataset, str | os.PathLike):
        return tuple(file for each in dataset for file in find_files(each))
    address = os.fspath(dataset)
    addresses = _remote(address) if "://" in address else _local(address)
    if not addresses:
        raise FileFormatError(f"a data set is Parquet or CSV files; nothing fits {shown(address)}")
    if len(addresses) < FEW_FILES:
        return tuple(_file(each) for each in addresses)
    # A footer is a round trip to wherever the file lies; waiting for one need not hold up others.
    with ThreadPoolExecutor(FOOTERS_AT_ONCE) as pool:
        return tuple(pool.map(_file, addresses))


def _local(address: str) -> list[str]:
    path = Path(address)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        return [str(p) for p in found]
    if path.exists():
        return [address]
    return sorted(p for p in glob(address, recursive=True) if Path(p).is_file())  # noqa: PTH207  the pattern may be absolute


def _remote(address: str) -> list[str]:
    system, path = filesystem(address)
    if system.isdir(path):
        found = sorted(p for p in system.find(path) if Path(p).suffix.lower() in SUFFIXES)
    else:
        found = sorted(system.glob(path)) if has_magic(path) else [path] * system.exists(path)
    return [system.unstrip_protocol(each) for each in found]


def filesystem(address: str) -> tuple[Any, str]:
    """Return the fsspec file system of a URL, and the path in it.

    Raises
    ------
    MissingExtraError
        If fsspec is not installed.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtraError.for_extra("dask", f"reading {address}", package="fsspec") from None
    system, path = url_to_fs(address)
    return system, path


@contextmanager
def opened(address: str) -> Iterator[Any]:
    """Open a file for Arrow: a path as it is, a URL through fsspec; errors become evalkit's."""
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtraError.for_extra(
            "arrow", f"reading {address}", package="pyarrow"
        ) from None
    try:
        if "://" in address:
            system, path = filesystem(address)
            with system.open(path, "rb") as file:
                yield file
        else:
            yield address
    except MemoryError:  # Arrow's is one of its exceptions too, and says nothing of the file
        raise
    except (pa.ArrowException, OSError) as error:
        raise FileFormatError(
            f"a file of predictions must be whole Parquet or CSV; {address} is not: {shown(error)}"
        ) from error


def _file(address: str) -> File:
    if "://" in address:
        system, path = filesystem(address)
        facts = system.info(path)
        tag = facts.get("ETag") or facts.get("mtime") or facts.get("LastModified") or ""
        version = f"{facts.get('size')} {tag}"
    else:
        status = Path(address).stat()
        version = f"{status.st_size} {status.st_mtime_ns}"
    kind = SUFFIXES.get(Path(address).suffix.lower())
    if kind is None:
        head = _head(address)
        if head != _MAGIC and not head.isascii():
            raise FileFormatError(
                f"a data set is Parquet or CSV files; {address} begins {shown(head)}: write a "
                "model's predictions with evalkit predict"
            )
        kind = PARQUET if head == _MAGIC else CSV
    if kind == CSV:
        return File(address, CSV, version)
    with opened(address) as file:
        from pyarrow import parquet

        facts = parquet.ParquetFile(file).metadata
        groups = tuple(facts.row_group(i).num_rows for i in range(facts.num_row_groups))
    return File(address, PARQUET, version, groups)


def _head(address: str) -> bytes:
    with opened(address) as file:
        if not isinstance(file, str):
            return bytes(file.read(len(_MAGIC)))
        with Path(file).open("rb") as local:
            return local.read(len(_MAGIC))


def lines_up_to(path: str, most: int) -> int:
    """Return how many lines a local file has, or more than `most` if there are more."""
    lines = 0
    with Path(path).open("rb") as file:
        while lines <= most and (block := file.read(1 << 22)):
            lines += block.count(b"\n")
    return lines
