"""Any object with ``predict_proba`` and ``classes_``, as a predictor whose answers are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import FileFormatError, InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalkit.models.predictor import ModelCard

_ROWS_A_BATCH = 65_536
SUM_TOLERANCE = 1e-3


class EstimatorPredictor:
    """Asks an estimator, a batch of rows at a time, and refuses what are no probabilities.

    Attributes
    ----------
    classes : the estimator's classes, as text.
    card : what is known of the file.
    """

    def __init__(self, estimator: Any, card: ModelCard) -> None:
        classes = getattr(estimator, "classes_", getattr(estimator, "classes", None))
        if classes is None or not callable(getattr(estimator, "predict_proba", None)):
            raise FileFormatError(
                "a model needs predict_proba(X) and classes_; that of "
                f"{card.path} is a {type(estimator).__name__} and lacks one of them"
            )
        self._estimator = estimator
        self.card: ModelCard = card
        self.classes: tuple[str, ...] = tuple(map(str, np.asarray(classes).tolist()))

    def predict_proba(self, X: ArrayLike) -> NDArray[np.floating[Any]]:
        """Return the probabilities of raw inputs (n, d), shape (n, K).

        Raises
        ------
        InputError
            If the inputs have another width than the estimator takes, or what it returns are no
            probabilities.
        """
        inputs: NDArray[Any] = np.asarray(X)
        width = getattr(self._estimator, "n_features_in_", None)
        if width is not None and inputs.shape[1:] != (width,):
            raise InputError(
                f"inputs must have the width that the model was trained on; {self.card.path} takes "
                f"{width} features and the data has shape {inputs.shape}: pass the data it was "
                "made for"
            )
        starts = range(0, len(inputs), _ROWS_A_BATCH)
        batches = [self._ask(inputs[start : start + _ROWS_A_BATCH]) for start in starts]
        return np.concatenate(batches) if batches else np.empty((0, len(self.classes)))

    def _ask(self, rows: NDArray[Any]) -> NDArray[np.floating[Any]]:
        answer: NDArray[Any] = np.asarray(self._estimator.predict_proba(rows))
        return checked_probabilities(answer, len(rows), self.classes, str(self.card.path))


def checked_probabilities(
    answer: NDArray[Any], rows: int, classes: tuple[str, ...], model: str
) -> NDArray[np.floating[Any]]:
    """Return a model's answer if it is probabilities; logits are named, not mended.

    Raises
    ------
    InputError
        If the shape is not (rows, K), a value lies outside [0, 1], or a row does not sum to one.
    """
    if answer.shape != (rows, len(classes)) or answer.dtype.kind != "f":
        raise InputError(
            f"a model's answer must have shape ({rows}, {len(classes)}), one column a class; "
            f"{model} gave {answer.shape} of {answer.dtype}"
        )
    off = np.abs(answer.sum(axis=1, dtype=np.float64) - 1)
    is_off = ~(off <= SUM_TOLERANCE) | (answer < 0).any(axis=1)
    if is_off.any():
        row = int(is_off.argmax())
        raise InputError(
            f"a model's answer must be probabilities; row {row} of {model} sums to "
            f"{answer[row].sum():.6g} and goes from {answer[row].min():.6g} to "
            f"{answer[row].max():.6g}: are these logits? export the model with its softmax"
        )
    return answer
