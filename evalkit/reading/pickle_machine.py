"""A pickle's opcodes, interpreted here: plain values are built, and nothing is ever imported.

Python's own unpickler imports what a file names before it can be asked about anything else, lets
``BUILD`` forge the insides of an object, and takes as much memory as a file says. This machine
knows the few opcodes that plain data needs. What a file would import or call reaches `find`,
`call`, `build` and `persistent`, which refuse, and which a subclass overrides with constructors
of its own.
"""

from __future__ import annotations

import io
import pickletools
import warnings
from typing import IO, TYPE_CHECKING, Any, NoReturn, cast

from evalkit.errors import FileFormatError, UnsafeFileError
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from evalkit.reading.source import Source

MAX_OPCODES = 200_000
MAX_SHARED_TUPLE = 16
_READ_AT_ONCE = 1 << 23
SCALARS = (str, bytes, int, float, bool, type(None))

_PUSH_ARGUMENT = {
    "INT",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG",
    "LONG1",
    "LONG4",
    "FLOAT",
    "BINFLOAT",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
    "UNICODE",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
}
_PUSH_CONSTANT = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_MARK = object()


class PickleMachine:
    """Reads one pickle that may hold dict, list, tuple, str, bytes, int, float, bool and None.

    No list or dict may stand in two places, so what is read is a tree no larger than the file.

    Attributes
    ----------
    source : the file that is read, for its name and its size.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self) -> Any:
        """Return the value that the pickle in the file holds.

        Raises
        ------
        FileFormatError
            If it is no pickle, is cut short or malformed.
        UnsafeFileError
            If it names anything to import or to call, or refers to itself.
        """
        self.source.seek(0)
        # Many small reads are much faster from memory; a large file is mostly its arrays.
        is_small = self.source.size <= _READ_AT_ONCE
        file = io.BytesIO(self.source.read()) if is_small else cast("IO[bytes]", self.source)
        end = 0
        try:
            with warnings.catch_warnings():
                # Text of the oldest protocols may hold escapes that Python means to refuse one day.
                warnings.simplefilter("ignore", DeprecationWarning)
                for step, (opcode, argument, at) in enumerate(pickletools.genops(file)):
                    if step == MAX_OPCODES:
                        self.refuse(f"it has more than {MAX_OPCODES:,} steps")
                    self._step(opcode.name, argument)
                    end = (at or 0) + 1
        except (IndexError, KeyError, TypeError, AttributeError) as error:
            raise self._malformed(
                f"its steps do not fit together ({type(error).__name__})"
            ) from error
        except (ValueError, EOFError, OverflowError, MemoryError) as error:
            raise self._malformed(shown(error)) from error
        if len(self.stack) != 1 or self.stack[0] is _MARK:
            raise self._malformed(f"it ends with {len(self.stack)} values where one is due")
        if after := self.source.size - end:
            self.refuse(f"{after:,} bytes follow its end")
        return self.stack.pop()

    def find(self, module: str, name: str) -> Any:
        """Return what stands for the global `module`.`name`; here always a refusal."""
        self.refuse(f"it names {shown(f'{module}.{name}')}")

    def call(self, function: Any, arguments: Any) -> Any:
        """Return what stands for ``function(*arguments)``; here always a refusal."""
        del function, arguments
        self.refuse("it would call something")

    def build(self, instance: Any, state: Any) -> None:
        """Set the state of an instance that `call` returned; here always a refusal."""
        del instance, state
        self.refuse("it would set the inside of an object")

    def persistent(self, identifier: Any) -> Any:
        """Return what an identifier outside the pickle stands for; here always a refusal."""
        del identifier
        self.refuse("it refers to objects outside of itself")

    def refuse(self, fact: str) -> NoReturn:
        """Raise the error of a pickle that asks for more than plain values."""
        raise UnsafeFileError(
            f"a pickle is read only where it holds plain values and runs nothing; in "
            f"{self.source.path} {fact}: nothing of it was run"
        )

    def _malformed(self, fact: str) -> FileFormatError:
        return FileFormatError(
            f"a pickle must be whole; {self.source.path} is damaged or none: {fact}"
        )

    def _step(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in _PUSH_ARGUMENT:
            stack.append(argument)
        elif name in _TUPLES:
            taken = _TUPLES[name]
            if len(stack) < taken:
                raise IndexError
            first = len(stack) - taken
            stack[first:] = [tuple(stack[first:])]
        elif name in _PUTS:
            self._memo[argument] = stack[-1]
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = stack[-1]
        elif name in _GETS:
            stack.append(self.shareable(self._memo[argument]))
        elif name in _PUSH_CONSTANT:
            stack.append(_PUSH_CONSTANT[name])
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "TUPLE":
            stack.append(tuple(self.to_mark()))
        elif name in ("EMPTY_LIST", "LIST"):
            stack.append([] if name == "EMPTY_LIST" else self.to_mark())
        elif name in ("EMPTY_DICT", "DICT"):
            items = [] if name == "EMPTY_DICT" else self.to_mark()
            stack.append({})
            self.put_items(stack[-1], items)
        elif name in ("APPEND", "APPENDS"):
            items = [stack.pop()] if name == "APPEND" else self.to_mark()
            self.extend(stack[-1], items)
        elif name in ("SETITEM", "SETITEMS"):
            items = [stack.pop(-2), stack.pop()] if name == "SETITEM" else self.to_mark()
            self.put_items(stack[-1], items)
        else:
            self._reach_out(name, argument)

    def _reach_out(self, name: str, argument: Any) -> None:
        """Take a step that leaves plain values."""
        stack = self.stack
        if name == "GLOBAL":
            stack.append(self.find(*argument.split(" ", 1)))
        elif name == "STACK_GLOBAL":
            attribute, module = stack.pop(), stack.pop()
            if not (isinstance(module, str) and isinstance(attribute, str)):
                raise TypeError
            stack.append(self.find(module, attribute))
        elif name == "INST":
            items = self.to_mark()
            stack.append(self.call(self.find(*argument.split(" ", 1)), tuple(items)))
        elif name == "OBJ":
            first, *items = self.to_mark()
            stack.append(self.call(first, tuple(items)))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments, function = stack.pop(), stack.pop()
            stack.append(self.call(function, arguments))
        elif name == "NEWOBJ_EX":
            options, arguments, function = stack.pop(), stack.pop(), stack.pop()
            stack.append(self.call(function, (arguments, options)))
        elif name == "BUILD":
            state = stack.pop()
            self.build(stack[-1], state)
        elif name == "BINPERSID":
            stack.append(self.persistent(stack.pop()))
        elif name == "PERSID":
            stack.append(self.persistent(argument))
        elif name not in ("PROTO", "FRAME", "STOP"):
            self.other(name, argument)

    def other(self, name: str, argument: Any) -> None:
        """Take a step that plain values never need; here always a refusal."""
        del argument
        self.refuse(f"it uses the opcode {name}")

    def shareable(self, value: Any) -> Any:
        """Return a memoised value that may stand in another place too, or refuse."""
        if isinstance(value, (list, dict)):
            self.refuse("a list or dict stands in two places")
        if isinstance(value, tuple) and not (
            len(value) <= MAX_SHARED_TUPLE and all(isinstance(item, SCALARS) for item in value)
        ):
            self.refuse("a nested tuple stands in two places")
        return value

    def extend(self, target: Any, items: list[Any]) -> None:
        """Append `items` to a list on the stack."""
        if not isinstance(target, list):
            raise TypeError
        target.extend(items)

    def put_items(self, target: Any, items: list[Any]) -> None:
        """Put alternating keys and values into a dict on the stack."""
        if not isinstance(target, dict) or len(items) % 2:
            raise TypeError
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[self.key(key)] = value

    def key(self, key: Any) -> Any:
        """Return a dict's key, or refuse: hashing a deep tuple would overflow the C stack."""
        if not isinstance(key, SCALARS):
            self.refuse("a dict has a key that is not a plain scalar")
        return key

    def to_mark(self) -> list[Any]:
        """Take everything above the last mark, and the mark, off the stack."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise IndexError
        items = self.stack[at + 1 :]
        del self.stack[at:]
        return items
