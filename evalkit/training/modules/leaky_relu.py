"""The leaky rectified linear unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.activation import Activation

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from evalkit.training.modules.module import Floats


class LeakyReLU(Activation):
    """The leaky rectified linear unit: the identity above zero, slope α below.

    h(x) = x if x ≥ 0, else α x; h′(x) = 1 if x ≥ 0, else α. Without branches::

        h(x)  = α x + (1 − α) max(x, 0)
        h′(x) = α + (1 − α) 1[x ≥ 0]

    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic
    models", 2013.

    >>> LeakyReLU(alpha=0.5).forward(np.array([[2.0, 0.0, -3.0]]))
    array([[ 2. ,  0. , -1.5]])
    """

    def __init__(self, dtype: DTypeLike = np.float64, *, alpha: float = 0.01) -> None:
        super().__init__(dtype)
        self.alpha = alpha

    def function(self, X: Floats, *, out: Floats) -> None:
        """Write α x + (1 − α) max(x, 0)."""
        np.maximum(X, 0, out=out)
        out *= 1 - self.alpha
        out += np.multiply(X, self.alpha, out=self._scratch.like(X))

    def derivative(self, X: Floats, Y: Floats, *, out: Floats) -> None:  # noqa: ARG002  computed from X
        """Write α + (1 − α) 1[x ≥ 0]."""
        np.greater_equal(X, 0, out=out)
        out *= 1 - self.alpha
        out += self.alpha
