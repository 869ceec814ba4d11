"""List the names that a pickle imports, without resolving them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError
from evalkit.reading.numpy_pickle import NUMPY_NAMES
from evalkit.reading.pickle_machine import SCALARS, PickleMachine

if TYPE_CHECKING:
    from evalkit.reading.source import Source

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
"""The dtype code of each storage class in ``torch``."""


class TorchCall(Enum):
    """Replacement for a PyTorch name; an enum member cannot be created from file content."""

    ORDERED_DICT = auto()
    REBUILD_TENSOR = auto()


TORCH_NAMES: dict[tuple[str, str], object] = {
    ("collections", "OrderedDict"): TorchCall.ORDERED_DICT,
    ("torch._utils", "_rebuild_tensor_v2"): TorchCall.REBUILD_TENSOR,
}
"""The names that a pickle of plain tensors calls, with their replacements."""

TENSOR_NAMES = frozenset(
    {
        ("torch", "BFloat16Storage"),
        ("torch", "Size"),
        ("torch", "device"),
        ("torch._tensor", "_rebuild_from_type_v2"),
        ("torch._utils", "_rebuild_parameter"),
        ("torch._utils", "_rebuild_qtensor"),
        ("torch._utils", "_rebuild_sparse_tensor"),
        ("torch.storage", "UntypedStorage"),
    }
)
"""Safe names of other tensor types, which are read with ``torch.load(weights_only=True)``."""

SAFE_NAMES = {
    *NUMPY_NAMES,
    *TORCH_NAMES,
    *TENSOR_NAMES,
    *(("torch", storage) for storage in STORAGES),
}


@dataclass(frozen=True)
class PickleName:
    """A name that a pickle imports.

    Attributes
    ----------
    module, name : as written in the file.
    is_safe : whether evalkit replaces the name with its own constructor. Any other import may
        run arbitrary code when the file is unpickled.
    """

    module: str
    name: str
    is_safe: bool


@dataclass(frozen=True)
class PickleListing:
    """The names and the structure of a pickle.

    Attributes
    ----------
    names : the names that the pickle imports, without duplicates, in order.
    value : the value that the pickle builds, with an `Opaque` for each result of a call.
    error : why the listing ended early; empty if the whole pickle was processed.
    """

    names: tuple[PickleName, ...]
    value: Any
    error: str


class Opaque:
    """Placeholder for the result of a call."""


class _NameLister(PickleMachine):
    """Process any pickle, and record its names instead of resolving them."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.names: dict[tuple[str, str], PickleName] = {}

    def find(self, module: str, name: str) -> Opaque:
        """Record a name."""
        is_safe = (module, name) in SAFE_NAMES
        self.names.setdefault((module, name), PickleName(module, name, is_safe))
        return Opaque()

    def call(self, function: Any, arguments: Any) -> Opaque:
        """Return a placeholder."""
        del function, arguments
        return Opaque()

    def build(self, instance: Any, state: Any) -> None:
        """Ignore the state."""

    def persistent(self, identifier: Any) -> Opaque:
        """Return a placeholder."""
        del identifier
        return Opaque()

    def other(self, name: str, argument: Any) -> None:
        """Process the remaining opcodes."""
        if name == "DUP":
            self.stack.append(self.stack[-1])
        elif name == "POP":
            self.stack.pop()
        elif name == "POP_MARK":
            self.to_mark()
        elif name in ("EMPTY_SET", "NEXT_BUFFER"):
            self.stack.append(Opaque())
        elif name == "ADDITEMS":
            self.to_mark()
        elif name == "FROZENSET":
            self.to_mark()
            self.stack.append(Opaque())
        elif name == "BYTEARRAY8":
            self.stack.append(argument)
        elif name in ("EXT1", "EXT2", "EXT4"):
            self.stack.append(self.find("copyreg", f"extension {argument}"))

    def shareable(self, value: Any) -> Any:
        """Return the value; shared references are harmless here, since the result is not walked."""
        return value

    def extend(self, target: Any, items: list[Any]) -> None:
        """Append to a list; ignore other targets."""
        if isinstance(target, list):
            target.extend(items)

    def key(self, key: Any) -> Any:
        """Return a scalar key, or a placeholder for any other key."""
        return key if isinstance(key, SCALARS) else Opaque()

    def put_items(self, target: Any, items: list[Any]) -> None:
        """Put items into a dict; ignore other targets."""
        if isinstance(target, dict):
            super().put_items(target, items)


def list_names(source: Source) -> PickleListing:
    """Return the names in the pickle `source`; nothing is imported or called."""
    lister = _NameLister(source)
    value, message = None, ""
    try:
        value = lister.read()
    except FileFormatError as error:
        message = str(error)
    return PickleListing(tuple(lister.names.values()), value, message)
