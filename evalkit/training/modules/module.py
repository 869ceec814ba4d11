"""Base class of the NumPy modules, and their parameters and buffers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    Floats: TypeAlias = NDArray[np.floating[Any]]


class Parameter:
    """A trained array with its gradient.

    A network stores the values of all parameters in one vector and their gradients in another;
    `bind` makes a parameter a view of its part of both.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self.value: Floats = np.zeros(shape, dtype)
        self.gradient: Floats = np.zeros(shape, dtype)

    def bind(self, values: Floats, gradients: Floats) -> None:
        """Copy value and gradient into the given vectors, and become a view of them."""
        shape = self.value.shape
        values[:], gradients[:] = self.value.ravel(), self.gradient.ravel()
        self.value, self.gradient = values.reshape(shape), gradients.reshape(shape)


class Buffer:
    """A reusable array, allocated for the largest batch so far."""

    def __init__(self, dtype: DTypeLike) -> None:
        self._memory: NDArray[Any] = np.empty((0, 0), dtype)

    def like(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return an uninitialised array of the shape of `X`."""
        return self.rows(len(X), X.shape[1])

    def rows(self, rows: int, width: int) -> NDArray[Any]:
        """Return an uninitialised array of shape (rows, width)."""
        if rows > len(self._memory) or width != self._memory.shape[1]:
            self._memory = np.empty((rows, width), self._memory.dtype)
        return self._memory[:rows]


class Module(ABC):
    """A differentiable function of a batch of rows.

    `forward` stores what `backward` needs. Neither modifies its argument. The returned arrays are
    buffers of the module and are valid until the next call.
    """

    @abstractmethod
    def forward(self, X: Floats, *, training: bool = False) -> Floats:
        """Return the output for a batch, shape (S, …)."""

    @abstractmethod
    def backward(self, G: Floats) -> Floats:
        """Return ∂L/∂X from G = ∂L/∂Y, and set the gradients of the parameters.

        Call it after `forward`, for the same batch.
        """

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters with their names in the module."""
        yield from ()

    def draw_from(self, generator: np.random.Generator) -> None:  # noqa: B027  most modules are not random
        """Set the random generator."""
