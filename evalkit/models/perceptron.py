"""A checkpoint of either trainer at work, run by the NumPy network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError, InputError, TrainingError
from evalkit.models.fields import trained_numbers
from evalkit.models.predictor import ModelCard
from evalkit.training.numpy_network import Network

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from evalkit.training.checkpoint import Checkpoint

_ROWS_A_BATCH = 4096


class PerceptronPredictor:
    """Normalises raw inputs and runs them through the network, a batch at a time.

    Attributes
    ----------
    checkpoint : everything the file holds.
    card : what reports tell of it.
    """

    def __init__(self, checkpoint: Checkpoint, card: ModelCard) -> None:
        self.checkpoint: Checkpoint = checkpoint
        self.card: ModelCard = card
        dtype = np.result_type(*checkpoint.weights.values())
        try:
            self._network = Network(checkpoint.architecture, dtype).load(checkpoint.weights)
        except TrainingError as error:
            raise FileFormatError(
                f"a checkpoint's arrays must fit its architecture; in {card.path} they do not: "
                f"{error}"
            ) from error
        self._dtype = dtype

    @property
    def classes(self) -> tuple[str, ...]:
        """The ordered names of the classes."""
        return self.checkpoint.classes

    def predict_proba(self, X: ArrayLike) -> NDArray[np.floating[Any]]:
        """Return the probabilities of raw inputs (n, d), shape (n, K).

        Raises
        ------
        InputError
            If the inputs are not numbers of the width that the network was trained on, or not
            finite.
        """
        inputs = checked_inputs(X, self.checkpoint.architecture.inputs, str(self.card.path))
        probabilities = np.empty((len(inputs), len(self.classes)), self._dtype)
        for start in range(0, len(inputs), _ROWS_A_BATCH):
            rows = slice(start, start + _ROWS_A_BATCH)
            normalised = self.checkpoint.normalisation.apply(inputs[rows], self._dtype)
            probabilities[rows] = self._network.predict_proba(normalised)
        return probabilities


def checked_inputs(X: ArrayLike, width: int, model: str) -> NDArray[Any]:
    """Return `X` as an array of numbers (n, width).

    Raises
    ------
    InputError
        Names both widths where they differ.
    """
    inputs: NDArray[Any] = np.asarray(X)
    if inputs.dtype.kind not in "biuf" or inputs.ndim != 2:
        raise InputError(
            f"inputs must be numbers of shape (n, {width}); got shape {inputs.shape} of "
            f"{inputs.dtype}"
        )
    if inputs.shape[1] != width:
        raise InputError(
            f"inputs must have the width that the model was trained on; {model} takes {width} "
            f"features and the data has {inputs.shape[1]}: pass the data that it was made for"
        )
    if inputs.dtype.kind == "f" and not np.isfinite(inputs).all():
        row = int(np.argmin(np.isfinite(inputs).all(axis=1)))
        raise InputError(f"inputs must be finite numbers; row {row} has NaN or infinity")
    return inputs


def card_of(checkpoint: Checkpoint, *, format: str, path: Path, sha256: str) -> ModelCard:  # noqa: A002  the card's own word
    """Return the card of a file that holds `checkpoint`."""
    return ModelCard(
        format=format,
        path=path,
        sha256=sha256,
        backend=checkpoint.backend,
        architecture=checkpoint.architecture,
        parameters=trained_numbers(checkpoint.weights),
        history=checkpoint.history,
        best_epoch=checkpoint.best_epoch,
        dataset=checkpoint.dataset,
        seed=checkpoint.seed,
        settings=checkpoint.settings,
        versions=checkpoint.versions,
        complete=checkpoint.complete,
        ending=checkpoint.ending,
    )
