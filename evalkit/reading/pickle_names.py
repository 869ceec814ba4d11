"""Every name that a pickle would import, listed without resolving one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError
from evalkit.reading.numpy_pickle import NUMPY_NAMES
from evalkit.reading.pickle_machine import SCALARS, PickleMachine
from evalkit.reading.torch_names import STORAGES, TENSOR_NAMES, TORCH_NAMES

if TYPE_CHECKING:
    from evalkit.reading.source import Source

SAFE_NAMES = {
    *NUMPY_NAMES,
    *TORCH_NAMES,
    *TENSOR_NAMES,
    *(("torch", storage) for storage in STORAGES),
}


@dataclass(frozen=True)
class PickleName:
    """A name that a pickle would import.

    Attributes
    ----------
    module, name : as the file spells them.
    is_safe : whether evalkit answers it with a constructor of its own; whatever else a pickle
        imports or calls may run anything.
    """

    module: str
    name: str
    is_safe: bool


@dataclass(frozen=True)
class PickleListing:
    """What following a pickle's steps showed.

    Attributes
    ----------
    names : the names it would import, each once, in order.
    value : what it would build, with an `Opaque` wherever something would be called.
    trouble : why the listing ends early; empty where the whole pickle was followed.
    """

    names: tuple[PickleName, ...]
    value: Any
    trouble: str


class Opaque:
    """Stands for whatever a call would return."""


class _NameLister(PickleMachine):
    """Follows any pickle, and remembers its names instead of looking them up."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.names: dict[tuple[str, str], PickleName] = {}

    def find(self, module: str, name: str) -> Opaque:
        """Remember a name."""
        is_safe = (module, name) in SAFE_NAMES
        self.names.setdefault((module, name), PickleName(module, name, is_safe))
        return Opaque()

    def call(self, function: Any, arguments: Any) -> Opaque:
        """Call nothing."""
        del function, arguments
        return Opaque()

    def build(self, instance: Any, state: Any) -> None:
        """Build nothing."""

    def persistent(self, identifier: Any) -> Opaque:
        """Fetch nothing."""
        del identifier
        return Opaque()

    def other(self, name: str, argument: Any) -> None:
        """Take the steps that only other people's pickles need."""
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
        """Return the value: nothing here walks through what was built."""
        return value

    def extend(self, target: Any, items: list[Any]) -> None:
        """Append to lists, and to nothing else."""
        if isinstance(target, list):
            target.extend(items)

    def key(self, key: Any) -> Any:
        """Return a plain key, or a stand-in for one."""
        return key if isinstance(key, SCALARS) else Opaque()

    def put_items(self, target: Any, items: list[Any]) -> None:
        """Fill dicts, and nothing else."""
        if isinstance(target, dict):
            super().put_items(target, items)


def list_names(source: Source) -> PickleListing:
    """Return the names in the pickle at the file's position; nothing is imported or called."""
    lister = _NameLister(source)
    value, trouble = None, ""
    try:
        value = lister.read()
    except FileFormatError as error:
        trouble = str(error)
    return PickleListing(tuple(lister.names.values()), value, trouble)
