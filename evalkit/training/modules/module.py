"""What every module of the NumPy network is, and the two kinds of array that it owns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

    Floats: TypeAlias = NDArray[np.floating[Any]]


class Parameter:
    """An array that training changes, with the gradient of the loss beside it.

    A network lays the values of all its parameters in one vector and their gradients in
    another, and `bind` makes this parameter a view of its stretch of both.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self.value: Floats = np.zeros(shape, dtype)
        self.gradient: Floats = np.zeros(shape, dtype)

    def bind(self, values: Floats, gradients: Floats) -> None:
        """Move to stretches of a network's two vectors, keeping value and gradient."""
        shape = self.value.shape
        values[:], gradients[:] = self.value.ravel(), self.gradient.ravel()
        self.value, self.gradient = values.reshape(shape), gradients.reshape(shape)


class Buffer:
    """Rows of scratch memory, allocated for the largest batch seen and handed out again."""

    def __init__(self, dtype: DTypeLike) -> None:
        self._memory: NDArray[Any] = np.empty((0, 0), dtype)

    def like(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return memory of the shape of `X`, with whatever was in it."""
        return self.rows(len(X), X.shape[1])

    def rows(self, rows: int, width: int) -> NDArray[Any]:
        """Return memory of shape (rows, width), with whatever was in it."""
        if rows > len(self._memory) or width != self._memory.shape[1]:
            self._memory = np.empty((rows, width), self._memory.dtype)
        return self._memory[:rows]


class Module(ABC):
    """A differentiable map of a batch, rows in and rows out.

    `forward` remembers what `backward` needs. Neither writes to its argument, and what
    they return is the module's own memory, good until the next call.
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
        """Yield the trained arrays with their names inside the module."""
        yield from ()

    def draw_from(self, generator: np.random.Generator) -> None:  # noqa: B027 - few are random
        """Take what is random while training from `generator` from now on."""
