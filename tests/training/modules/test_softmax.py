from __future__ import annotations

import numpy as np

from evalkit.training.gradient_check import gradient_check
from evalkit.training.modules.softmax import Softmax

Z = np.random.default_rng(0).normal(0, 3, (5, 4))


def test_rows_are_probabilities_for_any_logits() -> None:
    """Rows sum to one, and shifting all logits of a row has no effect, even at ±10⁴."""
    Y = Softmax().forward(Z).copy()
    np.testing.assert_allclose(Y.sum(axis=1), 1, atol=1e-15)
    np.testing.assert_allclose(Softmax().forward(Z + 1e4), Y, rtol=1e-9)
    extreme = Softmax().forward(np.array([[1e4, -1e4, 1e4]]))
    np.testing.assert_array_equal(extreme, [[0.5, 0, 0.5]])


def test_product_equals_the_full_jacobian() -> None:
    """The O(K) product equals G (diag(y) − y yᵀ) for each row."""
    softmax, G = Softmax(), np.random.default_rng(1).normal(size=Z.shape)
    Y = softmax.forward(Z)
    expected = [(np.diag(y) - np.outer(y, y)) @ g for y, g in zip(Y, G, strict=True)]
    np.testing.assert_allclose(softmax.backward(G), expected, atol=1e-14)


def test_gradient_passes_central_differences() -> None:
    """The backward pass matches central differences to 1e-7."""
    assert gradient_check(Softmax(), Z)["input"] < 1e-7
