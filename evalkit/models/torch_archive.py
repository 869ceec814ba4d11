"""``torch.pt``: a checkpoint as ``torch.save`` writes it, read with or without PyTorch.

The file is a zip archive of raw tensors and a small pickle. It is read through constructors of
evalkit's own, so that neither PyTorch nor its second of import is needed. What these do not cover
is handed to ``torch.load`` with ``weights_only=True``, and to nothing laxer.
"""

from __future__ import annotations

import io
import pickle
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from evalkit.errors import FileFormatError, MissingExtraError, UnsafeFileError
from evalkit.models.adapter import Adapter
from evalkit.models.fields import from_fields, is_checkpoint, map_leaves, plain_leaf, to_fields
from evalkit.models.inspection import Inspection, facts_of_card
from evalkit.models.perceptron import PerceptronPredictor, card_of
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
_BEFORE_ARCHIVES = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
"""How files of PyTorch before 1.6 begin: pickles in a row, which only PyTorch reads."""


def recognises(source: Source) -> bool:
    """Return whether a file is a zip archive with a pickle where ``torch.save`` puts it."""
    if not is_zip(source):
        return _is_old(source)
    with open_zip(source) as archive:
        names = archive.namelist()
    source.seek(0)
    return any(name.endswith(PICKLE) for name in names)


def load(source: Source) -> PerceptronPredictor:
    """Return the model that a ``torch.pt`` of evalkit's holds.

    Raises
    ------
    UnsafeFileError
        If its pickle names anything but tensors; nothing of it was run.
    FileFormatError
        If it is cut short, or not a checkpoint of evalkit's.
    MissingExtraError
        If it takes PyTorch to read and PyTorch is not installed.
    """
    digest = source.sha256()
    try:
        fields = _read_with_torch(source) if _is_old(source) else read_torch_archive(source)
    except UnknownConstructError:
        fields = _read_with_torch(source)
    if not is_checkpoint(fields):
        raise FileFormatError(
            f"a .pt file must say which network its tensors belong to; {source.path} holds "
            f"{_brief(fields)} and no architecture: export the model to ONNX and pass that, or "
            "name your own loader, python:package.module:factory"
        )
    checkpoint = from_fields(fields, source.path)
    card = card_of(checkpoint, format=FORMAT, path=source.path, sha256=digest)
    return PerceptronPredictor(checkpoint, card)


def inspect(source: Source) -> Inspection:
    """Return what a ``.pt`` archive holds: a checkpoint's card, or its tensors and names."""
    if _is_old(source):
        facts: tuple[tuple[str, str], ...] = (("sha256", source.sha256()),)
        return Inspection(source.path, "PyTorch file from before 1.6", facts)
    listing = list_archive(source)
    fields: Any = None
    with suppress(FileFormatError):
        fields = read_torch_archive(source)
    if is_checkpoint(fields):
        model = load(source)
        facts = facts_of_card(model.card, model.classes)
        return Inspection(source.path, FORMAT, facts, listing.names)
    facts = (("sha256", source.sha256()), *_tensors(fields))
    if listing.error:
        facts = (*facts, ("listing ends", listing.error))
    return Inspection(source.path, "PyTorch archive", facts, listing.names)


def write(checkpoint: Checkpoint, file: BinaryIO) -> None:
    """Write a checkpoint with ``torch.save``; the same checkpoint gives the same bytes."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError.for_extra("torch", "writing torch.pt") from None

    def leaf(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return plain_leaf(value)
        return torch.from_numpy(np.array(value, value.dtype.newbyteorder("=")))

    # Into memory first: torch.save puts the name of a file that it is given into the archive.
    buffer = io.BytesIO()
    torch.save(map_leaves(to_fields(checkpoint), leaf), buffer)
    file.write(buffer.getbuffer())


def _read_with_torch(source: Source) -> Any:
    """Return what PyTorch reads as weights alone, tensors as arrays."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError.for_extra("torch", f"reading {source.path}") from None
    source.seek(0)
    try:
        loaded = torch.load(source, map_location="cpu", weights_only=True)  # type: ignore[arg-type]  # reads like a file
    except pickle.UnpicklingError as error:
        raise UnsafeFileError(
            f"a .pt file is read as weights alone; PyTorch refused {source.path}: {shown(error)}"
        ) from error
    except (RuntimeError, ValueError, EOFError, KeyError, AttributeError) as error:
        raise FileFormatError(
            f"a .pt file must be whole; {source.path} is not: {shown(error)}"
        ) from error

    def leaf(value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        plain = value.detach().cpu()
        return (plain.float() if plain.dtype == torch.bfloat16 else plain).numpy()

    return map_leaves(loaded, leaf)


def _is_old(source: Source) -> bool:
    return source.head(len(_BEFORE_ARCHIVES)) == _BEFORE_ARCHIVES


def _brief(fields: Any) -> str:
    if isinstance(fields, dict):
        names = ", ".join(shown(name) for name in list(fields)[:3])
        return f"a dict of {len(fields)} entries ({names})"
    return f"a {type(fields).__name__}"


def _tensors(fields: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(fields, dict):
        return ()
    arrays = [(shown(k), v) for k, v in fields.items() if isinstance(v, np.ndarray)]
    return (
        ("holds", _brief(fields)),
        *((name, f"{'×'.join(map(str, v.shape))} {v.dtype}") for name, v in arrays[:20]),
    )


ADAPTER = Adapter(FORMAT, recognises, load, inspect)
