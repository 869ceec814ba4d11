"""A data set: inputs, targets and classes, split once, with a fingerprint of its test split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class DatasetIdentity:
    """What a checkpoint remembers of the data it was trained on.

    Attributes
    ----------
    name : the data set's own name, for people: ``"digits"``.
    spec : what loads it again, ``NAME[:PATH]`` or a file.
    split : how training and test rows were told apart.
    fingerprint : SHA-256, in hex, of the test split and the classes.
    """

    name: str
    spec: str
    split: str
    fingerprint: str

    def to_plain(self) -> dict[str, str]:
        """Return the four fields as a dict of strings."""
        return {
            "name": self.name,
            "spec": self.spec,
            "split": self.split,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_plain(cls, fields: dict[str, Any]) -> DatasetIdentity:
        """Return the identity that `to_plain` wrote."""
        return cls(**{name: str(fields[name]) for name in ("name", "spec", "split", "fingerprint")})


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets of a classification task, split into training and test rows.

    Attributes
    ----------
    X_train, X_test : (n, d) arrays, ``uint8`` for images, floating point otherwise.
    y_train, y_test : (n,) integer codes, positions in `classes`.
    classes : the ordered names of the K classes.
    name, spec, split : as in `DatasetIdentity`.

    Raises
    ------
    DataError
        If rows and targets do not match, a split is empty, a value is not finite,
        or a code lies outside the classes.
    """

    X_train: NDArray[Any] = field(repr=False)
    y_train: NDArray[np.integer[Any]] = field(repr=False)
    X_test: NDArray[Any] = field(repr=False)
    y_test: NDArray[np.integer[Any]] = field(repr=False)
    classes: tuple[str, ...]
    name: str
    spec: str
    split: str

    def __post_init__(self) -> None:
        for part, X, y in (
            ("training", self.X_train, self.y_train),
            ("test", self.X_test, self.y_test),
        ):
            self._check_split(part, X, y)
        if self.X_train.shape[1] != self.X_test.shape[1]:
            raise DataError(
                f"training and test rows must have one width; {self.name} has "
                f"{self.X_train.shape[1]} and {self.X_test.shape[1]} features"
            )

    def _check_split(self, part: str, X: NDArray[Any], y: NDArray[Any]) -> None:
        where = f"the {part} split of {self.name}"
        if X.ndim != 2:
            raise DataError(f"inputs must have shape (n, d); {where} has shape {X.shape}")
        if len(X) != len(y):
            raise DataError(
                f"{where} must have a target a row; got {len(X)} rows, {len(y)} targets"
            )
        if len(X) == 0:
            raise DataError(f"{where} is empty: there is nothing to train on or to evaluate")
        if X.dtype.kind == "f":
            finite = np.isfinite(X).all(axis=1)
            if not finite.all():
                raise DataError(
                    f"inputs must be finite numbers; {where} has NaN or infinity in "
                    f"{int((~finite).sum())} rows, the first is row {int(np.argmin(finite))}"
                )
        if y.min() < 0 or y.max() >= len(self.classes):
            wrong = int(np.argmax((y < 0) | (y >= len(self.classes))))
            raise DataError(
                f"targets must be codes from 0 to {len(self.classes) - 1}; {where} has "
                f"{y[wrong]} in row {wrong}"
            )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the classes and the test split: equal only for equal names, rows and order."""
        digest = hashlib.sha256()
        for name in self.classes:
            encoded = str(name).encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "little") + encoded)
        inputs = np.ascontiguousarray(self.X_test)
        digest.update(f"{inputs.dtype.newbyteorder('<').str}{inputs.shape}".encode())
        digest.update(inputs.astype(inputs.dtype.newbyteorder("<"), copy=False).data)
        digest.update(np.ascontiguousarray(self.y_test, dtype="<i8").data)
        return digest.hexdigest()

    @property
    def identity(self) -> DatasetIdentity:
        """The name, spec, split and fingerprint that a checkpoint keeps."""
        return DatasetIdentity(self.name, self.spec, self.split, self.fingerprint)
