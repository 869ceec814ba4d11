"""The cross-entropy of probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evalkit.training.modules.module import Floats


class CrossEntropy:
    """The mean over S rows of −Σ_k t_k ln y_k, in nats, for targets whose rows sum to one.

    L = −(1/S) Σ T ∘ ln Y, so ∂L/∂Y = −(1/S) T / Y. A class with target zero contributes nothing;
    a positive target with probability zero gives an infinite loss.

    >>> loss = CrossEntropy()
    >>> round(loss.forward(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])), 4)
    0.6931
    """

    def forward(self, Y: Floats, T: Floats) -> float:
        """Return L for probabilities `Y` and targets `T`, both (S, K)."""
        self._Y, self._T = Y, T
        with np.errstate(divide="ignore"):
            log_Y = np.log(Y, where=T > 0, out=np.zeros_like(Y))
        return -float((T * log_Y).sum()) / len(Y)

    def backward(self) -> Floats:
        """Return −(1/S) T / Y."""
        Y, T = self._Y, self._T
        with np.errstate(divide="ignore"):
            ratio = np.divide(T, Y, where=T > 0, out=np.zeros_like(Y))
        ratio /= -len(Y)
        return ratio
