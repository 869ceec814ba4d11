"""Wrap objects with ``predict_proba`` and ``classes_`` as predictors, and check their output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError, InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalkit.models.predictor import ModelCard

_BATCH_SIZE = 65_536
SUM_TOLERANCE = 1e-3


class EstimatorPredictor:
    """Predictor for a scikit-learn-like estimator; predicts in batches and checks the output.

    Attributes
    ----------
    classes : the classes of the estimator, as strings.
    card : the model card.
    """

    def __init__(self, estimator: Any, card: ModelCard) -> None:
        classes = getattr(estimator, "classes_", getattr(estimator, "classes", None))
        if classes is None or not callable(getattr(estimator, "predict_proba", None)):
            raise FileFormatError(
                f"The model in {card.path} is a {type(estimator).__name__} without "
                "predict_proba(X) or without classes_. Both are required."
            )
        self._estimator = estimator
        self.card: ModelCard = card
        self.classes: tuple[str, ...] = tuple(map(str, np.asarray(classes).tolist()))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.floating[Any]]:
        """Return the class probabilities of raw inputs (n, d), shape (n, K).

        Raises
        ------
        InputError
            If the number of features does not match the estimator, or its output is not
            probabilities.
        """
        inputs: NDArray[Any] = np.asarray(X)
        width = getattr(self._estimator, "n_features_in_", None)
        if width is not None and inputs.shape[1:] != (width,):
            raise InputError(
                f"The data has shape {inputs.shape}, but {self.card.path} expects {width} "
                "features. Pass the data that the model was trained on."
            )
        starts = range(0, len(inputs), _BATCH_SIZE)
        batches = [self._predict_batch(inputs[start : start + _BATCH_SIZE]) for start in starts]
        return np.concatenate(batches) if batches else np.empty((0, len(self.classes)))

    def _predict_batch(self, rows: NDArray[Any]) -> NDArray[np.floating[Any]]:
        output: NDArray[Any] = np.asarray(self._estimator.predict_proba(rows))
        return checked_probabilities(output, len(rows), self.classes, str(self.card.path))


def checked_probabilities(
    output: NDArray[Any], rows: int, classes: tuple[str, ...], model: str
) -> NDArray[np.floating[Any]]:
    """Return the output of a model if it is probabilities; logits are never converted.

    Raises
    ------
    InputError
        If the shape is not (rows, K), a value lies outside [0, 1], or a row does not sum to one.
    """
    if output.shape != (rows, len(classes)) or output.dtype.kind != "f":
        raise InputError(
            f"The output of {model} has shape {output.shape} and dtype {output.dtype}, expected "
            f"floating-point shape ({rows}, {len(classes)}), one column per class."
        )
    deviation = np.abs(output.sum(axis=1, dtype=np.float64) - 1)
    is_invalid = ~(deviation <= SUM_TOLERANCE) | (output < 0).any(axis=1)
    if is_invalid.any():
        row = int(is_invalid.argmax())
        raise InputError(
            f"The output of {model} is not probabilities: row {row} sums to "
            f"{output[row].sum():.6g} and ranges from {output[row].min():.6g} to "
            f"{output[row].max():.6g}. If these are logits, export the model with its softmax."
        )
    return output
