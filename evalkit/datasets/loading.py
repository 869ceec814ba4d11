"""Load a data set from a spec: ``NAME[:PATH]`` or a file."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.datasets.cifar10 import load_cifar10
from evalkit.datasets.digits import load_digits
from evalkit.datasets.fashion_mnist import load_fashion_mnist
from evalkit.datasets.npz import load_npz
from evalkit.datasets.table import load_csv, load_parquet
from evalkit.errors import DataError, FileFormatError, UnsafeFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.datasets.dataset import Dataset

FOLDERS: dict[str, Callable[[Path], Dataset]] = {
    "cifar10": load_cifar10,
    "fashion-mnist": load_fashion_mnist,
}
TABLES: dict[str, Callable[..., Dataset]] = {".csv": load_csv, ".parquet": load_parquet}
NAMES = ("digits", *(f"{name}:DIR" for name in FOLDERS))
SUFFIXES = (".npz", *TABLES)


def load_dataset(spec: str, *, target: str | None = None) -> Dataset:
    """Return the data set given by `spec`.

    Parameters
    ----------
    spec : ``digits``, ``cifar10:DIR``, ``fashion-mnist:DIR``, or the path of an ``.npz``,
        ``.csv`` or ``.parquet`` file.
    target : the column of the actual classes; required for tables, and for tables only.

    Raises
    ------
    DataError
        If the name is unknown, a file is missing or malformed, or the data set is empty or
        contains values that are not finite.
    UnsafeFileError
        If reading a file could run code.
    MissingExtraError
        If the file is Parquet and pyarrow is not installed.

    Examples
    --------
    >>> load_dataset("digits")
    Dataset(classes=('0', ..., '9'), name='digits', spec='digits', split='...', images=...)
    """
    try:
        return _load(spec, target)
    except UnsafeFileError:
        raise
    except FileFormatError as error:
        raise DataError(str(error)) from error


def _load(spec: str, target: str | None) -> Dataset:
    name, colon, folder = spec.partition(":")
    suffix = Path(spec).suffix.lower()
    if suffix in TABLES:
        return TABLES[suffix](Path(spec), target=target)
    if target is not None:
        raise DataError(
            f"A target column was given, but {spec} is not a .csv or .parquet table. "
            "Omit the target."
        )
    if suffix == ".npz":
        return load_npz(Path(spec))
    if name == "digits":
        if colon:
            raise DataError(f"Invalid data set {spec}: digits takes no path.")
        return load_digits()
    if name in FOLDERS:
        if not folder:
            raise DataError(f"{name} requires the folder of its files. Pass {name}:DIR.")
        return FOLDERS[name](Path(folder))
    raise DataError(_unknown(spec, name))


def _unknown(spec: str, name: str) -> str:
    known = ("digits", *FOLDERS)
    near = get_close_matches(name.lower().replace("_", "-"), known, n=2, cutoff=0.5)
    suggested = f" Did you mean {' or '.join(near)}?" if near else ""
    return (
        f"Unknown data set {spec!r}.{suggested} Pass one of {', '.join(NAMES)}, or a file with "
        f"the extension {', '.join(SUFFIXES)}."
    )
