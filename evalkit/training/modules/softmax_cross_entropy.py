"""Softmax and cross-entropy combined, the training loss of the networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.module import Buffer

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from evalkit.training.modules.module import Floats


class SoftmaxCrossEntropy:
    """The cross-entropy between targets and the softmax of logits, with row weights.

    With Y = softmax(Z), targets T whose rows sum to one and weights w (all one unless
    given), in nats::

        L = (1/Σw) Σ_i w_i (ln Σ_k e^z_ik − Σ_k t_ik z_ik)
        ∂L/∂Z = (1/Σw) diag(w) (Y − T)        without weights (1/S) (Y − T)

    The largest logit of each row is subtracted first, which changes neither and keeps both finite
    for logits of any size. Targets may be soft. Rows of weight zero contribute no loss.

    >>> loss = SoftmaxCrossEntropy()
    >>> loss.forward(np.array([[1e4, -1e4]]), np.array([[0.0, 1.0]]))
    20000.0
    """

    def __init__(self, dtype: DTypeLike = np.float64) -> None:
        self._shifted = Buffer(dtype)
        self._exponentials = Buffer(dtype)
        self._gradient = Buffer(dtype)
        self._column = Buffer(dtype)

    def forward(self, Z: Floats, T: Floats, weights: Floats | None = None) -> float:
        """Return L for logits `Z` and targets `T`, both (S, K), and `weights` (S, 1)."""
        self._T, self._weights = T, weights
        total = float(len(Z)) if weights is None else float(weights.sum())
        self._total = total or 1.0
        column = self._column.rows(len(Z), 1)

        np.max(Z, axis=1, keepdims=True, out=column)
        shifted = np.subtract(Z, column, out=self._shifted.like(Z))
        exponentials = np.exp(shifted, out=self._exponentials.like(Z))
        np.sum(exponentials, axis=1, keepdims=True, out=column)
        exponentials /= column
        self.probabilities = exponentials

        log_normaliser = np.log(column, out=column)
        # Σ_k t_k (ln Σ e^z − z_k), since the targets of a row sum to one.
        row_losses = np.subtract(log_normaliser, shifted, out=shifted)
        row_losses *= T
        if weights is not None:
            row_losses *= weights
        return float(row_losses.sum()) / self._total

    def backward(self) -> Floats:
        """Return (1/Σw) diag(w) (Y − T)."""
        dZ = self._gradient.like(self._T)
        np.subtract(self.probabilities, self._T, out=dZ)
        if self._weights is not None:
            dZ *= self._weights
        dZ /= self._total
        return dZ
