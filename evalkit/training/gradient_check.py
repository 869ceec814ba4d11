"""Check a backward pass against central differences of its forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from evalkit.training.modules.module import Module
from evalkit.training.numpy_network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.training.modules.module import Floats

_STEP = 1e-5


class Loss(Protocol):
    """A scalar loss of predictions and targets, with its gradient."""

    def forward(self, Y: Floats, T: Floats, /) -> float:
        """Return the loss."""

    def backward(self) -> Floats:
        """Return the gradient with respect to the predictions."""


def gradient_check(
    subject: Module | Network | Loss,
    X: Floats,
    *,
    targets: Floats | None = None,
    training: bool = True,
    seed: int = 0,
) -> dict[str, float]:
    """Return the largest differences between the gradients and central differences.

    Each entry θ of the input and of the parameters is changed by ±h, with h = 10⁻⁵::

        numeric = (L(θ + h) − L(θ − h)) / 2h        difference = |analytic − numeric|
                                                                 / max(1, |numeric|)

    The output of a module or network is reduced to a scalar, L = Σ R ∘ Y with a random R; a loss
    is a scalar already and needs `targets`. Both must be in float64, where differences below
    10⁻⁷ are due to rounding.

    Parameters
    ----------
    subject : a module, a `Network`, or a loss with ``forward(Y, T)`` and ``backward()``.
    X : inputs, (S, d); every entry must be more than h away from a kink.
    targets : the targets T of a loss.
    training : whether to check the forward pass of training.
    seed : the seed of R and of the dropout masks, the same for every evaluation.

    Returns
    -------
    dict
        The largest difference by name, for each parameter and for ``"input"``. A network has no
        ``"input"``, because its first layer does not compute that gradient.

    >>> from evalkit.training.modules.tanh import Tanh
    >>> gradient_check(Tanh(), np.array([[0.5, -2.0]]))["input"] < 1e-7
    True
    """
    X = np.array(X, np.float64)
    if not isinstance(subject, Module | Network):
        assert targets is not None, "a loss needs targets"
        subject.forward(X, targets)
        gradient = subject.backward().copy()
        return {"input": _difference(lambda: subject.forward(X, targets), X, gradient)}

    generator = np.random.default_rng(seed)
    named = subject.parameters() if isinstance(subject, Module) else subject.named_parameters()
    parameters = dict(named)

    def output() -> Floats:
        subject.draw_from(np.random.default_rng(seed))
        return subject.forward(X, training=training)

    R = generator.standard_normal(output().shape)
    input_gradient = subject.backward(R)
    gradients = {name: parameter.gradient.copy() for name, parameter in parameters.items()}
    values = {name: parameter.value for name, parameter in parameters.items()}
    if input_gradient is not None:
        gradients["input"], values["input"] = input_gradient.copy(), X
    return {
        name: _difference(lambda: float((R * output()).sum()), values[name], gradient)
        for name, gradient in gradients.items()
    }


def _difference(loss: Callable[[], float], values: Floats, gradient: Floats) -> float:
    """Return the largest difference between `gradient` and central differences of `loss`."""
    numeric = np.empty_like(values)
    for index in np.ndindex(values.shape):
        original = values[index]
        values[index] = original + _STEP
        above = loss()
        values[index] = original - _STEP
        below = loss()
        values[index] = original
        numeric[index] = (above - below) / (2 * _STEP)
    return float((np.abs(gradient - numeric) / np.maximum(1, np.abs(numeric))).max())
