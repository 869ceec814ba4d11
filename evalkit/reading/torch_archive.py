"""PyTorch's ``.pt`` archives of tensors and plain values, read without PyTorch.

Such a file is a zip archive of raw tensors and one small pickle. The names in that pickle are
answered with constructors of this module, which make arrays over the archive's own bytes.
"""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError
from evalkit.reading.arrays import plain_array, plain_dtype
from evalkit.reading.pickle_machine import PickleMachine
from evalkit.reading.pickle_names import PickleListing, list_names
from evalkit.reading.source import Source, shown
from evalkit.reading.torch_names import STORAGES, TENSOR_NAMES, TORCH_NAMES, TorchCall
from evalkit.reading.zip_archive import open_zip, read_entry

if TYPE_CHECKING:
    import zipfile

    from numpy.typing import NDArray

PICKLE = "/data.pkl"
_BYTE_ORDERS = {b"little": "<", b"big": ">"}


class UnknownConstructError(FileFormatError):
    """A harmless part of PyTorch's that only PyTorch itself can read."""


def read_torch_archive(source: Source) -> Any:
    """Return what the pickle of a ``.pt`` archive holds, tensors as arrays, without PyTorch.

    Raises
    ------
    UnsafeFileError
        If the pickle names anything but tensors and plain values.
    UnknownConstructError
        If it holds tensors of a kind that PyTorch alone can read.
    FileFormatError
        If the archive is cut short or malformed.
    """
    with open_zip(source) as archive:
        root, pickled = _open_pickle(archive, source)
        return TorchPickleMachine(pickled, archive, root).read()


def list_archive(source: Source) -> PickleListing:
    """Return the names in the pickle of a ``.pt`` archive; nothing is imported or called."""
    with open_zip(source) as archive:
        return list_names(_open_pickle(archive, source)[1])


def _open_pickle(archive: zipfile.ZipFile, source: Source) -> tuple[str, Source]:
    """Return the one folder of the archive that holds a pickle, and the pickle."""
    roots = [name.removesuffix(PICKLE) for name in archive.namelist() if name.endswith(PICKLE)]
    if len(roots) != 1 or "/" in roots[0]:
        raise FileFormatError(
            f"a .pt archive has one data.pkl; {source.path} has {len(roots)}: it is no checkpoint"
        )
    content = read_entry(archive, roots[0] + PICKLE)
    return roots[0], Source(io.BytesIO(content), source.path, len(content))


class TorchPickleMachine(PickleMachine):
    """Reads the pickle inside a ``.pt`` archive; tensors arrive as arrays over its entries."""

    def __init__(self, source: Source, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(source)
        self._archive, self._root = archive, root
        order = f"{root}/byteorder"
        is_told = order in archive.namelist()
        self._order = _BYTE_ORDERS[read_entry(archive, order)] if is_told else "<"
        self._storages: dict[str, bytes] = {}

    def find(self, module: str, name: str) -> Any:
        """Return what stands for one of PyTorch's names, or refuse."""
        if (module, name) in TORCH_NAMES:
            return TORCH_NAMES[module, name]
        if module == "torch" and name in STORAGES:
            return _StorageType(STORAGES[name])
        if (module, name) in TENSOR_NAMES:
            raise UnknownConstructError(f"{self.source.path} holds {module}.{name}")
        return super().find(module, name)

    def call(self, function: Any, arguments: Any) -> Any:
        """Return a dict or an array; these two calls are all that a state dict makes."""
        if not isinstance(arguments, tuple):
            raise TypeError
        if function is TorchCall.ORDERED_DICT and not arguments:
            return {}
        if function is TorchCall.REBUILD_TENSOR:
            return self._tensor(*arguments)
        raise TypeError

    def build(self, instance: Any, state: Any) -> None:
        """Drop the version numbers that a module's state dict carries beside its tensors."""
        if type(instance) is not dict or type(state) is not dict:
            super().build(instance, state)

    def persistent(self, identifier: Any) -> _Storage:
        """Return the values of a storage, which must fill its entry exactly."""
        kind, storage_type, key, _, count = identifier
        if kind != "storage" or not isinstance(storage_type, _StorageType):
            raise TypeError
        if not (isinstance(key, str) and key.isascii() and key.isdigit()):
            self.refuse(f"a tensor lies under {shown(key)}")
        if key not in self._storages:
            self._storages[key] = read_entry(self._archive, f"{self._root}/data/{key}")
        dtype = plain_dtype(self._order + storage_type.code)
        return _Storage(plain_array(dtype, (count,), self._storages[key]))

    def _tensor(
        self, storage: Any, offset: Any, size: Any, stride: Any, *options: Any
    ) -> NDArray[Any]:
        """Return the array that `torch._utils._rebuild_tensor_v2` would make a tensor of."""
        del options  # requires_grad and hooks, which are no part of the values
        if not isinstance(storage, _Storage) or not isinstance(size, tuple):
            raise TypeError
        if not all(type(length) is int and length >= 0 for length in size):
            raise ValueError("a tensor of impossible size")
        if stride != _row_major(size):
            raise UnknownConstructError(f"{self.source.path} holds a tensor of unusual strides")
        count = math.prod(size)
        if type(offset) is not int or not 0 <= offset <= len(storage.values) - count:
            raise ValueError("a tensor that reaches beyond its storage")
        return storage.values[offset : offset + count].reshape(size)


class _Storage:
    """The values that tensors are views of."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values


class _StorageType:
    """The kind of number in a storage."""

    def __init__(self, code: str) -> None:
        self.code = code


def _row_major(size: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides, in elements, of a tensor whose last axis varies fastest."""
    strides, step = [], 1
    for length in reversed(size):
        strides.append(step)
        step *= max(length, 1)
    return tuple(reversed(strides))
