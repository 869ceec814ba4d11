"""The multilayer perceptron in PyTorch, with the same array names as in NumPy."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from evalkit.training.modules.batch_norm import EPSILON, MOMENTUM

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.training.architecture import Architecture


def build(architecture: Architecture) -> nn.Module:
    """Return the network as a module whose ``state_dict`` has the array names of a checkpoint.

    >>> from evalkit.training.architecture import Architecture
    >>> list(build(Architecture(inputs=4, hidden=(), outputs=2)).state_dict())
    ['layers.0.weight', 'layers.0.bias']
    """
    return Perceptron(architecture)


class Perceptron(nn.Module):
    """A multilayer perceptron with the same layers as `Network`."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        widths = architecture.widths
        # nn.Linear draws weights, which are overwritten later; the caller's generator is kept.
        with torch.random.fork_rng(devices=[]):
            self.layers: nn.ModuleList = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        if architecture.batch_norm:
            self.norms: nn.ModuleList = nn.ModuleList(
                BatchNorm(width) for width in architecture.hidden
            )
        self._activation = _activation(architecture)
        self.generator: torch.Generator | None = None

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the logits of a batch, (S, K)."""
        for first, *second in self.architecture.blocks:
            Y = self._dropout(self._activation(self._affine(first, X)))
            X = X + self._affine(second[0], Y) if second else Y
        logits: torch.Tensor = self.layers[-1](X)
        return logits

    def _affine(self, i: int, X: torch.Tensor) -> torch.Tensor:
        Y: torch.Tensor = self.layers[i](X)
        return self.norms[i](Y) if self.architecture.batch_norm else Y

    def _dropout(self, X: torch.Tensor) -> torch.Tensor:
        """Apply dropout with the generator of the network; nn.Dropout uses the global one."""
        p = self.architecture.dropout
        if not (self.training and p):
            return X
        keep = torch.empty_like(X).bernoulli_(1 - p, generator=self.generator)
        return X * keep.div_(1 - p)


class BatchNorm(nn.Module):
    """Batch normalisation without the unused batch counter of nn.BatchNorm1d."""

    running_mean: torch.Tensor
    running_var: torch.Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight: nn.Parameter = nn.Parameter(torch.ones(width))
        self.bias: nn.Parameter = nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return γ ∘ X̂ + β."""
        return functional.batch_norm(
            X,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=self.training,
            momentum=MOMENTUM,
            eps=EPSILON,
        )


def _activation(architecture: Architecture) -> Callable[[torch.Tensor], torch.Tensor]:
    alpha = architecture.alpha
    choices: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "elu": lambda X: functional.elu(X, alpha),
        "leaky_relu": lambda X: functional.leaky_relu(X, alpha),
        "relu": torch.relu,
        "sigmoid": torch.sigmoid,
        # Above the threshold PyTorch returns x, which is exact at 40 but not at its default 20.
        "softplus": lambda X: functional.softplus(X, threshold=40),
        "tanh": torch.tanh,
    }
    return choices[architecture.activation]
