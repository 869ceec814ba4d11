"""The result of a training run: the weights of a network, with their provenance."""

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
    """The normalisation of raw inputs, (x − offset) / scale.

    `offset` and `scale` have shape (d,) or (1,) and are measured on the training rows only.
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
            # Rounding before the subtraction would lose a small spread around a large mean.
            np.subtract(X, self.offset.astype(wide), out=normalised, casting="same_kind")
        normalised *= (1 / self.scale).astype(normalised.dtype)  # cheaper than a division
        return normalised


@dataclass(frozen=True)
class EpochRecord:
    """One row of the training history: losses in nats, accuracies in [0, 1].

    Losses are mean cross-entropy without the elastic net, weighted by class if the settings have
    class weights. Training values are means over the batches of the epoch, each measured before
    its step; validation values are measured after the epoch.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained multilayer perceptron with its provenance, as stored in checkpoint files.

    Attributes
    ----------
    backend : the back end that trained the network.
    weights : the arrays by name, ``"layers.0.weight"`` (fan_out, fan_in), ``"layers.0.bias"`` …
    settings : the training options as plain values, for display and for ``--resume``.
    history : one record per epoch; `best_epoch` is the epoch of the stored weights.
    versions : the versions of evalkit, NumPy and torch, if used, as strings.
    complete : whether training finished without interruption or divergence.
    ending : why training ended before the last epoch, in one line; empty if it did not.
    training_state : the state for ``--resume``, as plain values and arrays: the weights of the
        last epoch and the state of the optimizer.
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
