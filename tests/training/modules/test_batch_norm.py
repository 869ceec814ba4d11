from __future__ import annotations

import numpy as np
import pytest

from evalkit.training.gradient_check import gradient_check
from evalkit.training.modules.batch_norm import BatchNorm

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(3, 2, (8, 3))


@pytest.fixture
def norm() -> BatchNorm:
    """Return a batch norm with random scale, shift and running statistics."""
    layer = BatchNorm(3)
    layer.weight.value[:], layer.bias.value[:] = GENERATOR.normal(1, 0.5, (2, 3))
    layer.running_mean[:] = GENERATOR.normal(size=3)
    layer.running_var[:] = GENERATOR.uniform(0.5, 2, 3)
    return layer


def test_a_training_batch_has_mean_zero_and_variance_one() -> None:
    """Before scale and shift, each unit is standardised, up to ε."""
    Y = BatchNorm(3).forward(X, training=True)
    np.testing.assert_allclose(Y.mean(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(Y.var(axis=0), 1, rtol=1e-4)


@pytest.mark.parametrize("training", [True, False])
def test_gradients_pass_central_differences(norm: BatchNorm, training: bool) -> None:
    """The gradients of input, scale and shift match, in training and evaluation mode."""
    differences = gradient_check(norm, X, training=training)
    assert differences.keys() == {"input", "weight", "bias"}
    assert max(differences.values()) < 1e-7


@pytest.mark.torch
@pytest.mark.parametrize("training", [True, False])
def test_output_gradient_and_statistics_equal_torch(norm: BatchNorm, training: bool) -> None:
    """Output, gradient and running statistics equal those of nn.BatchNorm1d."""
    torch = pytest.importorskip("torch")
    theirs = torch.nn.BatchNorm1d(3).double().train(training)
    arrays = {"weight": norm.weight.value, "bias": norm.bias.value}
    arrays |= {"running_mean": norm.running_mean, "running_var": norm.running_var}
    theirs.load_state_dict(
        {name: torch.tensor(array) for name, array in arrays.items()}, strict=False
    )
    inputs = torch.tensor(X, requires_grad=True)
    G = GENERATOR.normal(size=X.shape)
    expected = theirs(inputs)
    expected.backward(torch.tensor(G))

    np.testing.assert_allclose(norm.forward(X, training=training), expected.detach(), atol=1e-12)
    np.testing.assert_allclose(norm.backward(G), inputs.grad, atol=1e-12)
    np.testing.assert_allclose(norm.weight.gradient, theirs.weight.grad, atol=1e-12)
    np.testing.assert_allclose(norm.bias.gradient, theirs.bias.grad, atol=1e-12)
    np.testing.assert_allclose(norm.running_mean, theirs.running_mean, atol=1e-14)
    np.testing.assert_allclose(norm.running_var, theirs.running_var, atol=1e-14)
