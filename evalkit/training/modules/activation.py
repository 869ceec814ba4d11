"""What the element-wise activations share: the chain rule and the memory for it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.module import Buffer, Module

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from evalkit.training.modules.module import Floats


class Activation(Module):
    """A function h applied to each element: Y = h(X), so ∂L/∂X = ∂L/∂Y ∘ h′(X).

    Each of the six writes h and h′ into memory that it is given, in arithmetic without
    branches or masks, which would cost several times as much.
    """

    def __init__(self, dtype: DTypeLike = np.float64) -> None:
        self._output = Buffer(dtype)
        self._input_gradient = Buffer(dtype)
        self._scratch = Buffer(dtype)

    @abstractmethod
    def function(self, X: Floats, *, out: Floats) -> None:
        """Write h(X) to `out`."""

    @abstractmethod
    def derivative(self, X: Floats, Y: Floats, *, out: Floats) -> None:
        """Write h′(X) to `out`, from X or from Y = h(X), whichever is cheaper."""

    def forward(self, X: Floats, *, training: bool = False) -> Floats:  # noqa: ARG002 - the same either way
        """Return h(X)."""
        self._X, self._Y = X, self._output.like(X)
        self.function(X, out=self._Y)
        return self._Y

    def backward(self, G: Floats) -> Floats:
        """Return G ∘ h′(X)."""
        dX = self._input_gradient.like(G)
        self.derivative(self._X, self._Y, out=dX)
        dX *= G
        return dX
