"""The multilayer perceptron in NumPy, built from modules."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from evalkit.errors import TrainingError
from evalkit.training.modules.batch_norm import BatchNorm
from evalkit.training.modules.dropout import Dropout
from evalkit.training.modules.elu import ELU
from evalkit.training.modules.leaky_relu import LeakyReLU
from evalkit.training.modules.linear import Linear
from evalkit.training.modules.relu import ReLU
from evalkit.training.modules.residual import Residual
from evalkit.training.modules.sigmoid import Sigmoid
from evalkit.training.modules.softmax import softmax
from evalkit.training.modules.softplus import Softplus
from evalkit.training.modules.tanh import Tanh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import DTypeLike, NDArray

    from evalkit.training.architecture import ActivationName, Architecture
    from evalkit.training.modules.activation import Activation
    from evalkit.training.modules.module import Floats, Module, Parameter

_BATCH_SIZE = 1024


class Network:
    """A multilayer perceptron: linear layers with activations between them.

    A hidden layer consists of Linear, optional batch norm, activation and optional dropout; the
    last layer is Linear and returns logits. All trained parameters are views of one vector,
    `parameters`, and their gradients of another, `gradient`, which `backward` sets.

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
        """Move all parameters into one vector and their gradients into another."""
        parameters = [parameter for _, parameter in self.named_parameters()]
        ends = np.cumsum([parameter.value.size for parameter in parameters])
        values, gradients = np.zeros(ends[-1], self.dtype), np.zeros(ends[-1], self.dtype)
        for parameter, end in zip(parameters, ends, strict=True):
            part = slice(end - parameter.value.size, end)
            parameter.bind(values[part], gradients[part])
        return values, gradients

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the trained arrays by name, in the order of the vectors."""
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
        """Return copies of all arrays by name, including running statistics of batch norm."""
        return {name: array.copy() for name, array in self._arrays()}

    def load(self, weights: Mapping[str, NDArray[Any]]) -> Self:
        """Set all arrays from `weights`, and return the network.

        Raises
        ------
        TrainingError
            If a name is missing or unknown, or an array has another shape.
        """
        arrays = dict(self._arrays())
        if different := sorted(arrays.keys() ^ weights.keys()):
            fault = "missing" if different[0] in arrays else "not part of the architecture"
            raise TrainingError(f"The array {different[0]} is {fault}.")
        for name, array in arrays.items():
            if array.shape != weights[name].shape:
                raise TrainingError(
                    f"The array {name} has shape {weights[name].shape}, expected {array.shape}."
                )
        for name, array in arrays.items():
            array[...] = weights[name]
        return self

    def forward(self, X: Floats, *, training: bool = False) -> Floats:
        """Return the logits of a batch, (S, K); the next call reuses the array."""
        Y = X
        for module in self._modules:
            Y = module.forward(Y, training=training)
        return Y

    def backward(self, G: Floats) -> None:
        """Set `gradient` from G = ∂L/∂logits of the last batch passed to `forward`."""
        first, *others = self._modules
        for module in reversed(others):
            G = module.backward(G)
        assert isinstance(first, Linear)
        first.backward_parameters(G)

    def draw_from(self, generator: np.random.Generator) -> None:
        """Set the random generator of dropout."""
        for module in self._modules:
            module.draw_from(generator)

    def predict_proba(self, X: NDArray[Any]) -> Floats:
        """Return the class probabilities of normalised inputs, (n, K), computed in batches."""
        probabilities = np.empty((len(X), self.architecture.outputs), self.dtype)
        for start in range(0, len(X), _BATCH_SIZE):
            batch = slice(start, start + _BATCH_SIZE)
            logits = self.forward(np.asarray(X[batch], self.dtype))
            softmax(logits, out=probabilities[batch])
        return probabilities


def make_activation(name: ActivationName, alpha: float, dtype: DTypeLike) -> Activation:
    """Return the activation `name`, with slope or scale `alpha` if it has one."""
    if name == "elu":
        return ELU(dtype, alpha=alpha)
    if name == "leaky_relu":
        return LeakyReLU(dtype, alpha=alpha)
    plain: dict[str, Callable[[DTypeLike], Activation]] = {
        "relu": ReLU,
        "sigmoid": Sigmoid,
        "softplus": Softplus,
        "tanh": Tanh,
    }
    return plain[name](dtype)
