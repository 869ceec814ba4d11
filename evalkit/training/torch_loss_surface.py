"""The loss of one batch as a function of all parameters, computed in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from evalkit.training.torch_network import Perceptron

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.training.checkpoint import Checkpoint
    from evalkit.training.loss_surface import Vector


class TorchLossSurface:
    """The loss surface of a checkpoint on a batch, computed by the PyTorch network.

    H v is the gradient of gᵀv, computed by differentiating the backward pass with autograd.

    Pearlmutter, "Fast exact multiplication by the Hessian", 1994.
    """

    def __init__(self, checkpoint: Checkpoint, X: NDArray[Any], y: NDArray[Any]) -> None:
        self._X = torch.from_numpy(checkpoint.normalisation.apply(X, np.float64))
        self._y = torch.from_numpy(y.astype(np.int64))
        self._network = Perceptron(checkpoint.architecture).double().eval()
        self._network.load_state_dict(
            {name: torch.tensor(array) for name, array in checkpoint.weights.items()}
        )
        self._shapes = {name: p.shape for name, p in self._network.named_parameters()}
        flat = [p.detach().flatten() for p in self._network.parameters()]
        self.point: Vector = torch.cat(flat).numpy()

    def loss(self, w: Vector) -> float:
        """Return L(w), in nats."""
        with torch.no_grad():
            return float(self._loss(torch.from_numpy(w)))

    def gradient(self, w: Vector) -> Vector:
        """Return g = ∇L(w)."""
        at = torch.from_numpy(w).requires_grad_()
        (g,) = torch.autograd.grad(self._loss(at), at)
        gradient: Vector = g.numpy()
        return gradient

    def hessian_product(self, w: Vector, v: Vector) -> Vector:
        """Return H v = ∇(gᵀv)."""
        at = torch.from_numpy(w).requires_grad_()
        (g,) = torch.autograd.grad(self._loss(at), at, create_graph=True)
        (Hv,) = torch.autograd.grad(g @ torch.from_numpy(v), at)
        product: Vector = Hv.numpy()
        return product

    def _loss(self, w: torch.Tensor) -> torch.Tensor:
        parts = torch.split(w, [shape.numel() for shape in self._shapes.values()])
        parameters = {
            name: part.view(shape)
            for (name, shape), part in zip(self._shapes.items(), parts, strict=True)
        }
        logits = torch.func.functional_call(self._network, parameters, (self._X,))
        return functional.cross_entropy(logits, self._y)
