"""Base class of the element-wise activations."""

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

    Subclasses write h and h′ to a given array, without branches or masks, which would be several
    times slower.
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
        """Write h′(X) to `out`, computed from X or from Y = h(X)."""

    def forward(self, X: Floats, *, training: bool = False) -> Floats:  # noqa: ARG002  the same in training
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
