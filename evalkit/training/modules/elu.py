"""The exponential linear unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.activation import Activation

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from evalkit.training.modules.module import Floats


class ELU(Activation):
    """The exponential linear unit: the identity above zero, saturating at −α below.

    h(x) = x if x > 0, else α (eˣ − 1); h′(x) = 1 if x > 0, else α eˣ. Without branches::

        h(x)  = x − m + α (eᵐ − 1), with m = min(x, 0)
        h′(x) = α + min(h(x), 0) + (1 − α) 1[x > 0]

    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by
    exponential linear units (ELUs)", 2016.

    >>> ELU(alpha=1.0).forward(np.array([[2.0, 0.0, -np.log(2)]]))
    array([[ 2. ,  0. , -0.5]])
    """

    def __init__(self, dtype: DTypeLike = np.float64, *, alpha: float = 1.0) -> None:
        super().__init__(dtype)
        self.alpha = alpha

    def function(self, X: Floats, *, out: Floats) -> None:
        """Write x − m + α (eᵐ − 1), with m = min(x, 0)."""
        m = np.minimum(X, 0, out=out)
        saturating = np.exp(m, out=self._scratch.like(X))
        # expm1 is eight times slower without AVX-512, and its extra digits are lost in the sums
        # of the next layer.
        saturating -= 1
        saturating *= self.alpha
        np.subtract(X, m, out=out)
        out += saturating

    def derivative(self, X: Floats, Y: Floats, *, out: Floats) -> None:
        """Write α + min(y, 0) + (1 − α) 1[x > 0]."""
        np.greater(X, 0, out=out)
        out *= 1 - self.alpha
        out += np.minimum(Y, 0, out=self._scratch.like(Y))
        out += self.alpha
