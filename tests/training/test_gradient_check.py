from __future__ import annotations

import numpy as np
import pytest

from evalkit.training.architecture import Architecture
from evalkit.training.gradient_check import gradient_check
from evalkit.training.initialisation import initial_weights
from evalkit.training.modules.linear import Linear
from evalkit.training.modules.tanh import Tanh
from evalkit.training.numpy_network import Network

X = np.random.default_rng(0).normal(size=(6, 5))


class WrongTanh(Tanh):
    """A tanh with the wrong derivative 1 − |y|."""

    def derivative(self, X: np.ndarray, Y: np.ndarray, *, out: np.ndarray) -> None:
        np.subtract(1, np.abs(Y), out=out)


class IncompleteLinear(Linear):
    """A linear layer without the gradient of the bias."""

    def backward_parameters(self, G: np.ndarray) -> None:
        super().backward_parameters(G)
        self.bias.gradient[:] = 0


def test_a_wrong_derivative_is_found() -> None:
    """A wrong backward pass gives a large difference under the name of the parameter."""
    assert gradient_check(WrongTanh(), X)["input"] > 0.1
    differences = gradient_check(IncompleteLinear(5, 3), X)
    assert differences["bias"] > 0.1
    assert differences["weight"] < 1e-7


def test_the_subject_is_unchanged() -> None:
    """The values of the parameters are unchanged after the check."""
    inputs, linear = X.copy(), Linear(5, 3)
    linear.weight.value[:] = np.random.default_rng(1).normal(size=(3, 5))
    kept = linear.weight.value.copy()
    gradient_check(linear, inputs)
    np.testing.assert_array_equal(inputs, X)
    np.testing.assert_array_equal(linear.weight.value, kept)


WHOLE = {
    "softmax regression": Architecture(5, (), 3),
    "deep": Architecture(5, (4, 6), 3, activation="tanh"),
    "residual": Architecture(5, (4, 6, 4), 3, activation="softplus", residual=True),
    "batch norm": Architecture(5, (4, 6), 3, activation="sigmoid", batch_norm=True),
    "dropout": Architecture(5, (8, 6), 3, activation="elu", dropout=0.4),
    "all": Architecture(5, (4, 6, 4), 3, "elu", 0.5, dropout=0.3, batch_norm=True, residual=True),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("architecture", WHOLE.values(), ids=WHOLE.keys())
def test_whole_networks_pass(architecture: Architecture, training: bool) -> None:
    """The gradients of a whole network match central differences to 1e-7."""
    weights = initial_weights(architecture, "pytorch", np.random.default_rng(2))
    network = Network(architecture, np.float64).load(weights)
    differences = gradient_check(network, X, training=training)
    assert len(differences) == len(list(network.named_parameters()))
    assert max(differences.values()) < 1e-7
