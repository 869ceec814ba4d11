"""The hyperbolic tangent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.activation import Activation

if TYPE_CHECKING:
    from evalkit.training.modules.module import Floats


class Tanh(Activation):
    """The hyperbolic tangent, from the reals to (−1, 1): tanh′ = 1 − tanh².

    >>> Tanh().forward(np.array([[0.0, 1e4, -1e4]]))
    array([[ 0.,  1., -1.]])
    """

    def function(self, X: Floats, *, out: Floats) -> None:
        """Write tanh(x)."""
        np.tanh(X, out=out)

    def derivative(self, X: Floats, Y: Floats, *, out: Floats) -> None:  # noqa: ARG002  computed from Y
        """Write 1 − y²."""
        np.square(Y, out=out)
        np.subtract(1, out, out=out)
