"""Whether a backward pass is the derivative of its forward pass."""

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
    """A scalar of predictions and targets, with its gradient by the predictions."""

    def forward(self, Y: Floats, T: Floats, /) -> float:
        """Return the loss."""

    def backward(self) -> Floats:
        """Return its gradient by the predictions."""


def gradient_check(
    subject: Module | Network | Loss,
    X: Floats,
    *,
    targets: Floats | None = None,
    training: bool = True,
    seed: int = 0,
) -> dict[str, float]:
    """Compare every gradient with central differences, and return the largest differences.

    Each entry θ of the input and of the parameters is moved by h = 10⁻⁵ either way::

        numeric = (L(θ + h) − L(θ − h)) / 2h        difference = |analytic − numeric|
                                                                 / max(1, |numeric|)

    A module or network is made a scalar by L = Σ R ∘ Y with a random R, so that no
    part of the gradient can hide; a loss is one already, and needs `targets`. Both must
    be in float64, where differences below 10⁻⁷ are those of rounding.

    Parameters
    ----------
    subject : a module, a `Network`, or a loss with ``forward(Y, T)`` and ``backward()``.
    X : inputs, (S, d); kept away from a kink by more than h.
    targets : the T of a loss.
    training : whether to check the forward pass of training.
    seed : of R, and of what is random while training: the same for every evaluation.

    Returns
    -------
    dict
        The largest difference by name: each parameter's and, but for a network, whose
        first layer does not compute it, ``"input"``.

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
    """Return the largest difference between `gradient` and central differences by `values`."""
    numeric = np.empty_like(values)
    for place in np.ndindex(values.shape):
        kept = values[place]
        values[place] = kept + _STEP
        above = loss()
        values[place] = kept - _STEP
        below = loss()
        values[place] = kept
        numeric[place] = (above - below) / (2 * _STEP)
    return float((np.abs(gradient - numeric) / np.maximum(1, np.abs(numeric))).max())
