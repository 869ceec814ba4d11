"""Formats that cannot be loaded without running what is in them, recognised and refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.errors import UnsafeFileError
from evalkit.models.adapter import Adapter
from evalkit.models.inspection import Inspection
from evalkit.reading.source import shown
from evalkit.reading.zip_archive import is_zip, open_zip

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.models.predictor import Predictor
    from evalkit.reading.source import Source

_INSTEAD = "export the model to ONNX and pass that"


def _refusing(format: str, mark: Callable[[str], bool], reason: str) -> Adapter:  # noqa: A002  Adapter's own word
    """Return an adapter for zip archives with a marked entry, which loads none of them."""

    def recognises(source: Source) -> bool:
        if not is_zip(source):
            return False
        with open_zip(source) as archive:
            return any(map(mark, archive.namelist()))

    def load(source: Source) -> Predictor:
        raise UnsafeFileError(
            f"a model is loaded without running its code; {source.path} is {format}, {reason}: "
            f"{_INSTEAD}"
        )

    def inspect(source: Source) -> Inspection:
        with open_zip(source) as archive:
            entries = archive.infolist()
        facts = [("sha256", source.sha256()), ("is refused", f"{reason}: {_INSTEAD}")]
        facts += [(shown(entry.filename), f"{entry.file_size:,} bytes") for entry in entries[:20]]
        return Inspection(source.path, format, tuple(facts))

    return Adapter(format, recognises, load, inspect)


EXPORTED_PROGRAM = _refusing(
    "a torch.export program",
    lambda name: (
        name.endswith(("/archive_format", "/models/model.json"))
        or name in ("serialized_exported_program.json", "archive_format")
    ),
    "whose symbolic shapes PyTorch hands to an evaluator of Python expressions",
)
TORCH_SCRIPT = _refusing(
    "a TorchScript module",
    lambda name: "/code/" in name,
    "which is a program and not only weights",
)
