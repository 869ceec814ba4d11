"""The softplus, a smooth ReLU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.activation import Activation

if TYPE_CHECKING:
    from evalkit.training.modules.module import Floats


class Softplus(Activation):
    """The softplus: h(x) = ln(1 + eˣ), and h′(x) = σ(x).

    Computed as max(x, 0) + ln(1 + e^−|x|), which does not overflow. It equals −ln σ(−x).

    >>> Softplus().forward(np.array([[0.0, 1e4, -1e4]])).round(4)
    array([[6.931e-01, 1.000e+04, 0.000e+00]])
    """

    def function(self, X: Floats, *, out: Floats) -> None:
        """Write max(x, 0) + ln(1 + e^−|x|)."""
        positive_part = np.maximum(X, 0, out=self._scratch.like(X))
        np.multiply(positive_part, -2, out=out)
        out += X  # −|x| = x − 2 max(x, 0)
        np.exp(out, out=out)
        np.log1p(out, out=out)
        out += positive_part

    def derivative(self, X: Floats, Y: Floats, *, out: Floats) -> None:  # noqa: ARG002  computed from X
        """Write σ(x) = ½ (tanh(x/2) + 1)."""
        np.multiply(X, 0.5, out=out)
        np.tanh(out, out=out)
        out += 1
        out *= 0.5
