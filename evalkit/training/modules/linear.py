"""The linear layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.module import Buffer, Module, Parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike

    from evalkit.training.modules.module import Floats


class Linear(Module):
    """An affine map of each row, with weights W of shape (fan_out, fan_in) and a bias b.

    Y = X Wᵀ + 1 bᵀ for X of shape (S, fan_in). With G = ∂L/∂Y::

        ∂L/∂W = Gᵀ X        ∂L/∂b = Gᵀ 1        ∂L/∂X = G W

    >>> linear = Linear(3, 2)
    >>> linear.forward(np.ones((5, 3))).shape
    (5, 2)
    """

    def __init__(self, fan_in: int, fan_out: int, dtype: DTypeLike = np.float64) -> None:
        self.weight: Parameter = Parameter((fan_out, fan_in), dtype)
        self.bias: Parameter = Parameter((fan_out,), dtype)
        self._output = Buffer(dtype)
        self._input_gradient = Buffer(dtype)

    def forward(self, X: Floats, *, training: bool = False) -> Floats:  # noqa: ARG002  the same in training
        """Return X Wᵀ + 1 bᵀ."""
        self._X = X
        W, b = self.weight.value, self.bias.value
        Y = self._output.rows(len(X), len(W))
        np.matmul(X, W.T, out=Y)
        Y += b
        return Y

    def backward(self, G: Floats) -> Floats:
        """Return G W, and set the gradients Gᵀ X and Gᵀ 1."""
        self.backward_parameters(G)
        dX = self._input_gradient.like(self._X)
        np.matmul(G, self.weight.value, out=dX)
        return dX

    def backward_parameters(self, G: Floats) -> None:
        """Set the gradients Gᵀ X and Gᵀ 1; the first layer of a network needs no others."""
        np.matmul(G.T, self._X, out=self.weight.gradient)
        np.sum(G, axis=0, out=self.bias.gradient)

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield W and b."""
        yield "weight", self.weight
        yield "bias", self.bias
