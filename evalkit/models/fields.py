"""A checkpoint as plain fields, the same in every file format, and back, each field checked."""

from __future__ import annotations

import sys
from dataclasses import asdict, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from evalkit.datasets.dataset import DatasetIdentity
from evalkit.errors import FileFormatError, TrainingError
from evalkit.models.predictor import ModelCard
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
    """Return a checkpoint as dicts, lists, strings, numbers, None and arrays."""
    return {
        "generator": f"evalkit {__version__}",
        "format": FORMAT,
        "version": VERSION,
        "backend": checkpoint.backend,
        "architecture": checkpoint.architecture.to_plain(),
        "parameters": trained_numbers(checkpoint.weights),
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


def trained_numbers(weights: Mapping[str, NDArray[Any]]) -> int:
    """Return how many numbers were trained: all but batch norm's running statistics."""
    return sum(array.size for name, array in weights.items() if ".running_" not in name)


def map_leaves(value: Any, leaf: Callable[[Any], Any], depth: int = 0) -> Any:
    """Return plain data with `leaf` applied to whatever is no dict, list or tuple.

    Raises
    ------
    FileFormatError
        If it is nested deeper than any checkpoint is.
    """
    if depth > MAX_DEPTH:
        raise FileFormatError(
            f"a checkpoint is at most {MAX_DEPTH} levels deep; this one is deeper"
        )
    if isinstance(value, dict):
        return {leaf(key): map_leaves(item, leaf, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [map_leaves(item, leaf, depth + 1) for item in value]
    return leaf(value)


def is_checkpoint(plain: Any) -> bool:
    """Return whether plain data says that it is a checkpoint of evalkit's."""
    return isinstance(plain, dict) and plain.get("format") == FORMAT


def from_fields(plain: Any, path: Path) -> Checkpoint:
    """Return the checkpoint that `to_fields` described.

    Raises
    ------
    FileFormatError
        If it is another's, of a later version, or a field is missing or of a wrong kind.
    """
    if not is_checkpoint(plain):
        raise FileFormatError(
            f"a checkpoint says format {FORMAT}; {path} holds plain data of another kind: "
            "evalkit inspect shows it"
        )
    if plain.get("version") != VERSION:
        raise FileFormatError(
            f"this evalkit reads version {VERSION} of its checkpoints; {path} has version "
            f"{plain.get('version')!r}: install the evalkit that wrote it"
        )
    reader = _Fields(plain, path)
    try:
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
    except (TypeError, KeyError, TrainingError) as error:
        raise FileFormatError(
            f"a checkpoint's fields must be whole; {path} has a malformed one ({error})"
        ) from error


def card_from_fields(
    plain: Any,
    *,
    format: str,  # noqa: A002  the card's own word
    path: Path,
    sha256: str,
) -> tuple[ModelCard, tuple[str, ...]]:
    """Return the card and the classes of fields without arrays, as an exported file has them."""
    if not is_checkpoint(plain):
        raise FileFormatError(f"the card of {path} is not evalkit's")
    reader = _Fields(plain, path)
    try:
        card = ModelCard(
            format=format,
            path=path,
            sha256=sha256,
            backend=reader.one_of("backend", get_args(Backend)),
            architecture=Architecture.from_plain(reader.take("architecture", dict)),
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
    except (TypeError, KeyError, TrainingError) as error:
        raise FileFormatError(f"the card of {path} has a malformed field ({error})") from error


class _Fields:
    """Takes fields out of a checkpoint's plain data, each of a required kind."""

    def __init__(self, plain: dict[str, Any], path: Path) -> None:
        self._plain, self._path = plain, path

    def wrong(self, fact: str) -> FileFormatError:
        return FileFormatError(f"a checkpoint's fields must be whole; in {self._path} {fact}")

    def take(self, name: str, kind: type | tuple[type, ...]) -> Any:
        if name not in self._plain:
            raise self.wrong(f"{name} is missing")
        value = self._plain[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(f"{name} is of the kind {type(value).__name__}")
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> Any:
        value = self.take(name, str)
        if value not in allowed:
            raise self.wrong(f"{name} is none of {', '.join(allowed)}")
        return value

    def architecture(self) -> Architecture:
        architecture = Architecture.from_plain(self.take("architecture", dict))
        if not all(type(width) is int for width in architecture.widths):
            raise self.wrong("a layer's width is not a whole number")
        if not all(type(x) in (int, float) for x in (architecture.alpha, architecture.dropout)):
            raise self.wrong("the architecture's alpha or dropout is not a number")
        widths = pairwise(architecture.widths)
        due = sum((fan_in + 1) * fan_out for fan_in, fan_out in widths)
        due += 2 * sum(architecture.hidden) if architecture.batch_norm else 0
        held = trained_numbers(self.weights())
        # Before a network is made: its memory is taken on the word of these widths.
        if due != held:
            raise self.wrong(f"the architecture has {due:,} parameters and the weights {held:,}")
        return architecture

    def classes(self) -> tuple[str, ...]:
        names = self.take("classes", list)
        outputs = self.take("architecture", dict).get("outputs")
        if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
            raise self.wrong("classes are not distinct names")
        if len(names) != outputs:
            raise self.wrong(f"there are {len(names)} classes for {outputs} outputs")
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
                raise self.wrong(f"the {name} has shape {arrays[name].shape} for {inputs} inputs")
        if not (arrays["scale"] > 0).all():
            raise self.wrong("the scale is not positive")
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
                raise self.wrong("history holds something else than numbers")
            records.append(EpochRecord(epoch, *map(float, numbers)))
        best = self.take("best_epoch", int)
        if records and best not in {record.epoch for record in records}:
            raise self.wrong(f"best_epoch {best} is not in the history")
        return tuple(records)

    def _array(self, value: Any, name: str) -> NDArray[np.floating[Any]]:
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            raise self.wrong(f"{name} is not an array of floating-point numbers")
        if not np.isfinite(value).all():
            raise self.wrong(f"{name} has NaN or infinity")
        return value


def plain_leaf(value: Any) -> Any:
    """Return NumPy's scalars as Python's, and strings as the one object of their content.

    Serialisers write an object that they saw before as a reference, so that equal fields give
    equal bytes only where equal strings are one object.
    """
    if isinstance(value, np.generic):
        value = value.item()
    return sys.intern(value) if type(value) is str else value
