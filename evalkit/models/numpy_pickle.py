"""``numpy.pkl``: a checkpoint as a pickle of plain values.

The file contains only dict, list, str, int, float, bool, None and bytes; an array is
``{"dtype": "<f4", "shape": [o, i], "data": b"…"}``. Python's ``pickle.load`` reads it without
evalkit; evalkit reads it with `PickleMachine`, which imports nothing.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.models.fields import (
    MAX_DEPTH,
    from_fields,
    is_checkpoint,
    map_leaves,
    plain_leaf,
    to_fields,
)
from evalkit.models.perceptron import PerceptronPredictor, card_of
from evalkit.models.predictor import Adapter, Inspection, card_facts
from evalkit.reading.arrays import plain_array, plain_dtype
from evalkit.reading.pickle_machine import PickleMachine
from evalkit.reading.pickle_names import Opaque, list_names
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from evalkit.reading.source import Source
    from evalkit.training.checkpoint import Checkpoint

FORMAT = "evalkit NumPy checkpoint"
_PROTOCOL = 4
_ARRAY = {"dtype", "shape", "data"}


def recognises(source: Source) -> bool:
    """Return whether a file looks like a pickle.

    A pickle of protocol 2 or later begins with a protocol opcode. An older pickle of a container
    begins with the opcode of the container, as JSON or CSV text may do, so the last byte is
    checked too.
    """
    head = source.head(2)
    if head[:1] == b"\x80":
        return head[1:] in (b"\x02", b"\x03", b"\x04", b"\x05")
    source.seek(max(0, source.size - 1))
    last = source.read(1)
    source.seek(0)
    return head[:1] in (b"(", b"}", b"]", b"c") and last == b"."


def load(source: Source) -> PerceptronPredictor:
    """Return the model in a ``numpy.pkl`` file.

    Raises
    ------
    UnsafeFileError
        If the pickle imports anything; the message gives the name.
    FileFormatError
        If the file is truncated or is not an evalkit checkpoint.
    """
    digest = source.sha256()
    plain = PickleMachine(source).read()
    try:
        fields = _with_arrays(plain)
    except ValueError as error:
        raise FileFormatError(f"Invalid checkpoint {source.path}: {error}.") from error
    checkpoint = from_fields(fields, source.path)
    card = card_of(checkpoint, format=FORMAT, path=source.path, sha256=digest)
    return PerceptronPredictor(checkpoint, card)


def inspect(source: Source) -> Inspection:
    """Return the card of a checkpoint, or the content and the imports of any other pickle."""
    listing = list_names(source)
    source.seek(0)
    if not listing.names and not listing.error and is_checkpoint(listing.value):
        model = load(source)
        return Inspection(source.path, FORMAT, card_facts(model.card, model.classes))
    facts = [("sha256", source.sha256())]
    if isinstance(listing.value, dict):
        keys = ", ".join(shown(key) for key in list(listing.value)[:10])
        facts.append(("content", f"dict of {len(listing.value)} entries: {keys}"))
    elif isinstance(listing.value, Opaque):
        facts.append(("content", "result of a function call"))
    elif not listing.error:
        facts.append(("content", type(listing.value).__name__))
    if listing.error:
        facts.append(("incomplete", listing.error))
    return Inspection(source.path, "Python pickle", tuple(facts), listing.names)


def write(checkpoint: Checkpoint, file: BinaryIO) -> None:
    """Write a checkpoint; the same checkpoint gives the same bytes."""
    pickle.dump(map_leaves(to_fields(checkpoint), _plain), file, protocol=_PROTOCOL)


def _plain(leaf: Any) -> Any:
    if not isinstance(leaf, np.ndarray):
        return plain_leaf(leaf)
    array = np.ascontiguousarray(leaf, leaf.dtype.newbyteorder("<"))
    return {
        plain_leaf("dtype"): plain_leaf(array.dtype.str),
        plain_leaf("shape"): list(leaf.shape),
        plain_leaf("data"): array.tobytes(),
    }


def _with_arrays(value: Any, depth: int = 0) -> Any:
    """Return plain data with every array description replaced by the array."""
    if depth > MAX_DEPTH:
        raise ValueError(f"a value is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        if value.keys() == _ARRAY:
            return plain_array(plain_dtype(value["dtype"]), value["shape"], value["data"])
        return {key: _with_arrays(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_arrays(item, depth + 1) for item in value]
    return value


ADAPTER = Adapter(FORMAT, recognises, load, inspect)
