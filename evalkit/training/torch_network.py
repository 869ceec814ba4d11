"""The same multilayer perceptron in PyTorch, its arrays under the same names."""

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
    """Return the network as a module whose ``state_dict`` has the names of a checkpoint's weights.

    >>> from evalkit.training.architecture import Architecture
    >>> list(build(Architecture(inputs=4, hidden=(), outputs=2)).state_dict())
    ['layers.0.weight', 'layers.0.bias']
    """
    return Perceptron(architecture)


class Perceptron(nn.Module):
    """Linear layers with an activation between any two, as `Network` has them."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        widths = architecture.widths
        # nn.Linear draws weights, which are loaded over: not from the caller's generator.
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
        """Drop units by a generator of the network's own, where nn.Dropout shares one."""
        p = self.architecture.dropout
        if not (self.training and p):
            return X
        keep = torch.empty_like(X).bernoulli_(1 - p, generator=self.generator)
        return X * keep.div_(1 - p)


class BatchNorm(nn.Module):
    """Batch normalisation without the batch counter that nn.BatchNorm1d keeps and never uses."""

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
        # Beyond its threshold PyTorch returns x itself: at 40 that is exact, at its 20 not.
        "softplus": lambda X: functional.softplus(X, threshold=40),
        "tanh": torch.tanh,
    }
    return choices[architecture.activation]
