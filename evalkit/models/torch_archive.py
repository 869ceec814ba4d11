"""``torch.pt``: a checkpoint as ``torch.save`` writes it, read with or without PyTorch.

Evalkit's own file is a zip archive of raw tensors and a small pickle. It is read through the
constructors of this module, which stand in for the four names that such a pickle holds, so that
neither PyTorch nor its second of import is needed. A file that these do not cover is handed to
``torch.load`` with ``weights_only=True``, and to nothing laxer.
"""

from __future__ import annotations

import io
import pickle
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError, MissingExtraError, UnsafeFileError
from evalkit.models.fields import from_fields, is_checkpoint, map_leaves, plain_leaf, to_fields
from evalkit.models.perceptron import PerceptronPredictor, card_of
from evalkit.reading.arrays import plain_array, plain_dtype
from evalkit.reading.pickle_machine import PickleMachine
from evalkit.reading.source import Source, shown
from evalkit.reading.zip_archive import open_zip, read_entry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.training.checkpoint import Checkpoint

FORMAT = "evalkit PyTorch checkpoint"
_PICKLE = "/data.pkl"
_BYTE_ORDERS = {b"little": "<", b"big": ">"}
STORAGES = {
    "BoolStorage": "b1",
    "ByteStorage": "u1",
    "CharStorage": "i1",
    "ShortStorage": "i2",
    "IntStorage": "i4",
    "LongStorage": "i8",
    "HalfStorage": "f2",
    "FloatStorage": "f4",
    "DoubleStorage": "f8",
}


class UnknownConstructError(FileFormatError):
    """A harmless part of PyTorch's that only PyTorch itself can read."""


def load_torch_archive(source: Source) -> PerceptronPredictor:
    """Return the model that a ``torch.pt`` of evalkit's holds.

    Raises
    ------
    UnsafeFileError
        If its pickle names anything but tensors; nothing of it was run.
    FileFormatError
        If it is cut short, or not a checkpoint of evalkit's.
    MissingExtraError
        If it takes PyTorch to read and PyTorch is not installed.
    """
    digest = source.sha256()
    try:
        fields = read_archive(source)
    except UnknownConstructError:
        fields = _read_with_torch(source)
    if not is_checkpoint(fields):
        raise FileFormatError(
            f"a .pt file must say which network its tensors belong to; {source.path} holds "
            f"{_brief(fields)} and no architecture: export the model to ONNX and pass that, or "
            "name your own loader, python:package.module:factory"
        )
    checkpoint = from_fields(fields, source.path)
    card = card_of(checkpoint, format=FORMAT, path=source.path, sha256=digest)
    return PerceptronPredictor(checkpoint, card)


def write_torch_archive(checkpoint: Checkpoint, file: BinaryIO) -> None:
    """Write a checkpoint with ``torch.save``; the same checkpoint gives the same bytes."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError.for_extra("torch", "writing torch.pt") from None

    def leaf(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return plain_leaf(value)
        return torch.from_numpy(np.array(value, value.dtype.newbyteorder("=")))

    # Into memory first: torch.save puts the name of a file that it is given into the archive.
    buffer = io.BytesIO()
    torch.save(map_leaves(to_fields(checkpoint), leaf), buffer)
    file.write(buffer.getbuffer())


def read_archive(source: Source) -> Any:
    """Return what the pickle of a ``.pt`` archive holds, tensors as arrays, without PyTorch."""
    try:
        with open_zip(source) as archive:
            root = pickle_root(archive, source)
            content = read_entry(archive, root + _PICKLE)
            inner = Source(io.BytesIO(content), source.path, len(content))
            return TorchPickleMachine(inner, archive, root).read()
    except zlib.error as error:
        raise FileFormatError(
            f"a .pt archive must be whole; {source.path} is damaged: {error}"
        ) from error


def pickle_root(archive: zipfile.ZipFile, source: Source) -> str:
    """Return the one folder of an archive that holds its pickle."""
    roots = [name.removesuffix(_PICKLE) for name in archive.namelist() if name.endswith(_PICKLE)]
    if len(roots) != 1 or "/" in roots[0]:
        raise FileFormatError(
            f"a .pt archive has one data.pkl; {source.path} has {len(roots)}: "
            "evalkit inspect shows what it is"
        )
    return roots[0]


class TorchPickleMachine(PickleMachine):
    """Reads the pickle inside a ``.pt`` archive; tensors arrive as arrays over its entries."""

    def __init__(self, source: Source, archive: zipfile.ZipFile, root: str) -> None:
        super().__init__(source)
        self._archive, self._root = archive, root
        names = set(archive.namelist())
        order = f"{root}/byteorder"
        self._order = _BYTE_ORDERS.get(read_entry(archive, order), "<") if order in names else "<"
        self._storages: dict[str, bytes] = {}

    def find(self, module: str, name: str) -> Any:
        if (module, name) in _NAMES:
            return _NAMES[module, name]
        if module == "torch" and name in STORAGES:
            return _StorageType(STORAGES[name])
        if (module, name) in TENSOR_NAMES or (module == "torch" and name.endswith("Storage")):
            raise UnknownConstructError(f"{self.source.path} holds {module}.{name}")
        return super().find(module, name)

    def call(self, function: Any, arguments: Any) -> Any:
        if not isinstance(arguments, tuple):
            raise TypeError
        if function is _ORDERED and not arguments:
            return {}
        if function is _REBUILD:
            return self._tensor(*arguments)
        raise TypeError

    def persistent(self, identifier: Any) -> _Storage:
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
        if stride != _row_major(size):
            raise UnknownConstructError(f"{self.source.path} holds a tensor of unusual strides")
        count = 1
        for length in size:
            count *= length
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


_ORDERED, _REBUILD = "collections.OrderedDict", "torch._utils._rebuild_tensor_v2"
_NAMES = {
    ("collections", "OrderedDict"): _ORDERED,
    ("torch._utils", "_rebuild_tensor_v2"): _REBUILD,
}
TENSOR_NAMES = frozenset(
    {
        ("torch._utils", "_rebuild_parameter"),
        ("torch._utils", "_rebuild_qtensor"),
        ("torch._utils", "_rebuild_sparse_tensor"),
        ("torch._tensor", "_rebuild_from_type_v2"),
        ("torch", "Size"),
        ("torch", "device"),
        ("torch.storage", "UntypedStorage"),
    }
)
"""What PyTorch's own safe reader makes of tensors beyond what is read here."""


def _row_major(size: tuple[Any, ...]) -> tuple[int, ...]:
    strides, step = [], 1
    for length in reversed(size):
        strides.append(step)
        step *= max(length, 1)
    return tuple(reversed(strides))


def _read_with_torch(source: Source) -> Any:
    """Return what PyTorch reads as weights alone, tensors as arrays."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError.for_extra("torch", f"reading {source.path}") from None
    source.seek(0)
    try:
        loaded = torch.load(source, map_location="cpu", weights_only=True)  # type: ignore[arg-type]  # reads like a file
    except pickle.UnpicklingError as error:
        raise UnsafeFileError(
            f"a .pt file is read as weights alone; PyTorch refused {source.path}: {shown(error)}"
        ) from error
    except (RuntimeError, ValueError, EOFError, KeyError, AttributeError) as error:
        raise FileFormatError(
            f"a .pt file must be whole; {source.path} is not: {shown(error)}"
        ) from error

    def leaf(value: Any) -> Any:
        return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value

    return map_leaves(loaded, leaf)


def _brief(fields: Any) -> str:
    if isinstance(fields, dict):
        return f"a dict of {len(fields)} entries ({', '.join(shown(name) for name in list(fields)[:3])})"
    return f"a {type(fields).__name__}"
