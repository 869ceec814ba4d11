"""Which adapter reads a model file, told from its content and never from its ending."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import FileFormatError, OutputError, UnsafeFileError
from evalkit.models import (
    numpy_pickle,
    onnx_file,
    refused,
    safetensors_file,
    skops_file,
    torch_archive,
)
from evalkit.models.adapter import Adapter
from evalkit.models.perceptron import PerceptronPredictor
from evalkit.models.python_factory import PREFIX, load_factory
from evalkit.models.trusted_pickle import run_pickle
from evalkit.reading.source import open_source, shown
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from evalkit.models.predictor import Predictor
    from evalkit.reading.source import Source
    from evalkit.training.checkpoint import Checkpoint

ENTRY_POINTS = "evalkit.adapters"
OWN = (
    torch_archive.ADAPTER,
    skops_file.ADAPTER,
    safetensors_file.ADAPTER,
    onnx_file.ADAPTER,
    numpy_pickle.ADAPTER,
)
_REFUSED = (refused.EXPORTED_PROGRAM, refused.TORCH_SCRIPT)


def load_model(path: str | os.PathLike[str], *, trust_pickle: bool = False) -> Predictor:
    """Return the model in a file, ready to predict; nothing in the file is run.

    Parameters
    ----------
    path : a model file of any known format, or ``python:package.module:factory`` for code of
        the user's own.
    trust_pickle : run a pickle that evalkit cannot read as plain values. Whatever its author
        wrote into it runs with all your rights; the model's card records it.

    Raises
    ------
    FileFormatError
        If the file is missing, empty, cut short, or of no known format.
    UnsafeFileError
        If it would run code, or forge objects.
    MissingExtraError
        If its format takes an extra that is not installed.
    """
    if str(path).startswith(PREFIX):
        return load_factory(str(path))
    with open_source(path) as source:
        adapter = find_adapter(source)
        if adapter is None:
            known = ", ".join(each.format for each in OWN)
            raise FileFormatError(
                f"a model file is known by its content; {path} begins "
                f"{shown(source.head(8))[1:]} and is none of: {known}"
            )
        try:
            return adapter.load(source)
        except UnsafeFileError as error:
            if adapter is not numpy_pickle.ADAPTER:
                raise
            if trust_pickle:
                return run_pickle(source)
            raise UnsafeFileError(
                f"{error}; evalkit inspect lists its names, and --trust-pickle runs it on your word"
            ) from error


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Return everything that a file written by `save_checkpoint` holds.

    Raises
    ------
    FileFormatError
        If the file is another's, or as for `load_model`.
    """
    predictor = load_model(path)
    if not isinstance(predictor, PerceptronPredictor):
        raise FileFormatError(
            f"a checkpoint is what evalkit trained and wrote; {path} is {predictor.card.format}"
        )
    return predictor.checkpoint


def find_adapter(source: Source) -> Adapter | None:
    """Return the first adapter that recognises an open file; evalkit's own are asked first."""
    for adapter in _adapters():
        source.seek(0)
        if adapter.recognises(source):
            source.seek(0)
            return adapter
    source.seek(0)
    return None


def save_checkpoint(checkpoint: Checkpoint, path: str | os.PathLike[str]) -> None:
    """Write a trained network to a file, in the format of the trainer that made it.

    Raises
    ------
    OutputError
        If the file cannot be written, or its ending is that of the other format.
    """
    write, ending, other = (
        (numpy_pickle.write, ".pkl", ".pt")
        if checkpoint.backend == "numpy"
        else (torch_archive.write, ".pt", ".pkl")
    )
    if Path(path).suffix == other:
        raise OutputError(
            f"a network that {checkpoint.backend} trained is written as {ending}; got {path}"
        )
    write_atomically(path, lambda file: write(checkpoint, file))


def _adapters() -> Iterator[Adapter]:
    """Yield evalkit's own adapters, then, only if none of them fits, those of other packages."""
    # A TorchScript module has a pickle too, so that what is refused is asked first.
    yield from _REFUSED
    yield from OWN
    for entry in entry_points(group=ENTRY_POINTS):
        adapter = entry.load()
        if isinstance(adapter, Adapter):
            yield adapter
