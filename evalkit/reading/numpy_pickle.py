"""Read untrusted pickles of NumPy arrays with replacements for NumPy's constructors.

NumPy's own constructors are not safe for untrusted input: the opcode ``BUILD`` can pass invalid
fields to ``dtype.__setstate__``, and the process crashes when the array is used. This module
replaces every name in such a pickle with a constructor that checks dtype, shape and buffer.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from evalkit.errors import FileFormatError
from evalkit.reading.arrays import PLAIN_CODES, plain_array, plain_dtype
from evalkit.reading.pickle_machine import PickleMachine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from evalkit.reading.source import Source

_BYTE_ORDERS = frozenset("<>|=")


class _Call(Enum):
    """Replacement for a NumPy name; an enum member cannot be created from file content."""

    RECONSTRUCT = auto()
    NDARRAY = auto()
    DTYPE = auto()
    ENCODE = auto()
    BYTES = auto()


NUMPY_NAMES: dict[tuple[str, str], object] = {
    ("numpy.core.multiarray", "_reconstruct"): _Call.RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _Call.RECONSTRUCT,
    ("numpy", "ndarray"): _Call.NDARRAY,
    ("numpy", "dtype"): _Call.DTYPE,
    ("_codecs", "encode"): _Call.ENCODE,
    ("__builtin__", "bytes"): _Call.BYTES,
    ("builtins", "bytes"): _Call.BYTES,
}
"""The names that a pickle of numeric NumPy arrays contains, with their replacements."""


class _DType:
    """A dtype under construction: a checked code; `set_state` sets the byte order."""

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "|"

    def set_state(self, state: Any) -> None:
        """Set the byte order; raise ValueError if any other field is set."""
        version, order, *fields = state
        if version not in (3, 4) or order not in _BYTE_ORDERS:
            raise ValueError("the state of a dtype is unknown")
        if any(value is not None for value in fields[:3]) or any(
            value not in (-1, 0) for value in fields[3:6]
        ):
            raise ValueError("a dtype has fields, a subarray or a custom item size")
        self.order = order

    def resolve(self) -> np.dtype[Any]:
        return plain_dtype(self.order + self.code)


class PickledArray:
    """An array under construction; `array` is available after `set_state`."""

    def __init__(self) -> None:
        self._array: NDArray[Any] | None = None

    @property
    def array(self) -> NDArray[Any]:
        """The array, read-only, as a view of the bytes in the pickle."""
        if self._array is None:
            raise FileFormatError("A pickled array has no values.")
        return self._array

    def set_state(self, state: Any) -> None:
        """Build the array from version, shape, dtype, column-major flag and values."""
        _, shape, dtype, is_fortran, data = state
        if not isinstance(dtype, _DType):
            raise TypeError
        values = data.encode("latin-1") if isinstance(data, str) else data
        self._array = plain_array(
            dtype.resolve(), shape, values, order="F" if is_fortran is True else "C"
        )


class NumpyPickleMachine(PickleMachine):
    """Read a pickle of plain values and NumPy arrays; arrays become `PickledArray`.

    Byte strings from Python 2, as in the CIFAR-10 files, become ``str``, decoded as Latin-1.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._encoded = 0

    def find(self, module: str, name: str) -> Any:
        """Return the replacement for a NumPy name, or raise."""
        if (module, name) in NUMPY_NAMES:
            return NUMPY_NAMES[module, name]
        return super().find(module, name)

    def call(self, function: Any, arguments: Any) -> Any:
        """Return the result of a replaced constructor."""
        if not isinstance(arguments, tuple):
            raise TypeError
        if function is _Call.RECONSTRUCT:
            return PickledArray()
        if function is _Call.DTYPE:
            return _dtype(*arguments)
        if function is _Call.ENCODE:
            return self._encode(*arguments)
        if function is _Call.BYTES and not arguments:
            return b""  # Python 3 pickles only the empty value as a call of bytes
        raise TypeError

    def build(self, instance: Any, state: Any) -> None:
        """Set the state of an array or a dtype, after checking it."""
        if not (isinstance(instance, (_DType, PickledArray)) and isinstance(state, tuple)):
            raise TypeError
        instance.set_state(state)

    def _encode(self, text: Any, encoding: Any) -> bytes:
        """Return bytes that Python 3 pickled as Latin-1 text under old protocols."""
        if not isinstance(text, str) or encoding != "latin1":
            raise TypeError
        self._encoded += len(text)
        if self._encoded > self.source.size:
            self.reject("decodes to more bytes than it contains")
        return text.encode("latin-1")


def _dtype(code: Any, *flags: Any) -> _DType:
    if code not in PLAIN_CODES or len(flags) > 2:
        raise ValueError("the dtype of an array is not numeric")
    return _DType(code)
