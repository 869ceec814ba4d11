"""Convert checkpoints to plain fields, the same for every file format, and check them on load."""

from __future__ import annotations

import sys
from dataclasses import asdict, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from evalkit.datasets.dataset import DatasetIdentity
from evalkit.errors import FileFormatError, TrainingError
from evalkit.models.predictor import ModelCard
from evalkit.reading.values import MAX_CLASSES, checked_plain
from evalkit.training.architecture import Architecture
from evalkit.training.checkpoint import Backend, Checkpoint, EpochRecord, Normalisation
from evalkit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT = "evalkit.checkpoint"
VERSION = 1
MAX_DEPTH = 12


def to_fields(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a checkpoint as plain dicts, lists, strings, numbers, None and arrays."""
    return {
        "generator": f"evalkit {__version__}",
        "format": FORMAT,
        "version": VERSION,
        "backend": checkpoint.backend,
        "architecture": checkpoint.architecture.to_plain(),
        "parameters": count_parameters(checkpoint.weights),
        "classes": list(checkpoint.classes),
        "normalisation": {
            "offset": checkpoint.normalisation.offset,
            "scale": checkpoint.normalisation.scale,
        },
        "dataset": checkpoint.dataset.to_plain(),
        "seed": checkpoint.seed,
        "settings": checkpoint.settings,
        "history": [asdict(record) for record in checkpoint.history],
        "best_epoch": checkpoint.best_epoch,
        "versions": dict(checkpoint.versions),
        "complete": checkpoint.complete,
        "ending": checkpoint.ending,
        "weights": dict(checkpoint.weights),
        "training_state": checkpoint.training_state,
    }


def count_parameters(weights: Mapping[str, NDArray[Any]]) -> int:
    """Return the number of trained parameters; batch norm's running statistics do not count."""
    return sum(array.size for name, array in weights.items() if ".running_" not in name)


def map_leaves(value: Any, leaf: Callable[[Any], Any], depth: int = 0) -> Any:
    """Return plain data with `leaf` applied to all keys and to all values that are not containers.

    Raises
    ------
    FileFormatError
        If the data is nested deeper than `MAX_DEPTH`.
    """
    if depth > MAX_DEPTH:
        raise FileFormatError(
            f"The data is nested more than {MAX_DEPTH} levels deep, which is not a checkpoint."
        )
    if isinstance(value, dict):
        return {leaf(key): map_leaves(item, leaf, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [map_leaves(item, leaf, depth + 1) for item in value]
    return leaf(value)


def is_checkpoint(plain: Any) -> bool:
    """Return whether plain data declares the format of evalkit checkpoints."""
    return isinstance(plain, dict) and plain.get("format") == FORMAT


def from_fields(plain: Any, path: Path) -> Checkpoint:
    """Return the checkpoint described by the fields of `to_fields`.

    Raises
    ------
    FileFormatError
        If the data is not an evalkit checkpoint, its version is not supported, or a field is
        missing or invalid.
    """
    if not is_checkpoint(plain):
        raise FileFormatError(
            f"Not an evalkit checkpoint: {path} does not declare the format {FORMAT}. "
            "Run evalkit inspect to see its content."
        )
    if plain.get("version") != VERSION:
        raise FileFormatError(
            f"Checkpoint {path} has version {plain.get('version')!r}, but this version of evalkit "
            f"reads version {VERSION}. Install the version of evalkit that wrote it."
        )
    try:
        reader = _Fields(plain, path)
        return Checkpoint(
            backend=reader.one_of("backend", get_args(Backend)),
            architecture=reader.architecture(),
            classes=reader.classes(),
            normalisation=reader.normalisation(),
            dataset=DatasetIdentity.from_plain(reader.take("dataset", dict)),
            seed=reader.take("seed", int),
            settings=reader.take("settings", dict),
            history=reader.history(),
            best_epoch=reader.take("best_epoch", int),
            weights=reader.weights(),
            versions=reader.versions(),
            complete=reader.take("complete", bool),
            ending=reader.take("ending", str),
            training_state=reader.take("training_state", (dict, type(None))),
        )
    except (TypeError, KeyError, ValueError, OverflowError, TrainingError) as error:
        raise FileFormatError(
            f"Invalid checkpoint {path}: a field is malformed ({error})."
        ) from error


def card_from_fields(
    plain: Any,
    *,
    format: str,  # noqa: A002  name of the field of ModelCard
    path: Path,
    sha256: str,
) -> tuple[ModelCard, tuple[str, ...]]:
    """Return the card and the classes from the fields in an exported file, which has no arrays."""
    if not is_checkpoint(plain):
        raise FileFormatError(f"The model card of {path} was not written by evalkit.")
    try:
        reader = _Fields(plain, path)
        card = ModelCard(
            format=format,
            path=path,
            sha256=sha256,
            backend=reader.one_of("backend", get_args(Backend)),
            architecture=reader.declared_architecture(),
            parameters=reader.take("parameters", int),
            history=reader.history(),
            best_epoch=reader.take("best_epoch", int),
            dataset=DatasetIdentity.from_plain(reader.take("dataset", dict)),
            seed=reader.take("seed", int),
            settings=reader.take("settings", dict),
            versions=reader.versions(),
            complete=reader.take("complete", bool),
            ending=reader.take("ending", str),
        )
        return card, reader.classes()
    except (TypeError, KeyError, ValueError, OverflowError, TrainingError) as error:
        raise FileFormatError(
            f"Invalid model card in {path}: a field is malformed ({error})."
        ) from error


class _Fields:
    """Read the fields of a checkpoint, and check their types and values."""

    def __init__(self, plain: dict[str, Any], path: Path) -> None:
        self._plain, self._path = plain, path
        # The training state may hold infinity, as the best loss so far.
        checked_plain({name: value for name, value in plain.items() if name != "training_state"})

    def error(self, fact: str) -> FileFormatError:
        return FileFormatError(f"Invalid checkpoint {self._path}: {fact}.")

    def take(self, name: str, kind: type | tuple[type, ...]) -> Any:
        if name not in self._plain:
            raise self.error(f"{name} is missing")
        value = self._plain[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(f"{name} has the type {type(value).__name__}")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> Any:
        value = self.take(name, str)
        if value not in allowed:
            raise self.error(f"{name} is not one of {', '.join(allowed)}")
        return value

    def declared_architecture(self) -> Architecture:
        """Return the architecture, not yet compared with the weights."""
        architecture = Architecture.from_plain(self.take("architecture", dict))
        if not all(type(width) is int for width in architecture.widths):
            raise self.error("a layer width is not an integer")
        if not all(type(x) in (int, float) for x in (architecture.alpha, architecture.dropout)):
            raise self.error("alpha or dropout of the architecture is not a number")
        return architecture

    def architecture(self) -> Architecture:
        """Return the architecture, which must have as many parameters as the weights."""
        architecture = self.declared_architecture()
        widths = pairwise(architecture.widths)
        expected = sum((fan_in + 1) * fan_out for fan_in, fan_out in widths)
        expected += 2 * sum(architecture.hidden) if architecture.batch_norm else 0
        actual = count_parameters(self.weights())
        # Checked before the network is created, which allocates memory for these widths.
        if expected != actual:
            raise self.error(
                f"the architecture has {expected:,} parameters, but the weights have {actual:,}"
            )
        return architecture

    def classes(self) -> tuple[str, ...]:
        names = self.take("classes", list)
        outputs = self.take("architecture", dict).get("outputs")
        if len(names) > MAX_CLASSES:
            raise self.error(f"it has {len(names):,} classes, at most {MAX_CLASSES:,}")
        if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
            raise self.error("classes are not distinct strings")
        if len(names) != outputs:
            raise self.error(f"it has {len(names)} classes, expected {outputs} (one per output)")
        return tuple(names)

    def versions(self) -> dict[str, str]:
        return {str(name): str(text) for name, text in self.take("versions", dict).items()}

    def normalisation(self) -> Normalisation:
        plain = self.take("normalisation", dict)
        inputs = self.take("architecture", dict).get("inputs")
        arrays = {}
        for name in ("offset", "scale"):
            arrays[name] = self._array(plain.get(name), name)
            if arrays[name].shape not in ((1,), (inputs,)):
                raise self.error(f"the {name} has shape {arrays[name].shape}, expected ({inputs},)")
        if not (arrays["scale"] > 0).all():
            raise self.error("the scale is not positive")
        return Normalisation(**arrays)

    def weights(self) -> dict[str, NDArray[np.floating[Any]]]:
        weights = self.take("weights", dict)
        return {str(name): self._array(array, str(name)) for name, array in weights.items()}

    def history(self) -> tuple[EpochRecord, ...]:
        names = [field.name for field in fields(EpochRecord)]
        records = []
        for plain in self.take("history", list):
            epoch, *numbers = (plain[name] for name in names)
            if type(epoch) is not int or not all(
                type(number) in (int, float) for number in numbers
            ):
                raise self.error("history contains a value that is not a number")
            records.append(EpochRecord(epoch, *map(float, numbers)))
        best = self.take("best_epoch", int)
        if records and best not in {record.epoch for record in records}:
            raise self.error(f"best_epoch {best} is not in the history")
        return tuple(records)

    def _array(self, value: Any, name: str) -> NDArray[np.floating[Any]]:
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            raise self.error(f"{name} is not an array of floating-point numbers")
        if not np.isfinite(value).all():
            raise self.error(f"{name} contains NaN or infinity")
        return value


def plain_leaf(value: Any) -> Any:
    """Return a NumPy scalar as a Python scalar, and a string interned.

    Serialisers write a repeated object as a reference. Interning makes equal strings the same
    object, so that equal checkpoints give equal bytes.
    """
    if isinstance(value, np.generic):
        value = value.item()
    return sys.intern(value) if type(value) is str else value
