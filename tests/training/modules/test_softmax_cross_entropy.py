from __future__ import annotations

import numpy as np
import pytest

from evalkit.training.gradient_check import gradient_check
from evalkit.training.modules.cross_entropy import CrossEntropy
from evalkit.training.modules.softmax import Softmax
from evalkit.training.modules.softmax_cross_entropy import SoftmaxCrossEntropy

GENERATOR = np.random.default_rng(0)
Z = GENERATOR.normal(0, 3, (6, 4))
HARD = np.eye(4)[GENERATOR.integers(0, 4, 6)]
SOFT = GENERATOR.dirichlet(np.ones(4), 6)
WEIGHTS = GENERATOR.uniform(0, 2, (6, 1))


@pytest.mark.parametrize("targets", [HARD, SOFT], ids=["hard", "soft"])
def test_fused_equals_the_two_modules(targets: np.ndarray) -> None:
    """Loss and gradient equal those of softmax followed by cross-entropy."""
    softmax, entropy, fused = Softmax(), CrossEntropy(), SoftmaxCrossEntropy()
    loss = entropy.forward(softmax.forward(Z), targets)
    gradient = softmax.backward(entropy.backward())
    assert fused.forward(Z, targets) == pytest.approx(loss, abs=1e-13)
    np.testing.assert_allclose(fused.backward(), gradient, atol=1e-14)


@pytest.mark.parametrize("targets", [HARD, SOFT], ids=["hard", "soft"])
def test_gradient_passes_central_differences(targets: np.ndarray) -> None:
    """The gradient (1/S) (Y − T) matches central differences to 1e-7."""
    assert gradient_check(SoftmaxCrossEntropy(), Z, targets=targets)["input"] < 1e-7


@pytest.mark.torch
@pytest.mark.parametrize("targets", [HARD, SOFT], ids=["hard", "soft"])
def test_loss_and_gradient_equal_torch(targets: np.ndarray) -> None:
    """Loss and gradient equal those of PyTorch's cross_entropy."""
    torch = pytest.importorskip("torch")
    logits = torch.tensor(Z, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(targets))
    expected.backward()
    fused = SoftmaxCrossEntropy()
    assert fused.forward(Z, targets) == pytest.approx(float(expected.detach()), abs=1e-13)
    np.testing.assert_allclose(fused.backward(), logits.grad, atol=1e-14)


@pytest.mark.torch
def test_weighted_mean_equals_torch() -> None:
    """With class weights, the loss is divided by the sum of the row weights, as in PyTorch."""
    torch = pytest.importorskip("torch")
    codes, by_class = HARD.argmax(axis=1), np.array([0.5, 1.0, 3.0, 0.0])
    logits = torch.tensor(Z, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(
        logits, torch.tensor(codes), weight=torch.tensor(by_class)
    )
    expected.backward()
    fused = SoftmaxCrossEntropy()
    loss = fused.forward(Z, HARD, by_class[codes][:, None])
    assert loss == pytest.approx(float(expected.detach()), abs=1e-13)
    np.testing.assert_allclose(fused.backward(), logits.grad, atol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_logits_are_finite(dtype: str) -> None:
    """Logits of ±10⁴ give the exact loss and gradient without a warning."""
    fused = SoftmaxCrossEntropy(dtype)
    Z_extreme = np.array([[1e4, -1e4], [1e4, -1e4]], dtype)
    assert fused.forward(Z_extreme, np.array([[0, 1], [1, 0]], dtype)) == 1e4
    np.testing.assert_array_equal(fused.backward(), [[0.5, -0.5], [0, 0]])


def test_a_weight_of_two_equals_the_row_twice() -> None:
    """A row of weight 2 equals the row repeated."""
    twice = np.vstack([Z, Z[:1]]), np.vstack([SOFT, SOFT[:1]])
    weights = np.ones((6, 1))
    weights[0] = 2
    loss = SoftmaxCrossEntropy().forward(Z, SOFT, weights)
    assert loss == pytest.approx(SoftmaxCrossEntropy().forward(*twice), abs=1e-13)
