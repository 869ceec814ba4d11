"""The interfaces of loaded models and file formats: `Predictor`, `ModelCard` and `Adapter`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from evalkit.datasets.dataset import DatasetIdentity
    from evalkit.models.inspection import Inspection
    from evalkit.reading.source import Source
    from evalkit.training.architecture import Architecture
    from evalkit.training.checkpoint import EpochRecord


@dataclass(frozen=True)
class ModelCard:
    """Metadata of a model file; fields that the format does not provide are None or empty.

    Attributes
    ----------
    format : the display name of the format: ``"evalkit NumPy checkpoint"``.
    path, sha256 : the file and the digest of its content.
    backend : ``"numpy"`` or ``"torch"``, the trainer that created the file.
    architecture : the layer widths and options of the network.
    parameters : the number of trained parameters.
    history, best_epoch : one record per epoch, and the epoch whose weights are stored.
    dataset : the identity of the data set that the model was trained on.
    seed, settings : the seed and the settings of the training run.
    versions : the versions of the packages that wrote the file.
    complete : whether training finished normally.
    ending : why training stopped early; empty if it did not.
    trusted_pickle : whether the file was unpickled because the user passed ``trust_pickle``.
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
    """A model that computes class probabilities from raw inputs."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered names of the K classes."""

    @property
    def card(self) -> ModelCard:
        """The model card."""

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Return the class probabilities of raw inputs (n, d), shape (n, K); rows sum to one."""


@dataclass(frozen=True)
class Adapter:
    """A format of model files.

    Other packages can add formats with entry points of the group ``evalkit.adapters``, each
    naming an instance of this class. evalkit's own formats take precedence.

    Attributes
    ----------
    format : the display name of the format.
    recognises : returns whether an open file has this format, by its content and not by its
        extension. Must not run code from the file.
    load : returns the predictor, or raises an `EvalkitError`. Must not run code from the file.
    inspect : returns the content of the file. Must not run code from the file.
    """

    format: str
    recognises: Callable[[Source], bool]
    load: Callable[[Source], Predictor]
    inspect: Callable[[Source], Inspection]
