"""Adapters for formats that contain code: recognised for a clear error, but never loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.errors import UnsafeFileError
from evalkit.models.predictor import Adapter, Inspection
from evalkit.reading.source import shown
from evalkit.reading.zip_archive import is_zip, open_zip

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.models.predictor import Predictor
    from evalkit.reading.source import Source

_REMEDY = "Export the model to ONNX."


def _rejecting_adapter(format: str, mark: Callable[[str], bool], reason: str) -> Adapter:  # noqa: A002  name of the field of Adapter
    """Return an adapter for zip archives with an entry for which `mark` is true; it only raises."""

    def recognises(source: Source) -> bool:
        if not is_zip(source):
            return False
        with open_zip(source) as archive:
            return any(map(mark, archive.namelist()))

    def load(source: Source) -> Predictor:
        raise UnsafeFileError(f"{source.path} is {format}, {reason}. {_REMEDY}")

    def inspect(source: Source) -> Inspection:
        with open_zip(source) as archive:
            entries = archive.infolist()
        facts = [("sha256", source.sha256()), ("not loaded", f"{format}, {reason}. {_REMEDY}")]
        facts += [(shown(entry.filename), f"{entry.file_size:,} bytes") for entry in entries[:20]]
        return Inspection(source.path, format, tuple(facts))

    return Adapter(format, recognises, load, inspect)


EXPORTED_PROGRAM = _rejecting_adapter(
    "a torch.export program",
    lambda name: (
        name.endswith(("/archive_format", "/models/model.json"))
        or name in ("serialized_exported_program.json", "archive_format")
    ),
    "and loading it would evaluate Python expressions from the file",
)
TORCH_SCRIPT = _rejecting_adapter(
    "a TorchScript module",
    lambda name: "/code/" in name,
    "which contains code in addition to weights",
)
