"""The elastic-net penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from evalkit.training.modules.module import Floats, Parameter


class ElasticNet:
    """The penalty λ₁‖W‖₁ + λ₂‖W‖₂² on the weights of one layer; biases are not penalised.

    Its gradient is λ₁ sign(W) + 2 λ₂ W.

    Zou and Hastie, "Regularization and variable selection via the elastic net", 2005.
    """

    def __init__(self, weight: Parameter, *, l1: float, l2: float) -> None:
        self.weight: Parameter = weight
        self.l1: float = l1
        self.l2: float = l2
        self._term: Floats = np.empty_like(weight.value)

    def value(self) -> float:
        """Return λ₁‖W‖₁ + λ₂‖W‖₂²."""
        W = self.weight.value
        return self.l1 * float(np.abs(W).sum()) + self.l2 * float(np.square(W).sum())

    def add_gradient(self) -> None:
        """Add λ₁ sign(W) + 2 λ₂ W to the gradient of W."""
        W, G = self.weight.value, self.weight.gradient
        if self.l1:
            np.sign(W, out=self._term)
            self._term *= self.l1
            G += self._term
        if self.l2:
            np.multiply(W, 2 * self.l2, out=self._term)
            G += self._term
