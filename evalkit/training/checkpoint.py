"""What a training run leaves: a network's weights and everything needed to use and to trust it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.datasets.dataset import DatasetIdentity
    from evalkit.training.architecture import Architecture

Backend = Literal["numpy", "torch"]


@dataclass(frozen=True, eq=False)
class Normalisation:
    """The affine map from raw inputs to what the network saw: (x − offset) / scale.

    `offset` and `scale` have shape (d,) or (1,) and are measured on the training rows alone.
    """

    offset: NDArray[np.floating[Any]]
    scale: NDArray[np.floating[Any]]

    def apply(
        self,
        X: NDArray[Any],
        dtype: np.dtype[Any] | type = np.float32,
        *,
        out: NDArray[np.floating[Any]] | None = None,
    ) -> NDArray[np.floating[Any]]:
        """Return the normalised copy of `X`, shape (n, d), in `dtype`, or write it to `out`."""
        normalised: NDArray[Any] = np.empty(X.shape, dtype) if out is None else out
        wide = np.result_type(X.dtype, normalised.dtype)
        if wide == normalised.dtype:
            np.copyto(normalised, X)
            normalised -= self.offset.astype(wide)
        else:
            # Rounding before the difference would lose a small spread around a large mean.
            np.subtract(X, self.offset.astype(wide), out=normalised, casting="same_kind")
        normalised *= (1 / self.scale).astype(normalised.dtype)  # cheaper than a quotient
        return normalised


@dataclass(frozen=True)
class EpochRecord:
    """One row of the training history: losses in nats, accuracies in [0, 1].

    Losses are mean cross-entropy, weighted by class where the settings say so, without
    the elastic net. The training ones are means over the epoch's batches, each measured
    before its step; the validation ones are measured after the epoch.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained multilayer perceptron with its provenance; the file formats hold exactly this.

    Attributes
    ----------
    backend : which trainer made it.
    weights : the arrays by name, ``"layers.0.weight"`` (fan_out, fan_in), ``"layers.0.bias"`` …
    settings : the training options as plain values, for people and for ``--resume``.
    history : one record an epoch; `best_epoch` is the one whose weights these are.
    versions : of evalkit, NumPy and torch, as strings; what was not used is absent.
    complete : whether training ended by itself rather than by an interruption or by diverging.
    ending : one line about why it ended before its last epoch; empty where it did not.
    training_state : what ``--resume`` needs to go on as if nothing had happened, in plain
        values and arrays: the last epoch's weights and the optimizer's memory.
    """

    backend: Backend
    architecture: Architecture
    classes: tuple[str, ...]
    normalisation: Normalisation
    dataset: DatasetIdentity
    seed: int
    settings: dict[str, Any]
    history: tuple[EpochRecord, ...]
    best_epoch: int
    weights: dict[str, NDArray[np.floating[Any]]] = field(repr=False)
    versions: dict[str, str]
    complete: bool = True
    ending: str = ""
    training_state: dict[str, Any] | None = field(default=None, repr=False)
