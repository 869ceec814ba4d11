from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import TrainingError
from evalkit.training.architecture import Architecture
from evalkit.training.initialisation import initial_weights
from evalkit.training.numpy_network import Network
from evalkit.training.sizes import parameter_count

FULL = Architecture(6, (5, 4, 5, 3), 3, dropout=0.5, batch_norm=True, residual=True)


def trained_like(architecture: Architecture) -> dict[str, np.ndarray]:
    """Return random arrays of a network, with positive running variances."""
    generator = np.random.default_rng(0)
    weights = initial_weights(architecture, "he", generator)
    return {name: generator.uniform(0.1, 1, array.shape) for name, array in weights.items()}


def test_state_equals_the_loaded_arrays() -> None:
    """`state` returns all arrays passed to `load`, including running statistics."""
    weights = trained_like(FULL)
    state = Network(FULL, np.float64).load(weights).state()
    assert state.keys() == weights.keys()
    for name, array in state.items():
        np.testing.assert_array_equal(array, weights[name])


def test_the_vector_contains_every_parameter() -> None:
    """The parameters are views of one vector, whose length is their number."""
    network = Network(FULL)
    assert network.parameters.size == network.gradient.size == parameter_count(FULL)
    for _, parameter in network.named_parameters():
        assert np.shares_memory(parameter.value, network.parameters)
        assert np.shares_memory(parameter.gradient, network.gradient)


def test_state_is_a_copy() -> None:
    """A state is not changed by later training."""
    network = Network(FULL)
    state = network.state()
    network.parameters += 1
    assert not np.array_equal(state["layers.0.weight"], network.state()["layers.0.weight"])


def test_prediction_in_blocks_is_prediction_at_once() -> None:
    """The probabilities of many rows equal those of single rows, and sum to one."""
    network = Network(FULL, np.float64).load(trained_like(FULL))
    X = np.random.default_rng(1).normal(size=(2500, 6))
    P = network.predict_proba(X)
    np.testing.assert_allclose(P.sum(axis=1), 1, atol=1e-12)
    for row in (0, 1023, 1024, 2499):
        np.testing.assert_allclose(P[row], network.predict_proba(X[row : row + 1])[0], atol=1e-12)


def test_empty_input() -> None:
    """An empty input gives probabilities of shape (0, K)."""
    assert Network(FULL).predict_proba(np.empty((0, 6))).shape == (0, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("layers.1.bias"), r"layers\.1\.bias is missing"),
        (lambda w: w.update(extra=np.zeros(1)), r"extra is not part of the architecture"),
        (
            lambda w: w.update({"layers.0.weight": np.zeros((6, 5))}),
            r"layers\.0\.weight has shape \(6, 5\), expected \(5, 6\)",
        ),
    ],
)
def test_invalid_arrays_raise(change: object, message: str) -> None:
    """A missing or unknown name or another shape raises, and nothing is loaded."""
    network = Network(FULL)
    before = network.state()
    weights = trained_like(FULL)
    assert callable(change)
    change(weights)
    with pytest.raises(TrainingError, match=message):
        network.load(weights)
    for name, array in network.state().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.torch
def test_torch_predicts_the_same_from_the_same_arrays() -> None:
    """The torch network has the same array names and shapes, and gives the same logits."""
    torch = pytest.importorskip("torch")
    from evalkit.training.torch_network import build

    weights = trained_like(FULL)
    module = build(FULL).double().eval()
    assert module.state_dict().keys() == Network(FULL).state().keys()
    module.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    X = np.random.default_rng(2).normal(size=(10, 6))
    with torch.no_grad():
        expected = torch.softmax(module(torch.tensor(X)), dim=1).numpy()
    P = Network(FULL, np.float64).load(weights).predict_proba(X)
    np.testing.assert_allclose(P, expected, atol=1e-12)
