"""Load, inspect, save and export model files; the format is recognised by the content."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from evalkit.errors import DataError, FileFormatError, InputError, OutputError, UnsafeFileError
from evalkit.models import (
    executable_formats,
    numpy_pickle,
    onnx_export,
    onnx_file,
    safetensors_file,
    skops_file,
    torch_archive,
)
from evalkit.models.perceptron import PerceptronPredictor
from evalkit.models.predictor import Adapter, Inspection
from evalkit.models.user_code import PREFIX, load_factory, load_trusted_pickle
from evalkit.predictions.files import describe_table
from evalkit.reading.source import open_source, shown, shown_bytes
from evalkit.reading.zip_archive import is_zip, open_zip
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from evalkit.models.predictor import Predictor
    from evalkit.reading.source import Source
    from evalkit.training.checkpoint import Checkpoint

ENTRY_POINTS = "evalkit.adapters"
BUILT_IN = (
    torch_archive.ADAPTER,
    skops_file.ADAPTER,
    safetensors_file.ADAPTER,
    onnx_file.ADAPTER,
    numpy_pickle.ADAPTER,
)
_EXECUTABLE = (executable_formats.EXPORTED_PROGRAM, executable_formats.TORCH_SCRIPT)

ExportFormat = Literal["onnx", "safetensors"]


def load_model(path: str | os.PathLike[str], *, trust_pickle: bool = False) -> Predictor:
    """Return the model in a file, without running code from the file.

    Parameters
    ----------
    path : a model file of a supported format, or ``python:package.module:factory`` for a
        function of the user's own code.
    trust_pickle : unpickle a file that evalkit cannot read as plain values. Unpickling runs any
        code that the author of the file put into it, with the rights of the user; the model card
        records it.

    Raises
    ------
    FileFormatError
        If the file is missing, empty, truncated, or of an unknown format.
    UnsafeFileError
        If loading the file could run code.
    MissingExtraError
        If the format requires an extra that is not installed.
    """
    if str(path).startswith(PREFIX):
        return load_factory(str(path))
    with open_source(path) as source:
        adapter = find_adapter(source)
        if adapter is None and trust_pickle:
            return load_trusted_pickle(source)
        if adapter is None:
            known = ", ".join(each.format for each in BUILT_IN)
            raise FileFormatError(
                f"Unknown model format: {path} begins with {shown_bytes(source.head(8))}. "
                f"Supported formats: {known}. Pickles and joblib files need --trust-pickle."
            )
        try:
            return adapter.load(source)
        except UnsafeFileError as error:
            if adapter is not numpy_pickle.ADAPTER:
                raise
            if trust_pickle:
                return load_trusted_pickle(source)
            raise UnsafeFileError(
                f"{error} Use evalkit inspect to list its imports, or --trust-pickle to run it if "
                "you trust its author."
            ) from error


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Return the checkpoint in a file written by `save_checkpoint` or `export_checkpoint`.

    Raises
    ------
    FileFormatError
        If the file is not an evalkit checkpoint, or as for `load_model`.
    """
    predictor = load_model(path)
    if not isinstance(predictor, PerceptronPredictor):
        raise FileFormatError(
            f"Not an evalkit checkpoint: {path} is a model of the format {predictor.card.format}."
        )
    return predictor.checkpoint


def inspect_file(path: str | os.PathLike[str]) -> Inspection:
    """Return the format, origin and content of any file, without running code from it.

    Raises
    ------
    FileFormatError
        If the file is missing, empty, or too damaged to inspect.
    """
    with open_source(path) as source:
        adapter = find_adapter(source)
        if adapter is not None:
            return adapter.inspect(source)
        try:
            described = describe_table(source)
            if described is None:
                return _inspect_unknown(source, "")
            return Inspection(source.path, *described)
        except (FileFormatError, DataError) as error:
            return _inspect_unknown(source, str(error))


def find_adapter(source: Source) -> Adapter | None:
    """Return the first adapter that recognises an open file; built-in adapters come first."""
    for adapter in _adapters():
        source.seek(0)
        if adapter.recognises(source):
            source.seek(0)
            return adapter
    source.seek(0)
    return None


def save_checkpoint(checkpoint: Checkpoint, path: str | os.PathLike[str]) -> None:
    """Write a trained network to a file, in the format of its backend.

    Raises
    ------
    OutputError
        If the file cannot be written, or has the extension of the other backend's format.
    """
    write, suffix, other = (
        (numpy_pickle.write, ".pkl", ".pt")
        if checkpoint.backend == "numpy"
        else (torch_archive.write, ".pt", ".pkl")
    )
    if Path(path).suffix == other:
        raise OutputError(
            f"{path} has the extension {other}, but a network of the backend "
            f"{checkpoint.backend} is saved as {suffix}."
        )
    write_atomically(path, lambda file: write(checkpoint, file))


def export_checkpoint(
    checkpoint: Checkpoint, path: str | os.PathLike[str], *, to: ExportFormat
) -> None:
    """Write a trained network as ONNX or safetensors.

    The ONNX model maps raw inputs to probabilities in single precision; a safetensors file
    contains the arrays unchanged. Both contain the model card, and `load_model` reads both.

    Raises
    ------
    InputError
        If the format is not supported.
    OutputError
        If the file cannot be written.
    MissingExtraError
        If the format is ONNX and onnx is not installed.
    """
    if to not in get_args(ExportFormat):
        raise InputError(
            f"Unknown export format {to!r}. Choose {' or '.join(get_args(ExportFormat))}."
        )
    write = onnx_export.write if to == "onnx" else safetensors_file.write
    write_atomically(path, lambda file: write(checkpoint, file))


def _adapters() -> Iterator[Adapter]:
    """Yield the built-in adapters, then those of other packages."""
    # TorchScript modules contain a pickle too, so executable formats come before PyTorch's.
    yield from _EXECUTABLE
    yield from BUILT_IN
    for entry in entry_points(group=ENTRY_POINTS):
        adapter = entry.load()
        if isinstance(adapter, Adapter):
            yield adapter


def _inspect_unknown(source: Source, message: str) -> Inspection:
    """Return size, digest and entries; `message` says why the file is not a prediction table."""
    facts = [("size", f"{source.size:,} bytes"), ("sha256", source.sha256())]
    facts += [("as predictions", message)] if message else []
    if not is_zip(source):
        facts.append(("first bytes", shown_bytes(source.head(16))))
        return Inspection(source.path, "unknown", tuple(facts))
    with open_zip(source) as archive:
        entries = archive.infolist()
    facts.append(("entries", str(len(entries))))
    facts += [(shown(entry.filename), f"{entry.file_size:,} bytes") for entry in entries[:20]]
    return Inspection(source.path, "zip archive", tuple(facts))
