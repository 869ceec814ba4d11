"""What every loaded model offers: probabilities, classes, and a card of where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from evalkit.datasets.dataset import DatasetIdentity
    from evalkit.training.architecture import Architecture
    from evalkit.training.checkpoint import EpochRecord


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model file; what a format does not tell is None or empty.

    Attributes
    ----------
    format : the file's format, for people: ``"evalkit NumPy checkpoint"``.
    path, sha256 : the file and the digest of its bytes.
    backend : ``"numpy"`` or ``"torch"``, the trainer that made it.
    architecture : the network's widths and options.
    parameters : how many numbers were trained.
    history, best_epoch : one record an epoch, and the epoch that was kept.
    dataset : the identity of the data that it was trained beside.
    seed, settings : of the training run.
    versions : of the packages that wrote the file.
    complete : whether training ended by itself; `ending` says why where it ended early.
    trusted_pickle : whether the file was run as a pickle because the user said so.
    """

    format: str
    path: Path
    sha256: str
    backend: str | None = None
    architecture: Architecture | None = None
    parameters: int | None = None
    history: tuple[EpochRecord, ...] = field(default=(), repr=False)
    best_epoch: int | None = None
    dataset: DatasetIdentity | None = None
    seed: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    versions: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    ending: str = ""
    trusted_pickle: bool = False


class Predictor(Protocol):
    """Turns raw inputs into class probabilities."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered names of the K classes."""

    @property
    def card(self) -> ModelCard:
        """Where the model comes from."""

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probabilities of raw inputs (n, d), shape (n, K), rows summing to one."""
