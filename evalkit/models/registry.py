"""Which adapter reads a model file, told from its content and never from its ending."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import FileFormatError, OutputError
from evalkit.models.numpy_pickle import load_numpy_pickle, write_numpy_pickle
from evalkit.models.torch_archive import load_torch_archive, write_torch_archive
from evalkit.reading.source import open_source, shown
from evalkit.writing import write_atomically

if TYPE_CHECKING:
    import os

    from evalkit.models.predictor import Predictor
    from evalkit.training.checkpoint import Checkpoint


def load_model(path: str | os.PathLike[str]) -> Predictor:
    """Return the model in a file, ready to predict; nothing in the file is run.

    Raises
    ------
    FileFormatError
        If the file is missing, empty, cut short, or of no known format.
    UnsafeFileError
        If it would run code, or forge objects.
    MissingExtraError
        If its format takes an extra that is not installed.
    """
    with open_source(path) as source:
        head = source.head(512)
        if head.startswith(b"PK\x03\x04"):
            return load_torch_archive(source)
        if head.startswith(b"\x80") or head[:1] in b"(}]c":
            return load_numpy_pickle(source)
        raise FileFormatError(
            f"a model file is known by its content; {path} begins {shown(head[:8])} and is none "
            "that is known: numpy.pkl, torch.pt"
        )


def save_checkpoint(checkpoint: Checkpoint, path: str | os.PathLike[str]) -> None:
    """Write a trained network to a file, in the format of the trainer that made it.

    Raises
    ------
    OutputError
        If the file cannot be written, or its ending is that of the other format.
    """
    write, ending, other = (
        (write_numpy_pickle, ".pkl", ".pt")
        if checkpoint.backend == "numpy"
        else (write_torch_archive, ".pt", ".pkl")
    )
    if Path(path).suffix == other:
        raise OutputError(
            f"a network that {checkpoint.backend} trained is written as {ending}; got {path}"
        )
    write_atomically(path, lambda file: write(checkpoint, file))
