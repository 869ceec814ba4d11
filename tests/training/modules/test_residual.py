from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import TrainingError
from evalkit.training.gradient_check import gradient_check
from evalkit.training.modules.linear import Linear
from evalkit.training.modules.residual import Residual
from evalkit.training.modules.tanh import Tanh

X = np.random.default_rng(0).normal(size=(5, 4))


def block(width: int, inner: int, out: int) -> Residual:
    """Return linear, tanh and linear beside the identity, with random weights."""
    residual = Residual([Linear(width, inner), Tanh(), Linear(inner, out)])
    generator = np.random.default_rng(1)
    for _, parameter in residual.parameters():
        parameter.value[:] = generator.normal(size=parameter.value.shape)
    return residual


def test_a_branch_of_zeros_is_the_identity() -> None:
    """With F = 0 the block passes its input on, and its gradient too."""
    residual = Residual([Linear(4, 4)])
    np.testing.assert_array_equal(residual.forward(X), X)
    np.testing.assert_array_equal(residual.backward(2 * X), 2 * X)


def test_gradients_pass_central_differences() -> None:
    """The input and all four parameters have their derivatives, to 1e-7."""
    differences = gradient_check(block(4, 6, 4), X)
    assert len(differences) == 5
    assert max(differences.values()) < 1e-7


def test_a_branch_of_another_width_is_refused() -> None:
    """X + F(X) needs F to return rows as wide as X."""
    with pytest.raises(TrainingError, match=r"takes 4 and returns 3 units: give its last layer 4"):
        block(4, 6, 3).forward(X)
