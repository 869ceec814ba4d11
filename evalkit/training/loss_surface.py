"""The loss of one batch as a function of all parameters, computed in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from evalkit.training.modules.softmax import softmax
from evalkit.training.modules.softmax_cross_entropy import SoftmaxCrossEntropy
from evalkit.training.numpy_network import Network

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.training.checkpoint import Checkpoint

    Vector = NDArray[np.float64]

_IMAGINARY_STEP = 1e-20


class LossSurface(Protocol):
    """L(w): the mean cross-entropy of a batch at parameters w, one vector of float64.

    The network is in evaluation mode: without dropout, and with the running statistics of batch
    norm. The elastic net is not included.
    """

    point: Vector

    def loss(self, w: Vector) -> float:
        """Return L(w), in nats."""

    def gradient(self, w: Vector) -> Vector:
        """Return g = ∇L(w)."""

    def hessian_product(self, w: Vector, v: Vector) -> Vector:
        """Return H v, with H = ∇²L(w), without computing H."""


class NumpyLossSurface:
    """The loss surface of a checkpoint on a batch, computed by the NumPy network.

    The product H v is the directional derivative of the gradient along v. The gradient is an
    analytic function of w, so the product is computed with a complex step::

        H v = Im ∇L(w + i h v) / h

    The error is of order h², and nothing is subtracted, so with h = 10⁻²⁰ the product is as exact
    as the gradient.

    Squire and Trapp, "Using complex variables to estimate derivatives of real functions",
    1998.
    """

    def __init__(self, checkpoint: Checkpoint, X: NDArray[Any], y: NDArray[Any]) -> None:
        architecture = checkpoint.architecture
        self._X = checkpoint.normalisation.apply(X, np.float64)
        self._T = np.eye(architecture.outputs)[y]
        self._network = Network(architecture, np.float64).load(checkpoint.weights)
        self._complex_network = Network(architecture, np.complex128).load(checkpoint.weights)
        self.point: Vector = self._network.parameters.astype(np.float64)

    def loss(self, w: Vector) -> float:
        """Return L(w), in nats."""
        self._network.parameters[:] = w
        return SoftmaxCrossEntropy().forward(self._network.forward(self._X), self._T)

    def gradient(self, w: Vector) -> Vector:
        """Return g = ∇L(w)."""
        return self._gradient(self._network, w)

    def hessian_product(self, w: Vector, v: Vector) -> Vector:
        """Return H v = Im ∇L(w + i h v) / h."""
        complex_w = w + 1j * _IMAGINARY_STEP * v
        return self._gradient(self._complex_network, complex_w).imag / _IMAGINARY_STEP

    def _gradient(self, network: Network, w: NDArray[Any]) -> NDArray[Any]:
        network.parameters[:] = w
        logits = network.forward(self._X.astype(network.dtype, copy=False))
        gradient = np.empty_like(logits)
        softmax(logits, out=gradient)
        gradient -= self._T
        gradient /= len(self._T)
        network.backward(gradient)
        return network.gradient.copy()
