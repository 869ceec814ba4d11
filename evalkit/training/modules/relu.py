"""The rectified linear unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.activation import Activation

if TYPE_CHECKING:
    from evalkit.training.modules.module import Floats


class ReLU(Activation):
    """The rectified linear unit: h(x) = max(x, 0), and h′(x) = 1[x > 0].

    >>> ReLU().forward(np.array([[2.0, 0.0, -3.0]]))
    array([[2., 0., 0.]])
    """

    def function(self, X: Floats, *, out: Floats) -> None:
        """Write max(x, 0)."""
        np.maximum(X, 0, out=out)

    def derivative(self, X: Floats, Y: Floats, *, out: Floats) -> None:  # noqa: ARG002  computed from X
        """Write 1[x > 0]."""
        np.greater(X, 0, out=out)
