"""The softmax, with its vector–Jacobian product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.module import Buffer, Module

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from evalkit.training.modules.module import Floats


def softmax(Z: Floats, *, out: Floats) -> None:
    """Write the softmax of each row of `Z` to `out`, which may be `Z` itself.

    y_k = e^(z_k − m) / Σ_j e^(z_j − m) with m = max_j z_j, which does not overflow.
    """
    np.subtract(Z, Z.max(axis=1, keepdims=True), out=out)
    np.exp(out, out=out)
    out /= out.sum(axis=1, keepdims=True)


class Softmax(Module):
    """The softmax of each row: y_k = e^z_k / Σ_j e^z_j.

    The Jacobian of a row y is diag(y) − y yᵀ, with K² entries; its product with G = ∂L/∂Y takes
    O(K) operations::

        ∂L/∂Z = Y ∘ (G − ((G ∘ Y) 1) 1ᵀ)

    >>> Softmax().forward(np.array([[0.0, 0.0], [1e4, -1e4]]))
    array([[0.5, 0.5], [1. , 0. ]])
    """

    def __init__(self, dtype: DTypeLike = np.float64) -> None:
        self._output = Buffer(dtype)
        self._input_gradient = Buffer(dtype)

    def forward(self, X: Floats, *, training: bool = False) -> Floats:  # noqa: ARG002  the same in training
        """Return the probabilities; rows sum to one."""
        self._Y = self._output.like(X)
        softmax(X, out=self._Y)
        return self._Y

    def backward(self, G: Floats) -> Floats:
        """Return Y ∘ (G − ((G ∘ Y) 1) 1ᵀ)."""
        Y = self._Y
        dZ = self._input_gradient.like(G)
        np.multiply(G, Y, out=dZ)
        along = dZ.sum(axis=1, keepdims=True)
        np.subtract(G, along, out=dZ)
        dZ *= Y
        return dZ
