from __future__ import annotations

import numpy as np
import pytest

from evalkit.training.gradient_check import gradient_check
from evalkit.training.modules.linear import Linear


@pytest.fixture
def linear() -> Linear:
    """Return a layer from 4 to 3 units with random weights."""
    generator, layer = np.random.default_rng(0), Linear(4, 3)
    layer.weight.value[:] = generator.normal(size=(3, 4))
    layer.bias.value[:] = generator.normal(size=3)
    return layer


X = np.random.default_rng(1).normal(size=(6, 4))
G = np.random.default_rng(2).normal(size=(6, 3))


def test_output_is_a_weighted_sum_of_each_row(linear: Linear) -> None:
    """Every output equals wᵀx + b, computed per row and unit."""
    Y = linear.forward(X)
    for i, row in enumerate(X):
        for j, w in enumerate(linear.weight.value):
            expected = sum(a * b for a, b in zip(w, row, strict=True)) + linear.bias.value[j]
            assert Y[i, j] == pytest.approx(expected, abs=1e-12)


def test_gradients_pass_central_differences(linear: Linear) -> None:
    """The gradients of input, weights and bias match central differences to 1e-7."""
    differences = gradient_check(linear, X)
    assert differences.keys() == {"input", "weight", "bias"}
    assert max(differences.values()) < 1e-7


def test_gradients_match_the_formulas(linear: Linear) -> None:
    """∂L/∂W = GᵀX, ∂L/∂b = 1ᵀG and ∂L/∂X = GW."""
    linear.forward(X)
    dX = linear.backward(G)
    np.testing.assert_allclose(linear.weight.gradient, np.einsum("ij,ik->jk", G, X), atol=1e-12)
    np.testing.assert_allclose(linear.bias.gradient, G.sum(axis=0), atol=1e-12)
    np.testing.assert_allclose(dX, np.einsum("ij,jk->ik", G, linear.weight.value), atol=1e-12)


def test_a_smaller_batch_uses_the_same_memory(linear: Linear) -> None:
    """A smaller batch gives the same rows as a larger one, and reuses the buffers."""
    whole = linear.forward(X).copy()
    part = linear.forward(X[:2])
    np.testing.assert_allclose(part, whole[:2], rtol=0, atol=1e-14)
    assert np.shares_memory(part, linear.forward(X))
