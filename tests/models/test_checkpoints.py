"""Test that both checkpoint formats are lossless, deterministic, and checked on reading."""

from __future__ import annotations

import pickle
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import FileFormatError, InputError, OutputError
from evalkit.models import load_checkpoint, save_checkpoint
from evalkit.training.numpy_network import Network
from evalkit.writing import may_replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evalkit.training.checkpoint import Checkpoint

Make = "Callable[..., Checkpoint]"
FILES = {"numpy": "numpy.pkl", "torch": "torch.pt"}
BACKENDS = ["numpy", pytest.param("torch", marks=pytest.mark.torch)]


@pytest.fixture
def saved(tmp_path: Path, make_checkpoint: Callable[..., Checkpoint]) -> Callable[..., Path]:
    """Return a function that saves a random checkpoint and returns its path."""

    def save(backend: str = "numpy", **options: Any) -> Path:
        if backend == "torch":
            pytest.importorskip("torch")
        path = tmp_path / FILES[backend]
        save_checkpoint(make_checkpoint(backend, **options), path)
        return path

    return save


def assert_equal(found: Any, expected: Any) -> None:
    """Assert that plain data with arrays is equal."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            assert_equal(found[key], expected[key])
    elif isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    else:
        assert found == expected


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_every_field_round_trips(
    backend: str, dtype: str, batch_norm: bool, saved: Any, make_checkpoint: Any
) -> None:
    """Every field of a checkpoint is read back unchanged."""
    options = {"dtype": dtype, "batch_norm": batch_norm}
    expected = make_checkpoint(backend, **options)
    found = load_checkpoint(saved(backend, **options))
    for field in fields(expected):
        actual, original = getattr(found, field.name), getattr(expected, field.name)
        if field.name == "normalisation":
            actual, original = vars(actual), vars(original)
        assert_equal(actual, original)


@pytest.mark.parametrize("backend", BACKENDS)
def test_equal_checkpoints_give_equal_bytes(backend: str, saved: Any, tmp_path: Path) -> None:
    """Equal checkpoints give equal files, also after reading and writing again."""
    path = saved(backend)
    first = path.read_bytes()
    assert saved(backend).read_bytes() == first
    again = tmp_path / f"again{path.suffix}"
    save_checkpoint(load_checkpoint(path), again)
    assert again.read_bytes() == first


@pytest.mark.parametrize("backend", BACKENDS)
def test_predictions_equal_the_network(
    backend: str, saved: Any, make_checkpoint: Any, inputs: np.ndarray
) -> None:
    """The probabilities equal those of the network on normalised inputs, over several batches."""
    predictor = evalkit.load_model(saved(backend, dtype="float64"))
    checkpoint = make_checkpoint(backend, dtype="float64")
    many = np.tile(inputs, (100, 1))
    normalised = (many - checkpoint.normalisation.offset) / checkpoint.normalisation.scale
    network = Network(checkpoint.architecture, np.float64).load(checkpoint.weights)
    np.testing.assert_allclose(
        predictor.predict_proba(many), network.predict_proba(normalised), atol=1e-12
    )


@pytest.mark.torch
@pytest.mark.parametrize("batch_norm", [True, False])
def test_predictions_equal_torch(batch_norm: bool, saved: Any, inputs: np.ndarray) -> None:
    """The NumPy network and PyTorch agree on the same file to 1e-6."""
    torch = pytest.importorskip("torch")
    from evalkit.training.torch_network import build

    path = saved("torch", batch_norm=batch_norm)
    content = torch.load(path, weights_only=True)
    predictor = evalkit.load_model(path)
    module = build(load_checkpoint(path).architecture)
    module.load_state_dict(content["weights"])
    module.eval()
    normalisation = {name: array.numpy() for name, array in content["normalisation"].items()}
    normalised = (inputs - normalisation["offset"]) / normalisation["scale"]
    with torch.no_grad():
        logits = module(torch.from_numpy(normalised.astype(np.float32)))
    np.testing.assert_allclose(
        predictor.predict_proba(inputs), torch.softmax(logits, 1).numpy(), atol=1e-6
    )


def test_pickle_alone_reads_the_numpy_file(saved: Any, make_checkpoint: Any) -> None:
    """Python's pickle reads the file as plain values; an array is dtype, shape and data."""
    with saved("numpy").open("rb") as file:
        plain = pickle.load(file)
    array = plain["weights"]["layers.0.weight"]
    assert array.keys() == {"dtype", "shape", "data"}
    assert plain["parameters"] == (5 + 1) * 6 + (6 + 1) * 6 + (6 + 1) * 6 + (6 + 1) * 3
    np.testing.assert_array_equal(
        np.frombuffer(array["data"], array["dtype"]).reshape(array["shape"]),
        make_checkpoint().weights["layers.0.weight"],
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_card_describes_the_training(backend: str, saved: Any) -> None:
    """The card contains the history, the number of parameters and the data set."""
    card = evalkit.load_model(saved(backend)).card
    assert (card.backend, card.parameters, card.best_epoch) == (backend, 141, 2)
    assert card.history[1].validation_accuracy == pytest.approx(0.6)
    assert card.dataset is not None
    assert card.dataset.spec == "pets.npz"


@pytest.mark.parametrize("backend", BACKENDS)
def test_own_files_may_be_overwritten(backend: str, saved: Any) -> None:
    """A checkpoint may be overwritten."""
    may_replace(saved(backend))


@pytest.mark.parametrize("width", [4, 6])
def test_other_widths_raise(width: int, saved: Any) -> None:
    """The error gives both numbers of features."""
    predictor = evalkit.load_model(saved())
    with pytest.raises(InputError, match=f"has {width} features, but .* expects 5 features"):
        predictor.predict_proba(np.zeros((2, width)))


@pytest.mark.parametrize("X", [np.zeros(5), np.full((2, 5), np.nan), [["a"] * 5]])
def test_other_inputs_raise(X: Any, saved: Any) -> None:
    """Inputs that are not finite numbers in two dimensions raise."""
    with pytest.raises(InputError):
        evalkit.load_model(saved()).predict_proba(X)


@pytest.mark.parametrize(("backend", "name"), [("numpy", "a.pt"), ("torch", "a.pkl")])
def test_other_format_extension_raises(
    backend: str, name: str, make_checkpoint: Any, tmp_path: Path
) -> None:
    """The extension of the other backend's format raises."""
    with pytest.raises(OutputError, match=r"backend (numpy|torch) is saved as \.p"):
        save_checkpoint(make_checkpoint(backend), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_format_is_recognised_by_content(saved: Any, tmp_path: Path) -> None:
    """A renamed file is recognised by its content."""
    path = saved().rename(tmp_path / "model.pt")
    assert evalkit.load_model(path).card.backend == "numpy"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("format", "other", "does not declare the format evalkit.checkpoint"),
        ("version", 2, "has version 2"),
        ("backend", "jax", "backend is not one of"),
        ("classes", ["a", "b"], "2 classes, expected 3"),
        ("classes", ["a", "b", "a"], "distinct strings"),
        ("classes", [1, 2, 3], "distinct strings"),
        ("seed", "0", "seed has the type str"),
        ("history", [{"epoch": 1}], "malformed"),
        ("history", [5], "malformed"),
        ("best_epoch", 7, "best_epoch 7 is not in the history"),
        ("architecture", {"inputs": 5}, "malformed"),
        ("dataset", {}, "malformed"),
        ("weights", {}, "141 parameters, but the weights have 0"),
        ("normalisation", {"offset": None, "scale": None}, "offset is not an array"),
        ("complete", None, "complete has the type NoneType"),
        ("training_state", [], "training_state has the type list"),
    ],
)
def test_malformed_fields(field: str, value: Any, message: str, saved: Any) -> None:
    """The error names the malformed field in one line."""
    path = saved()
    plain = pickle.loads(path.read_bytes())
    plain[field] = value
    path.write_bytes(pickle.dumps(plain))
    with pytest.raises(FileFormatError, match=message) as raised:
        evalkit.load_model(path)
    assert "\n" not in str(raised.value)
    del plain[field]
    path.write_bytes(pickle.dumps(plain))
    with pytest.raises(FileFormatError):
        evalkit.load_model(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p["architecture"].update(inputs=10**12), "more than 1,073,741,824 weights"),
        (lambda p: p["architecture"].update(hidden=[6.0, 6, 6]), "width is not an integer"),
        (
            lambda p: p["architecture"].update(activation="exec"),
            "activation is 'exec', expected one of",
        ),
        (lambda p: p["architecture"].update(alpha="1"), "alpha or dropout"),
        (
            lambda p: p["weights"]["layers.0.weight"].update(shape=[6, 4]),
            "has 120 bytes, expected 96",
        ),
        (
            lambda p: p["weights"]["layers.0.weight"].update(shape=[5, 6]),
            r"layers\.0\.weight has shape \(5, 6\), expected",
        ),
        (
            lambda p: p["weights"]["layers.0.weight"].update(shape=[10**12]),
            "bytes, expected 4000000000000",
        ),
        (lambda p: p["weights"]["layers.0.weight"].update(shape=[-1]), "non-negative integers"),
        (lambda p: p["weights"]["layers.0.weight"].update(dtype="O8"), "not numeric"),
        (
            lambda p: p["weights"].update(extra=p["weights"].pop("layers.0.bias")),
            "is missing|is not part of the architecture",
        ),
    ],
)
def test_malformed_networks(change: Callable[[Any], None], message: str, saved: Any) -> None:
    """An architecture that does not match its arrays raises before memory is allocated."""
    path = saved()
    plain = pickle.loads(path.read_bytes())
    change(plain)
    path.write_bytes(pickle.dumps(plain))
    with pytest.raises(FileFormatError, match=message):
        evalkit.load_model(path)
