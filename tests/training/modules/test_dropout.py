from __future__ import annotations

import numpy as np

from evalkit.training.gradient_check import gradient_check
from evalkit.training.modules.dropout import Dropout

ONES = np.ones((200, 100))


def test_nothing_is_dropped_in_evaluation_mode() -> None:
    """In evaluation mode, the output equals the input."""
    dropout = Dropout(0.8)
    np.testing.assert_array_equal(dropout.forward(ONES), ONES)
    np.testing.assert_array_equal(dropout.backward(ONES), ONES)


def test_dropout_preserves_the_mean() -> None:
    """Entries are 0 or 1 / (1 − p), with mean 1 within five standard errors."""
    p = 0.3
    Y = Dropout(p).forward(ONES, training=True)
    np.testing.assert_allclose(np.unique(Y), [0, 1 / (1 - p)])
    standard_error = np.sqrt(p / (1 - p) / ONES.size)
    assert abs(Y.mean() - 1) < 5 * standard_error


def test_gradient_uses_the_same_mask() -> None:
    """The gradient uses the mask of the forward pass, and matches central differences."""
    dropout = Dropout(0.5)
    Y = dropout.forward(ONES, training=True)
    np.testing.assert_array_equal(dropout.backward(ONES), Y)
    assert (
        gradient_check(Dropout(0.5), np.random.default_rng(0).normal(size=(4, 3)))["input"] < 1e-7
    )


def test_the_generator_determines_the_mask() -> None:
    """Equal generators give equal masks; different generators do not."""
    dropout, masks = Dropout(0.5), []
    for seed in (1, 1, 2):
        dropout.draw_from(np.random.default_rng(seed))
        masks.append(dropout.forward(ONES, training=True).copy())
    np.testing.assert_array_equal(masks[0], masks[1])
    assert (masks[0] != masks[2]).any()
