"""The residual block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import TrainingError
from evalkit.training.modules.module import Buffer, Module

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import DTypeLike

    from evalkit.training.modules.module import Floats, Parameter


class Residual(Module):
    """A residual block: Y = X + F(X), with F = Linear₂ ∘ h ∘ Linear₁.

    The output of F must be as wide as its input. The gradient is
    ∂L/∂X = (∂L/∂Y through the branch) + ∂L/∂Y.

    He et al., "Deep residual learning for image recognition", 2016.

    >>> from evalkit.training.modules.relu import ReLU
    >>> Residual([ReLU()]).forward(np.array([[2.0, -3.0]]))
    array([[ 4., -3.]])
    """

    def __init__(self, branch: Sequence[Module], dtype: DTypeLike = np.float64) -> None:
        self.branch: tuple[Module, ...] = tuple(branch)
        self._output = Buffer(dtype)
        self._input_gradient = Buffer(dtype)

    def forward(self, X: Floats, *, training: bool = False) -> Floats:
        """Return X + F(X)."""
        F = X
        for module in self.branch:
            F = module.forward(F, training=training)
        if F.shape != X.shape:
            raise TrainingError(
                f"The residual branch has {X.shape[1]} inputs and {F.shape[1]} outputs. "
                f"Its last layer must have {X.shape[1]} units."
            )
        Y = self._output.like(X)
        np.add(X, F, out=Y)
        return Y

    def backward(self, G: Floats) -> Floats:
        """Return G through the branch, plus G."""
        through = G
        for module in reversed(self.branch):
            through = module.backward(through)
        dX = self._input_gradient.like(G)
        np.add(through, G, out=dX)
        return dX

    def parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters of the branch, prefixed with the index of the module."""
        for i, module in enumerate(self.branch):
            for name, parameter in module.parameters():
                yield f"{i}.{name}", parameter

    def draw_from(self, generator: np.random.Generator) -> None:
        """Set the random generator of the branch."""
        for module in self.branch:
            module.draw_from(generator)
