"""A trained network in the formats of other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from evalkit.errors import InputError
from evalkit.models import onnx_export, safetensors_file
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os

    from evalkit.training.checkpoint import Checkpoint

ExportFormat = Literal["onnx", "safetensors"]


def export_checkpoint(
    checkpoint: Checkpoint, path: str | os.PathLike[str], *, to: ExportFormat
) -> None:
    """Write a trained network as ONNX or safetensors, whole or not at all.

    ONNX takes raw inputs and gives probabilities, in single precision; safetensors holds the
    arrays as they are. Both carry the checkpoint's card, and `load_model` reads both.

    Raises
    ------
    InputError
        If the format is another.
    OutputError
        If the file cannot be written.
    MissingExtraError
        If ONNX is asked for and onnx is not installed.
    """
    if to not in get_args(ExportFormat):
        raise InputError(
            f"a network is exported to {' or '.join(get_args(ExportFormat))}; got {to!r}"
        )
    write = onnx_export.write if to == "onnx" else safetensors_file.write
    write_atomically(path, lambda file: write(checkpoint, file))
