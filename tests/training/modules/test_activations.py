"""Test each activation against its formula and against autograd."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest

from evalkit.training.architecture import ActivationName
from evalkit.training.gradient_check import gradient_check
from evalkit.training.numpy_network import make_activation

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]

ALPHA = 0.3
NAMES = get_args(ActivationName)
X = np.array([[-30.0, -2.0, -0.5, -1e-3, 1e-3, 0.5, 2.0, 30.0]])

FORMULAS: dict[str, Function] = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "relu": lambda x: np.where(x > 0, x, 0),
    "leaky_relu": lambda x: np.where(x >= 0, x, ALPHA * x),
    "elu": lambda x: np.where(x > 0, x, ALPHA * (np.exp(x) - 1)),
}


@pytest.mark.parametrize("name", NAMES)
def test_function_matches_its_formula(name: ActivationName) -> None:
    """The values equal the textbook formula where the formula does not overflow."""
    Y = make_activation(name, ALPHA, np.float64).forward(X)
    np.testing.assert_allclose(Y, FORMULAS[name](X), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_matches_central_differences(name: ActivationName) -> None:
    """The backward pass matches central differences to 1e-7."""
    inputs = np.random.default_rng(0).normal(0, 2, (5, 7))
    assert gradient_check(make_activation(name, ALPHA, np.float64), inputs)["input"] < 1e-7


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMES)
def test_function_and_gradient_equal_torch(name: ActivationName) -> None:
    """Values and gradients equal those of PyTorch."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    theirs = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "softplus": lambda x: functional.softplus(x, threshold=40),
        "relu": torch.relu,
        "leaky_relu": lambda x: functional.leaky_relu(x, ALPHA),
        "elu": lambda x: functional.elu(x, ALPHA),
    }[name]
    inputs = torch.tensor(X, requires_grad=True)
    expected = theirs(inputs)
    G = np.arange(1.0, 9.0)[None]
    expected.backward(torch.tensor(G))

    activation = make_activation(name, ALPHA, np.float64)
    np.testing.assert_allclose(activation.forward(X), expected.detach(), rtol=0, atol=1e-13)
    np.testing.assert_allclose(activation.backward(G), inputs.grad, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extremes_are_finite(name: ActivationName, dtype: str) -> None:
    """Inputs of ±10⁴ cause no overflow and no warning, forward or backward."""
    activation = make_activation(name, ALPHA, dtype)
    Z = np.array([[-1e4, 0.0, 1e4]], dtype)
    assert np.isfinite(activation.forward(Z)).all()
    assert np.isfinite(activation.backward(np.ones_like(Z))).all()


@pytest.mark.parametrize("name", NAMES)
def test_arguments_are_unchanged(name: ActivationName) -> None:
    """A module does not modify its arguments."""
    activation, inputs, G = make_activation(name, ALPHA, np.float64), X.copy(), np.ones_like(X)
    activation.forward(inputs)
    activation.backward(G)
    np.testing.assert_array_equal(inputs, X)
    np.testing.assert_array_equal(G, 1)


def test_log_of_sigmoid_is_softplus() -> None:
    """−ln σ(−x) is the softplus of x."""
    inputs = np.linspace(-20, 20, 41)[None]
    sigmoid = make_activation("sigmoid", 1, np.float64).forward(-inputs)
    softplus = make_activation("softplus", 1, np.float64).forward(inputs)
    np.testing.assert_allclose(-np.log(sigmoid), softplus, rtol=1e-6)


def test_leaky_relu_takes_its_upper_slope_at_zero() -> None:
    """At zero, the derivative of leaky ReLU is 1, and that of ReLU is 0."""
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    leaky, relu = (make_activation(name, ALPHA, np.float64) for name in ("leaky_relu", "relu"))
    leaky.forward(zero)
    relu.forward(zero)
    assert leaky.backward(one).item() == 1
    assert relu.backward(one).item() == 0
