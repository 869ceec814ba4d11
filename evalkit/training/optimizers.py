"""Optimizers that update all parameters of a network as one vector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.training.modules.module import Floats
    from evalkit.training.settings import Settings


class Optimizer(Protocol):
    """An optimizer that updates a parameter vector w from its gradient g, in place."""

    def step(self, rate: float) -> None:
        """Update w with the learning rate `rate`; g is overwritten."""

    def state(self) -> dict[str, Any]:
        """Return a copy of the state kept between steps."""

    def load(self, state: dict[str, Any]) -> None:
        """Set the state from `state`."""


class SGD:
    """Stochastic gradient descent with momentum μ: v ← μ v + g; w ← w − η v.

    >>> w, g = np.array([1.0]), np.array([0.5])
    >>> SGD(w, g).step(0.1); w
    array([0.95])
    """

    def __init__(self, parameters: Floats, gradient: Floats, *, momentum: float = 0.0) -> None:
        self._w, self._g, self._momentum = parameters, gradient, momentum
        self._v: Floats = np.zeros(len(parameters) if momentum else 0, parameters.dtype)

    def step(self, rate: float) -> None:
        """Update w by −η v; without momentum v = g."""
        w, g, v = self._w, self._g, self._v
        if self._momentum:
            v *= self._momentum
            v += g
            np.multiply(v, rate, out=g)
        else:
            g *= rate
        w -= g

    def state(self) -> dict[str, Any]:
        """Return a copy of v."""
        return {"velocity": self._v.copy()}

    def load(self, state: dict[str, Any]) -> None:
        """Set v from `state`."""
        self._v[:] = state["velocity"]


class Adam:
    """Adam: steps scaled by running means of the gradient and its square.

    m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²;
    w ← w − η m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ),
    β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸.

    Kingma and Ba, "Adam: a method for stochastic optimization", 2015.

    >>> w, g = np.array([1.0]), np.array([0.5])
    >>> Adam(w, g).step(0.1); w.round(6)
    array([0.9])
    """

    BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Floats, gradient: Floats) -> None:
        self._w, self._g = parameters, gradient
        self._m: Floats = np.zeros_like(parameters)
        self._v: Floats = np.zeros_like(parameters)
        self._scratch: Floats = np.empty_like(parameters)
        self._t = 0

    def step(self, rate: float) -> None:
        """Update w by −η m̂ / (√v̂ + ε)."""
        w, g, m, v, scratch = self._w, self._g, self._m, self._v, self._scratch
        self._t += 1
        m *= self.BETA_1
        m += np.multiply(g, 1 - self.BETA_1, out=scratch)
        np.square(g, out=g)
        g *= 1 - self.BETA_2
        v *= self.BETA_2
        v += g

        # √v̂ + ε, then η m / (1 − β₁ᵗ) divided by it.
        np.sqrt(v, out=scratch)
        scratch /= math.sqrt(1 - self.BETA_2**self._t)
        scratch += self.EPSILON
        np.divide(m, scratch, out=g)
        g *= rate / (1 - self.BETA_1**self._t)
        w -= g

    def state(self) -> dict[str, Any]:
        """Return t and copies of m and v."""
        return {"steps": self._t, "mean": self._m.copy(), "square": self._v.copy()}

    def load(self, state: dict[str, Any]) -> None:
        """Set t, m and v from `state`."""
        self._t = state["steps"]
        self._m[:], self._v[:] = state["mean"], state["square"]


def make_optimizer(
    settings: Settings, parameters: NDArray[Any], gradient: NDArray[Any]
) -> Optimizer:
    """Return the optimizer of the settings."""
    if settings.optimizer == "adam":
        return Adam(parameters, gradient)
    return SGD(parameters, gradient, momentum=settings.momentum)
