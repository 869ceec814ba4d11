"""Files of a data set: paths, folders, globs, lists and URLs that fsspec reads."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError, MissingExtraError
from evalkit.reading.source import Source, open_source, shown, shown_bytes
from evalkit.reading.unpacked import is_packed, plain_text
from evalkit.writing import keep_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PARQUET, CSV = "parquet", "csv"
SUFFIXES = {".parquet": PARQUET, ".pq": PARQUET, ".csv": CSV, ".tsv": CSV}
COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")
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
    version : size and time of change, or a remote tag: it changes when the content does.
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


def kind_of(path: str | os.PathLike[str]) -> str | None:
    """Return the format that the name of a file ends with, or None.

    >>> kind_of("a.csv.gz"), kind_of("a.pq"), kind_of("a.txt")
    ('csv', 'parquet', None)
    """
    name = Path(path)
    is_compressed = name.suffix.lower() in COMPRESSED
    kind = SUFFIXES.get(Path(name.stem if is_compressed else name).suffix.lower())
    return None if is_compressed and kind == PARQUET else kind


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
        if not dataset:
            raise FileFormatError("No Parquet or CSV files found: the list is empty.")
        return tuple(file for each in dataset for file in find_files(each))
    address = os.fspath(dataset)
    addresses = _remote(address) if "://" in address else _local(address)
    if not addresses:
        raise FileFormatError(f"No Parquet or CSV files found: {shown(address)}.")
    for each in addresses:  # here, because threads do not see the context of `inputs_are_kept`
        keep_input(each)
    if len(addresses) < FEW_FILES:
        return tuple(_file(each) for each in addresses)
    # Reading a remote footer is a round trip; several run at once.
    with ThreadPoolExecutor(FOOTERS_AT_ONCE) as pool:
        return tuple(pool.map(_file, addresses))


def _local(address: str) -> list[str]:
    path = Path(address)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if kind_of(p) and p.is_file())
        return [str(p) for p in found]
    if path.exists():
        return [address]
    return sorted(p for p in glob(address, recursive=True) if Path(p).is_file())  # noqa: PTH207  the pattern may be absolute


def _remote(address: str) -> list[str]:
    system, path = filesystem(address)
    if system.isdir(path):
        found = sorted(p for p in system.find(path) if kind_of(p))
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
    except MemoryError:  # Arrow's is an ArrowException too, but the file is not damaged
        raise
    except (pa.ArrowException, OSError) as error:
        raise FileFormatError(f"Damaged Parquet or CSV file: {address}: {shown(error)}") from error


@contextmanager
def open_bytes(address: str) -> Iterator[Any]:
    """Open a file for reading bytes; errors become evalkit's."""
    with opened(address) as file:
        if isinstance(file, str):
            with Path(file).open("rb") as local:
                yield local
        else:
            yield file


@contextmanager
def open_file(address: str) -> Iterator[Source]:
    """Open a file to read it whole; a remote one is fetched first."""
    if "://" not in address:
        with open_source(address) as source:
            yield source
        return
    with open_bytes(address) as file:
        content = file.read()
    yield Source(io.BytesIO(content), Path(address), len(content))


@contextmanager
def open_text(address: str) -> Iterator[Source]:
    """Open a text file as UTF-8, unpacked as it is read."""
    with open_bytes(address) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        yield plain_text(Source(file, Path(address), size))


def _file(address: str) -> File:
    if "://" in address:
        system, path = filesystem(address)
        facts = system.info(path)
        tag = facts.get("ETag") or facts.get("mtime") or facts.get("LastModified") or ""
        version = f"{facts.get('size')} {tag}"
    else:
        status = Path(address).stat()
        version = f"{status.st_size} {status.st_mtime_ns}"
    kind = kind_of(address)
    if kind is None:
        head = _head(address)
        if head != _MAGIC and not (head.isascii() or is_packed(head)):
            raise FileFormatError(
                f"Neither Parquet nor CSV: {address} begins with {shown_bytes(head)}. Write the "
                "predictions of a model with evalkit predict."
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
    with open_bytes(address) as file:
        return bytes(file.read(len(_MAGIC)))


def has_rows(file: File) -> bool:
    """Return whether a file has a row."""
    if file.rows is not None:
        return file.rows > 0
    with open_text(file.address) as source:
        source.readline()
        return bool(source.read(1))


def lines_up_to(file: File, most: int) -> int:
    """Return how many lines follow the header of a file; at least `most` if there are more."""
    lines = -1
    with open_text(file.address) as source:
        while lines < most and (block := source.read(1 << 22)):
            lines += block.count(b"\n")
    return lines
