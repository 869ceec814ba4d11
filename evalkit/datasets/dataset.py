"""The `Dataset` class: inputs, targets and classes, with a fixed split and a fingerprint."""

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
    """Identifies the data set that a model was trained on; stored in checkpoints.

    Attributes
    ----------
    name : the display name of the data set: ``"digits"``.
    spec : the argument of `load_dataset` that loads it: ``NAME[:PATH]`` or a file.
    split : a description of the split into training and test rows.
    fingerprint : the SHA-256 digest of the test split and the classes, in hexadecimal.
    """

    name: str
    spec: str
    split: str
    fingerprint: str

    def to_plain(self) -> dict[str, str]:
        """Return the fields as a dict of strings."""
        return {
            "name": self.name,
            "spec": self.spec,
            "split": self.split,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_plain(cls, fields: dict[str, Any]) -> DatasetIdentity:
        """Return the identity from the dict of `to_plain`."""
        return cls(**{name: str(fields[name]) for name in ("name", "spec", "split", "fingerprint")})


@dataclass(frozen=True)
class ImageLayout:
    """How the d numbers of a row are an image.

    `shape` is (h, w), (h, w, 3) or (3, h, w); values range from 0 (black) to `white`.
    """

    shape: tuple[int, ...]
    white: float = 255


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets of a classification task, split into training and test rows.

    Attributes
    ----------
    X_train, X_test : (n, d) arrays; ``uint8`` for images, floating point otherwise.
    y_train, y_test : (n,) integer codes, indices into `classes`.
    classes : the ordered names of the K classes.
    name, spec, split : as in `DatasetIdentity`.
    images : how rows are images, if they are.

    Raises
    ------
    DataError
        If the numbers of rows and targets differ, a split is empty, a value is not finite, or a
        code is out of range.
    """

    X_train: NDArray[Any] = field(repr=False)
    y_train: NDArray[np.integer[Any]] = field(repr=False)
    X_test: NDArray[Any] = field(repr=False)
    y_test: NDArray[np.integer[Any]] = field(repr=False)
    classes: tuple[str, ...]
    name: str
    spec: str
    split: str
    images: ImageLayout | None = None

    def __post_init__(self) -> None:
        for part, X, y in (
            ("training", self.X_train, self.y_train),
            ("test", self.X_test, self.y_test),
        ):
            self._check_split(part, X, y)
        if self.X_train.shape[1] != self.X_test.shape[1]:
            raise DataError(
                f"Training and test rows of {self.name} have different widths: "
                f"{self.X_train.shape[1]} and {self.X_test.shape[1]} features."
            )

    def _check_split(self, part: str, X: NDArray[Any], y: NDArray[Any]) -> None:
        where = f"The {part} split of {self.name}"
        if X.ndim != 2:
            raise DataError(f"{where} has inputs of shape {X.shape}, expected (n, d).")
        if len(X) != len(y):
            raise DataError(
                f"{where} has {len(X)} rows, {len(y)} targets; expected one target per row."
            )
        if len(X) == 0:
            raise DataError(f"{where} is empty.")
        if X.dtype.kind == "f":
            finite = np.isfinite(X).all(axis=1)
            if not finite.all():
                raise DataError(
                    f"{where} contains NaN or infinity in {int((~finite).sum())} rows; the first "
                    f"is row {int(np.argmin(finite))}."
                )
        if y.min() < 0 or y.max() >= len(self.classes):
            row = int(np.argmax((y < 0) | (y >= len(self.classes))))
            raise DataError(
                f"{where} has the target {y[row]} in row {row}, expected an integer from 0 to "
                f"{len(self.classes) - 1}."
            )

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 digest of the class names and the test rows, in order."""
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
        """The name, spec, split and fingerprint, as stored in checkpoints."""
        return DatasetIdentity(self.name, self.spec, self.split, self.fingerprint)
