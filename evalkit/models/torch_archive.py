"""``torch.pt``: a checkpoint written with ``torch.save``, read with or without PyTorch.

The file is a zip archive of raw tensors and a small pickle. evalkit reads it with its own
constructors, without importing PyTorch. Tensor types that these do not support are read with
``torch.load(weights_only=True)``.
"""

from __future__ import annotations

import io
import pickle
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError, MissingExtraError, UnsafeFileError
from evalkit.models.fields import from_fields, is_checkpoint, map_leaves, plain_leaf, to_fields
from evalkit.models.perceptron import PerceptronPredictor, card_of
from evalkit.models.predictor import Adapter, Inspection, card_facts
from evalkit.reading.source import shown
from evalkit.reading.torch_archive import (
    PICKLE,
    UnknownConstructError,
    list_archive,
    read_torch_archive,
)
from evalkit.reading.zip_archive import is_zip, open_zip

if TYPE_CHECKING:
    from evalkit.reading.source import Source
    from evalkit.training.checkpoint import Checkpoint

FORMAT = "evalkit PyTorch checkpoint"
_LEGACY_MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
"""First bytes of files of PyTorch before 1.6, which only PyTorch can read."""


def recognises(source: Source) -> bool:
    """Return whether a file is an archive of ``torch.save`` or a file of PyTorch before 1.6."""
    if not is_zip(source):
        return _is_legacy(source)
    with open_zip(source) as archive:
        names = archive.namelist()
    source.seek(0)
    return any(name.endswith(PICKLE) for name in names)


def load(source: Source) -> PerceptronPredictor:
    """Return the model in a ``torch.pt`` file written by evalkit.

    Raises
    ------
    UnsafeFileError
        If the pickle imports anything but tensors; nothing in the file was run.
    FileFormatError
        If the file is truncated, or is not an evalkit checkpoint.
    MissingExtraError
        If the file requires PyTorch and PyTorch is not installed.
    """
    digest = source.sha256()
    try:
        fields = _read_with_torch(source) if _is_legacy(source) else read_torch_archive(source)
    except UnknownConstructError:
        fields = _read_with_torch(source)
    if not is_checkpoint(fields):
        raise FileFormatError(
            f"{source.path} contains {_summary(fields)} but no architecture. Export the model to "
            "ONNX, or pass your own loader as python:package.module:factory."
        )
    checkpoint = from_fields(fields, source.path)
    card = card_of(checkpoint, format=FORMAT, path=source.path, sha256=digest)
    return PerceptronPredictor(checkpoint, card)


def inspect(source: Source) -> Inspection:
    """Return the card of a checkpoint, or the tensors and imports of any other ``.pt`` file."""
    if _is_legacy(source):
        facts: tuple[tuple[str, str], ...] = (("sha256", source.sha256()),)
        return Inspection(source.path, "PyTorch file (before 1.6)", facts)
    listing = list_archive(source)
    fields: Any = None
    with suppress(FileFormatError):
        fields = read_torch_archive(source)
    if is_checkpoint(fields):
        model = load(source)
        facts = card_facts(model.card, model.classes)
        return Inspection(source.path, FORMAT, facts, listing.names)
    facts = (("sha256", source.sha256()), *_tensors(fields))
    if listing.error:
        facts = (*facts, ("incomplete", listing.error))
    return Inspection(source.path, "PyTorch archive", facts, listing.names)


def write(checkpoint: Checkpoint, file: BinaryIO) -> None:
    """Write a checkpoint with ``torch.save``; equal checkpoints give equal bytes."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError.for_extra("torch", "writing torch.pt") from None

    def leaf(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return plain_leaf(value)
        return torch.from_numpy(np.array(value, value.dtype.newbyteorder("=")))

    # Written to memory first, since torch.save stores the name of a target file in the archive.
    buffer = io.BytesIO()
    torch.save(map_leaves(to_fields(checkpoint), leaf), buffer)
    file.write(buffer.getbuffer())


def _read_with_torch(source: Source) -> Any:
    """Return the result of ``torch.load(weights_only=True)``, with tensors as arrays."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError.for_extra("torch", f"reading {source.path}") from None
    source.seek(0)
    try:
        loaded = torch.load(source, map_location="cpu", weights_only=True)  # type: ignore[arg-type]  # Source has the methods of a file
    except pickle.UnpicklingError as error:
        raise UnsafeFileError(
            f"PyTorch cannot load {source.path} with weights_only=True: {shown(error)}."
        ) from error
    except (RuntimeError, ValueError, EOFError, KeyError, AttributeError) as error:
        raise FileFormatError(f"PyTorch file {source.path} is damaged: {shown(error)}.") from error

    def leaf(value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        plain = value.detach().cpu()
        return (plain.float() if plain.dtype == torch.bfloat16 else plain).numpy()

    return map_leaves(loaded, leaf)


def _is_legacy(source: Source) -> bool:
    return source.head(len(_LEGACY_MAGIC)) == _LEGACY_MAGIC


def _summary(fields: Any) -> str:
    if isinstance(fields, dict):
        names = ", ".join(shown(name) for name in list(fields)[:3])
        return f"a dict of {len(fields)} entries ({names})"
    return f"a {type(fields).__name__}"


def _tensors(fields: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(fields, dict):
        return ()
    arrays = [(shown(k), v) for k, v in fields.items() if isinstance(v, np.ndarray)]
    return (
        ("content", _summary(fields)),
        *((name, f"{'×'.join(map(str, v.shape))} {v.dtype}") for name, v in arrays[:20]),
    )


ADAPTER = Adapter(FORMAT, recognises, load, inspect)
