"""Batch normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.training.modules.module import Buffer, Module, Parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike

    from evalkit.training.modules.module import Floats

EPSILON = 1e-5
MOMENTUM = 0.1


class BatchNorm(Module):
    """Batch normalisation: standardise each unit over the batch, then scale and shift.

    With μ and σ² the mean and (biased) variance of the S rows of a training batch::

        X̂ = (X − μ) / √(σ² + ε)          Y = γ ∘ X̂ + β
        ∂L/∂γ = Σ_i (G ∘ X̂)_i            ∂L/∂β = Σ_i G_i
        ∂L/∂X = γ / √(σ² + ε) ∘ (G − (1/S) ∂L/∂β − (1/S) X̂ ∘ ∂L/∂γ)

    In evaluation mode, μ and σ² are exponential running means over the training batches with
    momentum 0.1 (and unbiased variance, as in PyTorch). They do not depend on X, so
    ∂L/∂X = γ / √(σ² + ε) ∘ G.

    Ioffe and Szegedy, "Batch normalization: accelerating deep network training by
    reducing internal covariate shift", 2015.

    >>> norm = BatchNorm(1)
    >>> norm.forward(np.array([[1.0], [3.0]]), training=True).round(3)
    array([[-1.], [ 1.]])
    """

    def __init__(self, width: int, dtype: DTypeLike = np.float64) -> None:
        self.weight: Parameter = Parameter((width,), dtype)
        self.weight.value[:] = 1
        self.bias: Parameter = Parameter((width,), dtype)
        self.running_mean: Floats = np.zeros(width, dtype)
        self.running_var: Floats = np.ones(width, dtype)
        self._mean: Floats = np.zeros(width, dtype)
        self._variance: Floats = np.zeros(width, dtype)
        self._inverse_deviation: Floats = np.zeros(width, dtype)
        self._normalised = Buffer(dtype)
        self._output = Buffer(dtype)
        self._scratch = Buffer(dtype)

    def forward(self, X: Floats, *, training: bool = False) -> Floats:
        """Return γ ∘ X̂ + β."""
        self._training = training
        normalised = self._X_hat = self._normalised.like(X)
        if training:
            mean, variance = self._mean, self._variance
            np.mean(X, axis=0, out=mean)
            np.subtract(X, mean, out=normalised)
            np.mean(np.square(normalised, out=self._scratch.like(X)), axis=0, out=variance)
            self._update_running(mean, variance, rows=len(X))
        else:
            mean, variance = self.running_mean, self.running_var
            np.subtract(X, mean, out=normalised)
        np.add(variance, EPSILON, out=self._inverse_deviation)
        np.sqrt(self._inverse_deviation, out=self._inverse_deviation)
        np.divide(1, self._inverse_deviation, out=self._inverse_deviation)
        normalised *= self._inverse_deviation
        Y = self._output.like(X)
        np.multiply(normalised, self.weight.value, out=Y)
        Y += self.bias.value
        return Y

    def _update_running(self, mean: Floats, variance: Floats, *, rows: int) -> None:
        """Update the running statistics."""
        self.running_mean += MOMENTUM * (mean - self.running_mean)
        self.running_var += MOMENTUM * (variance * (rows / (rows - 1)) - self.running_var)

    def backward(self, G: Floats) -> Floats:
        """Return ∂L/∂X, and set the gradients of γ and β."""
        X_hat, rows = self._X_hat, len(G)
        dX = self._scratch.like(G)
        np.multiply(G, X_hat, out=dX)
        d_gamma = np.sum(dX, axis=0, out=self.weight.gradient)
        d_beta = np.sum(G, axis=0, out=self.bias.gradient)
        if self._training:
            np.multiply(X_hat, d_gamma, out=dX)
            dX += d_beta
            dX /= -rows
            dX += G
            dX *= self._inverse_deviation
        else:
            np.multiply(G, self._inverse_deviation, out=dX)
        dX *= self.weight.value
        return dX

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield γ and β."""
        yield "weight", self.weight
        yield "bias", self.bias
