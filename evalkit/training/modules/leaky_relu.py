"""The leaky rectified linear unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.activation import Activation

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from evalkit.training.modules.module import Floats


class LeakyReLU(Activation):
    """The identity above zero, a line of slope α below it.

    h(x) = x if x ≥ 0, else α x; h′(x) = 1 if x ≥ 0, else α.

    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic
    models", 2013.

    >>> LeakyReLU(alpha=0.5).forward(np.array([[2.0, 0.0, -3.0]]))
    array([[ 2. ,  0. , -1.5]])
    """

    def __init__(self, dtype: DTypeLike = np.float64, *, alpha: float = 0.01) -> None:
        super().__init__(dtype)
        self.alpha = alpha

    def function(self, X: Floats, *, out: Floats) -> None:
        """Write x from zero on and α x below."""
        np.multiply(X, self.alpha, out=out)
        np.copyto(out, X, where=np.greater_equal(X, 0, out=self._mask.like(X)))

    def derivative(self, X: Floats, Y: Floats, *, out: Floats) -> None:  # noqa: ARG002 - X says it
        """Write 1 from zero on and α below."""
        out.fill(self.alpha)
        np.copyto(out, 1, where=np.greater_equal(X, 0, out=self._mask.like(X)))
