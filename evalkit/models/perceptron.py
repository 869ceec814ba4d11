"""Predictor for evalkit checkpoints, computed by the NumPy network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError, InputError, TrainingError
from evalkit.models.fields import count_parameters
from evalkit.models.predictor import ModelCard
from evalkit.training.numpy_network import Network

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from evalkit.training.checkpoint import Checkpoint

_BATCH_SIZE = 4096


class PerceptronPredictor:
    """Predictor for a checkpoint; normalises raw inputs and runs the network in batches.

    Attributes
    ----------
    checkpoint : the checkpoint.
    card : the model card.
    """

    def __init__(self, checkpoint: Checkpoint, card: ModelCard) -> None:
        self.checkpoint: Checkpoint = checkpoint
        self.card: ModelCard = card
        dtype = np.result_type(*checkpoint.weights.values())
        try:
            self._network = Network(checkpoint.architecture, dtype).load(checkpoint.weights)
        except TrainingError as error:
            raise FileFormatError(f"Invalid checkpoint {card.path}: {error}") from error
        self._dtype = dtype

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered names of the classes."""
        return self.checkpoint.classes

    def predict_proba(self, X: ArrayLike) -> NDArray[np.floating[Any]]:
        """Return the class probabilities of raw inputs (n, d), shape (n, K).

        Raises
        ------
        InputError
            If the inputs are not finite numbers, their number of features does not match the
            network, or an output is not finite.
        """
        inputs = checked_inputs(X, self.checkpoint.architecture.inputs, str(self.card.path))
        probabilities = np.empty((len(inputs), len(self.classes)), self._dtype)
        for start in range(0, len(inputs), _BATCH_SIZE):
            rows = slice(start, start + _BATCH_SIZE)
            # Weights of a file may be so large that the network overflows.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                normalised = self.checkpoint.normalisation.apply(inputs[rows], self._dtype)
                probabilities[rows] = self._network.predict_proba(normalised)
            if not np.isfinite(probabilities[rows]).all():
                raise InputError(f"The output of {self.card.path} is not finite.")
        return probabilities


def checked_inputs(X: ArrayLike, width: int, model: str) -> NDArray[Any]:
    """Return `X` as a numeric array of shape (n, width).

    Raises
    ------
    InputError
        If `X` is not numeric, has another shape, or contains NaN or infinity.
    """
    inputs: NDArray[Any] = np.asarray(X)
    if inputs.dtype.kind not in "biuf" or inputs.ndim != 2:
        raise InputError(
            f"The inputs have shape {inputs.shape} and dtype {inputs.dtype}, expected numbers "
            f"of shape (n, {width})."
        )
    if inputs.shape[1] != width:
        raise InputError(
            f"The data has {inputs.shape[1]} features, but {model} expects {width} features. "
            "Pass the data that the model was trained on."
        )
    if inputs.dtype.kind == "f" and not np.isfinite(inputs).all():
        row = int(np.argmin(np.isfinite(inputs).all(axis=1)))
        raise InputError(f"Row {row} of the inputs contains NaN or infinity.")
    return inputs


def card_of(checkpoint: Checkpoint, *, format: str, path: Path, sha256: str) -> ModelCard:  # noqa: A002  name of the field of ModelCard
    """Return the card of a file with `checkpoint`."""
    return ModelCard(
        format=format,
        path=path,
        sha256=sha256,
        backend=checkpoint.backend,
        architecture=checkpoint.architecture,
        parameters=count_parameters(checkpoint.weights),
        history=checkpoint.history,
        best_epoch=checkpoint.best_epoch,
        dataset=checkpoint.dataset,
        seed=checkpoint.seed,
        settings=checkpoint.settings,
        versions=checkpoint.versions,
        complete=checkpoint.complete,
        ending=checkpoint.ending,
    )
