from __future__ import annotations

import numpy as np
import pytest

from evalkit.training.gradient_check import gradient_check
from evalkit.training.modules.cross_entropy import CrossEntropy

GENERATOR = np.random.default_rng(0)
Y = 0.1 + 0.7 * GENERATOR.dirichlet(np.ones(3), 4)
T = GENERATOR.dirichlet(np.ones(3), 4)


def test_loss_of_a_target_against_itself_is_its_entropy() -> None:
    """For Y = T, the cross-entropy is minimal and equals the entropy of T."""
    entropy = -(T * np.log(T)).sum() / len(T)
    assert CrossEntropy().forward(T, T) == pytest.approx(entropy)
    assert CrossEntropy().forward(Y, T) > entropy


def test_gradient_passes_central_differences() -> None:
    """The gradient −(1/S) T / Y matches central differences to 1e-7."""
    assert gradient_check(CrossEntropy(), Y, targets=T)["input"] < 1e-7


def test_a_class_that_is_not_the_target_may_have_probability_zero() -> None:
    """0 ln 0 is 0; a target class of probability zero gives an infinite loss."""
    certain, loss = np.array([[1.0, 0.0]]), CrossEntropy()
    assert loss.forward(certain, certain) == 0
    np.testing.assert_array_equal(loss.backward(), [[-1, 0]])
    assert loss.forward(certain, certain[:, ::-1]) == np.inf
