"""Test the optimizers against PyTorch, and their state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.training.optimizers import SGD, Adam, Optimizer, make_optimizer
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = {
    "sgd": Settings(),
    "momentum": Settings(momentum=0.9),
    "adam": Settings(optimizer="adam"),
}
START = np.random.default_rng(0).normal(size=7)
GRADIENTS = np.random.default_rng(1).normal(size=(30, 7))


def walk(
    optimizer: Optimizer, w: NDArray[np.float64], g: NDArray[np.float64], steps: range
) -> None:
    """Take the steps with the given numbers."""
    for step in steps:
        g[:] = GRADIENTS[step]
        optimizer.step(0.1 / (1 + step))


@pytest.mark.torch
@pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS.keys())
def test_steps_equal_torch(settings: Settings) -> None:
    """Thirty steps with varying learning rates give the same parameters as PyTorch."""
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.tensor(START))
    theirs = (
        torch.optim.Adam([parameter])
        if settings.optimizer == "adam"
        else torch.optim.SGD([parameter], lr=0.1, momentum=settings.momentum)
    )
    for step, gradient in enumerate(GRADIENTS):
        theirs.param_groups[0]["lr"] = 0.1 / (1 + step)
        parameter.grad = torch.tensor(gradient)
        theirs.step()

    w, g = START.copy(), np.empty(7)
    walk(make_optimizer(settings, w, g), w, g, range(30))
    np.testing.assert_allclose(w, parameter.detach(), atol=1e-13)


@pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS.keys())
def test_a_loaded_state_continues(settings: Settings) -> None:
    """Saving and loading the state after ten of thirty steps does not change the result."""
    whole, g = START.copy(), np.empty(7)
    walk(make_optimizer(settings, whole, g), whole, g, range(30))

    w = START.copy()
    first = make_optimizer(settings, w, g)
    walk(first, w, g, range(10))
    state = first.state()
    walk(first, w.copy(), g, range(3))  # later steps must not change the saved state
    second = make_optimizer(settings, w := w_after_ten(settings), g)
    second.load(state)
    walk(second, w, g, range(10, 30))
    np.testing.assert_array_equal(w, whole)


def w_after_ten(settings: Settings) -> NDArray[np.float64]:
    """Return the parameters after ten steps."""
    w, g = START.copy(), np.empty(7)
    walk(make_optimizer(settings, w, g), w, g, range(10))
    return w


def test_momentum_of_a_constant_gradient_tends_to_a_geometric_sum() -> None:
    """With constant g, v converges to g / (1 − μ)."""
    w, g = np.zeros(1), np.ones(1)
    optimizer = SGD(w, g, momentum=0.5)
    for _ in range(60):
        g[:] = 1
        before = w.copy()
        optimizer.step(1.0)
    np.testing.assert_allclose(before - w, 1 / (1 - 0.5))


def test_the_first_step_of_adam_has_the_size_of_the_rate() -> None:
    """The first step has size η in each coordinate, independent of the gradient."""
    w, g = np.zeros(3), np.array([1e-3, -5.0, 1e4])
    Adam(w, g).step(0.1)
    np.testing.assert_allclose(w, [-0.1, 0.1, -0.1], rtol=1e-4)
