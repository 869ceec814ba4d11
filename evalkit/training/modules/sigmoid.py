"""The logistic sigmoid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.activation import Activation

if TYPE_CHECKING:
    from evalkit.training.modules.module import Floats


class Sigmoid(Activation):
    """The logistic function, from the reals to (0, 1).

    σ(x) = 1 / (1 + e⁻ˣ) = ½ (tanh(x/2) + 1), and σ′ = σ (1 − σ). The form with tanh does not
    overflow.

    >>> Sigmoid().forward(np.array([[0.0, 1e4, -1e4]]))
    array([[0.5, 1. , 0. ]])
    """

    def function(self, X: Floats, *, out: Floats) -> None:
        """Write ½ (tanh(x/2) + 1)."""
        np.multiply(X, 0.5, out=out)
        np.tanh(out, out=out)
        out += 1
        out *= 0.5

    def derivative(self, X: Floats, Y: Floats, *, out: Floats) -> None:  # noqa: ARG002  computed from Y
        """Write y (1 − y)."""
        np.subtract(1, Y, out=out)
        out *= Y
