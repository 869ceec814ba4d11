"""Checkpoints as safetensors files: raw tensors, with evalkit's card in the JSON header."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError
from evalkit.models import card_text
from evalkit.models.fields import from_fields
from evalkit.models.perceptron import PerceptronPredictor, card_of
from evalkit.models.predictor import Adapter, Inspection, card_facts
from evalkit.reading.arrays import checked_shape, plain_array, size_of
from evalkit.reading.source import shown
from evalkit.reading.values import json_cost, read_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.reading.source import Source
    from evalkit.training.checkpoint import Checkpoint

FORMAT = "safetensors with evalkit's card"
_METADATA = "__metadata__"
_MAX_HEADER = 1 << 24
_PREFIX = 8
_DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
}
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}


def recognises(source: Source) -> bool:
    """Return whether a file begins with a length and the opening brace of a JSON header."""
    head = source.head(_PREFIX + 1)
    length = int.from_bytes(head[:_PREFIX], "little")
    return head[_PREFIX:] == b"{" and 1 < length <= source.size


def load(source: Source) -> PerceptronPredictor:
    """Return the model in a safetensors file written by evalkit.

    Raises
    ------
    FileFormatError
        If the file is truncated, its tensors overlap or leave gaps, or it has no card.
    """
    digest = source.sha256()
    header, tensors = _read(source)
    text = header.get(_METADATA, {}).get(card_text.KEY)
    if text is None:
        raise FileFormatError(
            f"{source.path} has no model card of evalkit, so the architecture of the network is "
            "unknown. Export the model to ONNX."
        )
    fields = card_text.from_text(text, source)
    fields["normalisation"] = {
        name: tensors.pop(f"normalisation.{name}", None) for name in ("offset", "scale")
    }
    checkpoint = from_fields({**fields, "weights": tensors, "training_state": None}, source.path)
    card = card_of(checkpoint, format=FORMAT, path=source.path, sha256=digest)
    return PerceptronPredictor(checkpoint, card)


def inspect(source: Source) -> Inspection:
    """Return the card of a checkpoint, or the tensors and the metadata of any other file."""
    header, tensors = _read(source)
    metadata = header.pop(_METADATA, {})
    if card_text.KEY in metadata:
        model = load(source)
        return Inspection(source.path, FORMAT, card_facts(model.card, model.classes))
    facts = [("sha256", source.sha256()), ("tensors", str(len(header)))]
    facts += [(shown(key), shown(value)) for key, value in list(metadata.items())[:10]]
    facts += [
        (shown(name), f"{'×'.join(map(str, array.shape))} {array.dtype}")
        for name, array in list(tensors.items())[:20]
    ]
    return Inspection(source.path, "safetensors", tuple(facts))


def write(checkpoint: Checkpoint, file: BinaryIO) -> None:
    """Write the network and the card of a checkpoint, without the training state."""
    normalisation = checkpoint.normalisation
    arrays: dict[str, NDArray[Any]] = {
        **checkpoint.weights,
        "normalisation.offset": normalisation.offset,
        "normalisation.scale": normalisation.scale,
    }
    header: dict[str, Any] = {_METADATA: {card_text.KEY: card_text.to_text(checkpoint)}}
    contents, start = [], 0
    for name in sorted(arrays, key=lambda name: (-arrays[name].itemsize, name)):
        array = np.asarray(arrays[name], arrays[name].dtype.newbyteorder("<"))
        content = array.tobytes()
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [start, start + len(content)],
        }
        contents.append(content)
        start += len(content)
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-len(text) % _PREFIX)
    file.write(len(text).to_bytes(_PREFIX, "little") + text + b"".join(contents))


def _read(source: Source) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header and the tensors, after checking that they are contiguous."""
    try:
        source.seek(0)
        length = int.from_bytes(source.read(_PREFIX), "little")
        if length > _MAX_HEADER:
            raise ValueError("the header is larger than 16 MiB")
        text = source.read(length)
        if len(text) < length:
            raise ValueError("the header is truncated")
        source.require_room(json_cost(text))
        header = read_json(text)
        content = memoryview(source.read())
        places = []
        for name, entry in header.items():
            if name != _METADATA:
                dtype, shape = np.dtype(_DTYPES[entry["dtype"]]), checked_shape(entry["shape"])
                first, last = checked_shape(entry["data_offsets"])
                if last - first != size_of(shape, dtype):
                    raise ValueError(f"the size of {name} does not match its shape")
                places.append((first, last, name, dtype, shape))
        end = 0
        tensors = {}
        for first, last, name, dtype, shape in sorted(places, key=lambda place: place[:2]):
            if first != end:
                raise ValueError(f"tensors overlap or leave a gap before {name}")
            tensors[name] = plain_array(dtype, shape, content[first:last])
            end = last
        if end != len(content):
            raise ValueError(f"the tensors have {len(content)} bytes, expected {end}")
        metadata = header.get(_METADATA, {})
        if not all(isinstance(value, str) for value in metadata.values()):
            raise ValueError("a metadata value is not a string")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FileFormatError(
            f"safetensors file {source.path} is damaged: {shown(error)}."
        ) from error
    return header, tensors


ADAPTER = Adapter(FORMAT, recognises, load, inspect)
