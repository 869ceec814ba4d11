"""A multilayer perceptron in NumPy, put together from its modules."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from evalkit.errors import TrainingError
from evalkit.training.modules.activations import make_activation
from evalkit.training.modules.batch_norm import BatchNorm
from evalkit.training.modules.dropout import Dropout
from evalkit.training.modules.linear import Linear
from evalkit.training.modules.residual import Residual
from evalkit.training.modules.softmax import softmax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import DTypeLike, NDArray

    from evalkit.training.architecture import Architecture
    from evalkit.training.modules.module import Floats, Module, Parameter

_ROWS_A_BLOCK = 1024


class Network:
    """A multilayer perceptron: linear modules with an activation between any two.

    Every hidden layer is Linear, batch norm where asked for, activation, dropout; the last
    layer is Linear and returns logits. All trained parameters lie in one vector,
    `parameters`, and ∂L/∂w in another, `gradient`, which `backward` sets.

    >>> from evalkit.training.architecture import Architecture
    >>> network = Network(Architecture(inputs=4, hidden=(3,), outputs=2))
    >>> network.parameters.size, network.predict_proba(np.ones((5, 4))).shape
    (23, (5, 2))
    """

    def __init__(self, architecture: Architecture, dtype: DTypeLike = np.float32) -> None:
        self.architecture = architecture
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self.layers: list[Linear] = [
            Linear(a, b, self.dtype) for a, b in pairwise(architecture.widths)
        ]
        norms = architecture.hidden if architecture.batch_norm else ()
        self.norms: list[BatchNorm] = [BatchNorm(width, self.dtype) for width in norms]
        self._modules = [*self._hidden_modules(), self.layers[-1]]
        self.parameters: Floats
        self.gradient: Floats
        self.parameters, self.gradient = self._gather()

    def _hidden_modules(self) -> Iterator[Module]:
        for block in self.architecture.blocks:
            first, *second = block
            if not second:
                yield from self._hidden_layer(first)
                continue
            branch = [*self._hidden_layer(first), *self._affine(second[0])]
            yield Residual(branch, self.dtype)

    def _hidden_layer(self, i: int) -> Iterator[Module]:
        shape = self.architecture
        yield from self._affine(i)
        yield make_activation(shape.activation, shape.alpha, self.dtype)
        if shape.dropout:
            yield Dropout(shape.dropout, self.dtype)

    def _affine(self, i: int) -> Iterator[Module]:
        yield self.layers[i]
        if self.norms:
            yield self.norms[i]

    def _gather(self) -> tuple[Floats, Floats]:
        """Lay all parameters in one vector and their gradients in another."""
        parameters = [parameter for _, parameter in self.named_parameters()]
        ends = np.cumsum([parameter.value.size for parameter in parameters])
        values, gradients = np.zeros(ends[-1], self.dtype), np.zeros(ends[-1], self.dtype)
        for parameter, end in zip(parameters, ends, strict=True):
            stretch = slice(end - parameter.value.size, end)
            parameter.bind(values[stretch], gradients[stretch])
        return values, gradients

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the trained arrays by name, in the order in which the vectors hold them."""
        for group, modules in (("layers", self.layers), ("norms", self.norms)):
            for i, module in enumerate(modules):
                for name, parameter in module.parameters():
                    yield f"{group}.{i}.{name}", parameter

    def _arrays(self) -> Iterator[tuple[str, Floats]]:
        for name, parameter in self.named_parameters():
            yield name, parameter.value
        for i, norm in enumerate(self.norms):
            yield f"norms.{i}.running_mean", norm.running_mean
            yield f"norms.{i}.running_var", norm.running_var

    def state(self) -> dict[str, Floats]:
        """Return copies of all arrays by name, batch norm's running statistics included."""
        return {name: array.copy() for name, array in self._arrays()}

    def load(self, weights: Mapping[str, NDArray[Any]]) -> Self:
        """Take all arrays from `weights`, and return the network.

        Raises
        ------
        TrainingError
            If a name is missing or unknown, or an array has another shape.
        """
        own = dict(self._arrays())
        if odd := sorted(own.keys() ^ weights.keys()):
            state = "missing" if odd[0] in own else "unknown"
            raise TrainingError(f"weights must be those of the architecture; {odd[0]} is {state}")
        for name, array in own.items():
            if array.shape != weights[name].shape:
                raise TrainingError(
                    "weights must have the shapes of the architecture; "
                    f"{name} should be {array.shape} and is {weights[name].shape}"
                )
        for name, array in own.items():
            array[...] = weights[name]
        return self

    def forward(self, X: Floats, *, training: bool = False) -> Floats:
        """Return the logits of a batch, (S, K), in memory that the next call reuses."""
        Y = X
        for module in self._modules:
            Y = module.forward(Y, training=training)
        return Y

    def backward(self, G: Floats) -> None:
        """Set `gradient` from G = ∂L/∂logits of the batch that `forward` saw last."""
        first, *others = self._modules
        for module in reversed(others):
            G = module.backward(G)
        assert isinstance(first, Linear)
        first.backward_parameters(G)

    def draw_from(self, generator: np.random.Generator) -> None:
        """Let dropout draw from `generator` from now on."""
        for module in self._modules:
            module.draw_from(generator)

    def predict_proba(self, X: NDArray[Any]) -> Floats:
        """Return the probabilities of normalised inputs, (n, K), a block of rows at a time."""
        probabilities = np.empty((len(X), self.architecture.outputs), self.dtype)
        for start in range(0, len(X), _ROWS_A_BLOCK):
            block = slice(start, start + _ROWS_A_BLOCK)
            logits = self.forward(np.asarray(X[block], self.dtype))
            softmax(logits, out=probabilities[block])
        return probabilities
