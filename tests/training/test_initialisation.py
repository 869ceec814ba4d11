from __future__ import annotations

import math

import numpy as np
import pytest

from evalkit.training.architecture import Architecture
from evalkit.training.initialisation import initial_weights

WIDE = Architecture(300, (200,), 10, batch_norm=True)


@pytest.mark.parametrize(
    ("scheme", "deviation", "largest"),
    [
        ("he", math.sqrt(2 / 300), math.inf),
        ("glorot", math.sqrt(2 / 500), math.sqrt(6 / 500)),
        ("pytorch", 1 / math.sqrt(3 * 300), 1 / math.sqrt(300)),
    ],
)
def test_spread_matches_the_scheme(scheme: str, deviation: float, largest: float) -> None:
    """60,000 weights have the standard deviation of the scheme to 2 %, and keep its bound."""
    weights = initial_weights(WIDE, scheme, np.random.default_rng(0))  # type: ignore[arg-type]
    W = weights["layers.0.weight"]
    assert W.shape == (200, 300)
    assert W.std() == pytest.approx(deviation, rel=0.02)
    assert abs(W).max() <= largest


@pytest.mark.torch
def test_pytorch_scheme_equals_nn_linear() -> None:
    """The standard deviation of weights and biases equals that of nn.Linear to 5 %."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    theirs = torch.nn.Linear(300, 2000)
    ours = initial_weights(Architecture(300, (2000,), 2), "pytorch", np.random.default_rng(0))
    for name in ("weight", "bias"):
        expected = float(getattr(theirs, name).detach().std())
        assert ours[f"layers.0.{name}"].std() == pytest.approx(expected, rel=0.05)


def test_normalisation_starts_as_the_identity() -> None:
    """Batch norm starts with scale 1, shift 0, mean 0 and variance 1."""
    weights = initial_weights(WIDE, "he", np.random.default_rng(0))
    starts = {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1}
    for name, start in starts.items():
        np.testing.assert_array_equal(weights[f"norms.0.{name}"], np.full(200, start))
