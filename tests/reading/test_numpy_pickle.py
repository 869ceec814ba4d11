"""Test that pickled arrays are read without NumPy's constructors, and forged ones raise."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import FileFormatError
from evalkit.reading.numpy_pickle import NumpyPickleMachine, PickledArray
from evalkit.reading.source import Source


def read(content: bytes) -> object:
    return NumpyPickleMachine(Source(io.BytesIO(content), Path("batch"), len(content))).read()


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["u1", "<i8", ">i4", "f4", ">f8", "?", "f2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_round_trip(protocol: int, dtype: str, order: str) -> None:
    """Arrays of every numeric dtype, byte order and memory order are read back unchanged."""
    array = np.asarray(np.arange(12).reshape(3, 4) % 2, dtype, order=order)  # type: ignore[call-overload]
    found = read(pickle.dumps({"data": array, "none": np.zeros((0, 3))}, protocol))
    assert isinstance(found, dict)
    for name, expected in (("data", array), ("none", np.zeros((0, 3)))):
        assert isinstance(found[name], PickledArray)
        np.testing.assert_array_equal(found[name].array, expected)


def test_python_2_batch() -> None:
    """A Python 2 pickle with byte strings is read as by pickle with Latin-1 encoding."""
    content = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\n"
        b"q\x04K\x00\x85U\x01b\x87Rq\x05(K\x01K\x02K\x03\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01"
        b"\x87Rq\x07(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x06\x00\x01\x7f"
        b"\x80\xfe\xfftbU\x06labelsq\x08]q\x09(K\x03K\x05eu."
    )
    expected = pickle.loads(content, encoding="latin1")
    found = read(content)
    assert isinstance(found, dict)
    assert found["labels"] == expected["labels"] == [3, 5]
    np.testing.assert_array_equal(found["data"].array, expected["data"])


def forged(state: bytes, *, code: bytes = b"u1", data: bytes = b"C\x02ab") -> bytes:
    """Return a pickled array of two bytes with the given dtype state."""
    return (
        b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nX"
        + len(code).to_bytes(4, "little")
        + code
        + b"K\x00K\x01\x87R"
        + state
        + b"b\x89"
        + data
        + b"tb."
    )


PLAIN_STATE = b"(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"


def test_the_forgery_template_is_sound() -> None:
    """Without a forged part, the template is read as by NumPy."""
    found = read(forged(PLAIN_STATE))
    assert isinstance(found, PickledArray)
    np.testing.assert_array_equal(found.array, pickle.loads(forged(PLAIN_STATE)))


@pytest.mark.parametrize(
    "content",
    [
        forged(PLAIN_STATE, code=b"O8"),
        forged(PLAIN_STATE, code=b"V9"),
        forged(PLAIN_STATE, code=b"f8"),
        forged(PLAIN_STATE.replace(b"NNN", b"NX\x01\x00\x00\x00aN")),
        forged(PLAIN_STATE.replace(b"NNNJ\xff\xff\xff\xff", b"NNNJ\xff\xff\xff\x7f")),
        forged(PLAIN_STATE.replace(b"|", b"!")),
        forged(PLAIN_STATE.replace(b"K\x03X", b"K\x63X")),
        forged(PLAIN_STATE, data=b"C\x01a"),
        forged(PLAIN_STATE, data=b"K\x05"),
        forged(b"K\x05"),
    ],
    ids=[
        "object",
        "void",
        "size",
        "field",
        "itemsize",
        "order",
        "version",
        "short",
        "int",
        "state",
    ],
)
def test_forged_arrays_raise(content: bytes) -> None:
    """An invalid dtype or buffer raises, even where NumPy would accept it."""
    with pytest.raises(FileFormatError):
        read(content)
