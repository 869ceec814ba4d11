"""Dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.module import Buffer, Module

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from evalkit.training.modules.module import Floats


class Dropout(Module):
    """Set each unit to zero with probability p in training, and scale the others up.

    Y = X ∘ M / (1 − p) with M ~ Bernoulli(1 − p), so E[Y] = X; in evaluation mode, Y = X.
    ∂L/∂X = ∂L/∂Y ∘ M / (1 − p).

    Srivastava et al., "Dropout: a simple way to prevent neural networks from
    overfitting", 2014.

    >>> Dropout(0.9).forward(np.ones((1, 3)))
    array([[1., 1., 1.]])
    """

    def __init__(self, probability: float, dtype: DTypeLike = np.float64) -> None:
        self.probability = probability
        self._generator = np.random.default_rng(0)
        self._uniform = Buffer(np.float32)
        self._mask = Buffer(dtype)
        self._output = Buffer(dtype)
        self._input_gradient = Buffer(dtype)

    def forward(self, X: Floats, *, training: bool = False) -> Floats:
        """Return X ∘ M / (1 − p) in training, X otherwise."""
        self._training = training
        if not training:
            return X
        uniform = self._uniform.like(X)
        self._generator.random(out=uniform, dtype=np.float32)
        self._M = self._mask.like(X)
        np.greater_equal(uniform, self.probability, out=self._M)
        self._M /= 1 - self.probability
        Y = self._output.like(X)
        np.multiply(X, self._M, out=Y)
        return Y

    def backward(self, G: Floats) -> Floats:
        """Return G ∘ M / (1 − p) after a training pass, G otherwise."""
        if not self._training:
            return G
        dX = self._input_gradient.like(G)
        np.multiply(G, self._M, out=dX)
        return dX

    def draw_from(self, generator: np.random.Generator) -> None:
        """Set the random generator of M."""
        self._generator = generator
