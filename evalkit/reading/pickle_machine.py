"""Interpret pickle opcodes for plain values only, without importing or calling anything.

Python's own unpickler imports the names in a file, lets ``BUILD`` set any attribute of an object,
and allocates as much memory as the file declares. This interpreter supports only the opcodes that
plain data needs. Imports and calls are passed to `find`, `call`, `build` and `persistent`, which
raise by default; subclasses override them with safe constructors.
"""

from __future__ import annotations

import io
import pickletools
import warnings
from typing import IO, TYPE_CHECKING, Any, NoReturn, cast

from evalkit.errors import FileFormatError, UnsafeFileError
from evalkit.reading.source import shown
from evalkit.reading.values import MAX_INTEGER_BITS

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
    """Read a pickle of dict, list, tuple, str, bytes, int, float, bool and None.

    A list or dict may occur only once, so the result is a tree no larger than the file.

    Attributes
    ----------
    source : the file.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self) -> Any:
        """Return the value in the pickle.

        Raises
        ------
        FileFormatError
            If the file is not a pickle, or is truncated or malformed.
        UnsafeFileError
            If it imports or calls anything, or refers to itself.
        """
        self.source.seek(0)
        # Many small reads are much faster from memory; a large file consists mostly of arrays.
        is_small = self.source.size <= _READ_AT_ONCE
        file = io.BytesIO(self.source.read()) if is_small else cast("IO[bytes]", self.source)
        end = 0
        try:
            with warnings.catch_warnings():
                # Strings of the oldest protocols may contain escapes that Python has deprecated.
                warnings.simplefilter("ignore", DeprecationWarning)
                for step, (opcode, argument, at) in enumerate(pickletools.genops(file)):
                    if step == MAX_OPCODES:
                        self.reject(f"has more than {MAX_OPCODES:,} opcodes")
                    self._step(opcode.name, argument)
                    end = (at or 0) + 1
        except (IndexError, KeyError, TypeError, AttributeError) as error:
            raise self._malformed(f"invalid opcode sequence ({type(error).__name__})") from error
        except (ValueError, EOFError, OverflowError, MemoryError) as error:
            raise self._malformed(shown(error)) from error
        if len(self.stack) != 1 or self.stack[0] is _MARK:
            raise self._malformed(f"{len(self.stack)} values on the stack at its end, expected 1")
        if after := self.source.size - end:
            self.reject(f"has {after:,} bytes after its end")
        return self.stack.pop()

    def find(self, module: str, name: str) -> Any:
        """Return the replacement for the global `module`.`name`; raises unless overridden."""
        self.reject(f"imports {shown(f'{module}.{name}')}")

    def call(self, function: Any, arguments: Any) -> Any:
        """Return the replacement for ``function(*arguments)``; raises unless overridden."""
        del function, arguments
        self.reject("calls a function")

    def build(self, instance: Any, state: Any) -> None:
        """Set the state of an instance that `call` returned; raises unless overridden."""
        del instance, state
        self.reject("sets the state of an object")

    def persistent(self, identifier: Any) -> Any:
        """Return the object of a persistent identifier; raises unless overridden."""
        del identifier
        self.reject("refers to objects outside the file")

    def reject(self, fact: str) -> NoReturn:
        """Raise UnsafeFileError; `fact` is a verb phrase about the pickle."""
        raise UnsafeFileError(
            f"Unsafe pickle: {self.source.path} {fact}. "
            "Only pickles of plain values are read; nothing in the file was run."
        )

    def _malformed(self, fact: str) -> FileFormatError:
        return FileFormatError(f"{self.source.path} is not a pickle or is damaged: {fact}.")

    def _step(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in _PUSH_ARGUMENT:
            # Every use of a huge integer as a key would hash all its digits.
            if type(argument) is int and argument.bit_length() > MAX_INTEGER_BITS:
                self.reject(f"contains an integer of more than {MAX_INTEGER_BITS} bits")
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
            self._step_object(name, argument)

    def _step_object(self, name: str, argument: Any) -> None:
        """Process an opcode that imports, calls, builds or refers to an object."""
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
        """Process an opcode that plain values do not need; raises unless overridden."""
        del argument
        self.reject(f"uses the opcode {name}")

    def shareable(self, value: Any) -> Any:
        """Return a memoised value if it may occur more than once, else raise."""
        if isinstance(value, (list, dict)):
            self.reject("contains a list or dict twice by reference")
        if isinstance(value, tuple) and not (
            len(value) <= MAX_SHARED_TUPLE and all(isinstance(item, SCALARS) for item in value)
        ):
            self.reject("contains a nested tuple twice by reference")
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
        """Return a dict key if it is a scalar: hashing a deep tuple could overflow the C stack."""
        if not isinstance(key, SCALARS):
            self.reject("contains a dict key that is not a scalar")
        return key

    def to_mark(self) -> list[Any]:
        """Pop and return the items above the last mark; the mark is removed too."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise IndexError
        items = self.stack[at + 1 :]
        del self.stack[at:]
        return items
