"""Other people's pickles of NumPy arrays, read with constructors of evalkit's own.

No name of NumPy's is safe to hand out: ``BUILD`` gives forged fields to ``dtype.__setstate__``
and the process crashes when the array is used. So every name that such a pickle holds is
answered with a function of this module, which makes a plain array from a checked dtype, shape
and buffer, or refuses.
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
    """What stands for a name of NumPy's, so that nothing in a file can be mistaken for one."""

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
"""The names that a pickle of plain NumPy arrays holds; each is answered here."""


class _DType:
    """A dtype by its checked code; its byte order arrives by `set_state`."""

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "|"

    def set_state(self, state: Any) -> None:
        """Take the byte order, and refuse every other field that makes a dtype special."""
        version, order, *fields = state
        if version not in (3, 4) or order not in _BYTE_ORDERS:
            raise ValueError("a dtype with an unknown state")
        if any(value is not None for value in fields[:3]) or any(
            value not in (-1, 0) for value in fields[3:6]
        ):
            raise ValueError("a dtype with fields or a size of its own")
        self.order = order

    def resolve(self) -> np.dtype[Any]:
        return plain_dtype(self.order + self.code)


class ForeignArray:
    """An array that a pickle describes; `array` is there once its state has come."""

    def __init__(self) -> None:
        self._array: NDArray[Any] | None = None

    @property
    def array(self) -> NDArray[Any]:
        """The array, over the pickle's own bytes, read-only."""
        if self._array is None:
            raise FileFormatError("an array must have its values; a pickled one has none")
        return self._array

    def set_state(self, state: Any) -> None:
        """Take version, shape, dtype, whether column-major, and the values."""
        _, shape, dtype, is_fortran, data = state
        if not isinstance(dtype, _DType):
            raise TypeError
        values = data.encode("latin-1") if isinstance(data, str) else data
        self._array = plain_array(
            dtype.resolve(), shape, values, order="F" if is_fortran is True else "C"
        )


class NumpyPickleMachine(PickleMachine):
    """Reads a pickle of plain values and NumPy arrays; arrays arrive as `ForeignArray`.

    Python 2's byte strings, which CIFAR-10 was published with, arrive as ``str``, in Latin-1.
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._encoded = 0

    def find(self, module: str, name: str) -> Any:
        """Return what stands for one of NumPy's names, or refuse."""
        if (module, name) in NUMPY_NAMES:
            return NUMPY_NAMES[module, name]
        return super().find(module, name)

    def call(self, function: Any, arguments: Any) -> Any:
        """Return what a function of this module makes of the arguments."""
        if not isinstance(arguments, tuple):
            raise TypeError
        if function is _Call.RECONSTRUCT:
            return ForeignArray()
        if function is _Call.DTYPE:
            return _dtype(*arguments)
        if function is _Call.ENCODE:
            return self._encode(*arguments)
        if function is _Call.BYTES and not arguments:
            return b""  # the one value that Python 3 writes as a call of bytes
        raise TypeError

    def build(self, instance: Any, state: Any) -> None:
        """Give an array or a dtype its checked state."""
        if not (isinstance(instance, (_DType, ForeignArray)) and isinstance(state, tuple)):
            raise TypeError
        instance.set_state(state)

    def _encode(self, text: Any, encoding: Any) -> bytes:
        """Return the bytes that Python 3 writes as Latin-1 text under old protocols."""
        if not isinstance(text, str) or encoding != "latin1":
            raise TypeError
        self._encoded += len(text)
        if self._encoded > self.source.size:
            self.refuse("it would make more bytes than it has")
        return text.encode("latin-1")


def _dtype(code: Any, *flags: Any) -> _DType:
    if code not in PLAIN_CODES or len(flags) > 2:
        raise ValueError("a dtype that is not a plain number")
    return _DType(code)
