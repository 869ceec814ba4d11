"""Read PyTorch ``.pt`` archives of tensors and plain values, without PyTorch.

A ``.pt`` file is a zip archive of raw tensors and one small pickle. This module replaces the
names in that pickle with constructors that create arrays from the bytes in the archive.
"""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError
from evalkit.reading.arrays import checked_shape, plain_array, plain_dtype
from evalkit.reading.pickle_machine import PickleMachine
from evalkit.reading.pickle_names import (
    STORAGES,
    TENSOR_NAMES,
    TORCH_NAMES,
    PickleListing,
    TorchCall,
    list_names,
)
from evalkit.reading.source import Source, shown
from evalkit.reading.zip_archive import open_zip, read_entry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.reading.zip_archive import Archive

PICKLE = "/data.pkl"
_BYTE_ORDERS = {b"little": "<", b"big": ">"}


class UnknownConstructError(FileFormatError):
    """The archive contains a safe PyTorch construct that only PyTorch can read."""


def read_torch_archive(source: Source) -> Any:
    """Return the value in a ``.pt`` archive, with tensors as arrays, without PyTorch.

    Raises
    ------
    UnsafeFileError
        If the pickle contains anything but tensors and plain values.
    UnknownConstructError
        If it contains tensors of a type that only PyTorch can read.
    FileFormatError
        If the archive is truncated or malformed.
    """
    with open_zip(source) as archive:
        root, pickled = _open_pickle(archive, source)
        return TorchPickleMachine(pickled, archive, root).read()


def list_archive(source: Source) -> PickleListing:
    """Return the names in the pickle of a ``.pt`` archive; nothing is imported or called."""
    with open_zip(source) as archive:
        return list_names(_open_pickle(archive, source)[1])


def _open_pickle(archive: Archive, source: Source) -> tuple[str, Source]:
    """Return the folder of the archive that contains the pickle, and the pickle."""
    roots = [name.removesuffix(PICKLE) for name in archive.namelist() if name.endswith(PICKLE)]
    if len(roots) != 1 or "/" in roots[0]:
        raise FileFormatError(
            f"Not a PyTorch archive: {source.path} contains {len(roots)} entries data.pkl, "
            "expected 1."
        )
    content = read_entry(archive, roots[0] + PICKLE)
    return roots[0], Source(io.BytesIO(content), source.path, len(content), source.budget)


class TorchPickleMachine(PickleMachine):
    """Read the pickle inside a ``.pt`` archive, with tensors as arrays."""

    def __init__(self, source: Source, archive: Archive, root: str) -> None:
        super().__init__(source)
        self._archive, self._root = archive, root
        order = f"{root}/byteorder"
        has_order = order in archive.namelist()
        self._order = _BYTE_ORDERS[read_entry(archive, order)] if has_order else "<"
        self._storages: dict[str, bytes] = {}

    def find(self, module: str, name: str) -> Any:
        """Return the replacement for a PyTorch name, or raise."""
        if (module, name) in TORCH_NAMES:
            return TORCH_NAMES[module, name]
        if module == "torch" and name in STORAGES:
            return _StorageType(STORAGES[name])
        if (module, name) in TENSOR_NAMES:
            raise UnknownConstructError(f"{self.source.path} contains {module}.{name}.")
        return super().find(module, name)

    def call(self, function: Any, arguments: Any) -> Any:
        """Return a dict or an array; a state dict contains no other calls."""
        if not isinstance(arguments, tuple):
            raise TypeError
        if function is TorchCall.ORDERED_DICT and not arguments:
            return {}
        if function is TorchCall.REBUILD_TENSOR:
            return self._tensor(*arguments)
        raise TypeError

    def build(self, instance: Any, state: Any) -> None:
        """Ignore the version numbers in the state dict of a module."""
        if type(instance) is not dict or type(state) is not dict:
            super().build(instance, state)

    def persistent(self, identifier: Any) -> _Storage:
        """Return a storage, whose size must match its archive entry."""
        kind, storage_type, key, _, count = identifier
        if kind != "storage" or not isinstance(storage_type, _StorageType):
            raise TypeError
        if not (isinstance(key, str) and key.isascii() and key.isdigit()):
            self.reject(f"contains a tensor with the storage key {shown(key)}")
        if key not in self._storages:
            self._storages[key] = read_entry(self._archive, f"{self._root}/data/{key}")
        dtype = plain_dtype(self._order + storage_type.code)
        return _Storage(plain_array(dtype, (count,), self._storages[key]))

    def _tensor(
        self, storage: Any, offset: Any, size: Any, stride: Any, *options: Any
    ) -> NDArray[Any]:
        """Return the array with the values of `torch._utils._rebuild_tensor_v2`."""
        del options  # requires_grad and hooks, which do not affect the values
        if not isinstance(storage, _Storage) or not isinstance(size, tuple):
            raise TypeError
        size = checked_shape(size)
        if stride != _row_major(size):
            raise UnknownConstructError(
                f"{self.source.path} contains a tensor that is not in row-major order."
            )
        count = math.prod(size)
        if type(offset) is not int or not 0 <= offset <= len(storage.values) - count:
            raise ValueError("a tensor extends beyond its storage")
        return storage.values[offset : offset + count].reshape(size)


class _Storage:
    """Values shared by one or more tensors."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values


class _StorageType:
    """The dtype of a storage."""

    def __init__(self, code: str) -> None:
        self.code = code


def _row_major(size: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides, in elements, of a tensor whose last axis varies fastest."""
    strides, step = [], 1
    for length in reversed(size):
        strides.append(step)
        step *= max(length, 1)
    return tuple(reversed(strides))
