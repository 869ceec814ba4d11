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
    """Return a residual block of linear, tanh and linear with random weights."""
    residual = Residual([Linear(width, inner), Tanh(), Linear(inner, out)])
    generator = np.random.default_rng(1)
    for _, parameter in residual.parameters():
        parameter.value[:] = generator.normal(size=parameter.value.shape)
    return residual


def test_a_branch_of_zeros_is_the_identity() -> None:
    """With F = 0, the output equals the input, and the gradient is unchanged."""
    residual = Residual([Linear(4, 4)])
    np.testing.assert_array_equal(residual.forward(X), X)
    np.testing.assert_array_equal(residual.backward(2 * X), 2 * X)


def test_gradients_pass_central_differences() -> None:
    """The gradients of the input and all four parameters match to 1e-7."""
    differences = gradient_check(block(4, 6, 4), X)
    assert len(differences) == 5
    assert max(differences.values()) < 1e-7


def test_a_branch_of_another_width_raises() -> None:
    """A branch whose output is not as wide as its input raises."""
    with pytest.raises(
        TrainingError, match=r"has 4 inputs and 3 outputs\. Its last layer must have 4"
    ):
        block(4, 6, 3).forward(X)
