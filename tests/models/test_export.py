"""Test that exported networks give the same probabilities as the checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import FileFormatError, InputError
from evalkit.models import export_checkpoint, load_checkpoint
from evalkit.models.perceptron import PerceptronPredictor, card_of
from evalkit.models.registry import inspect_file
from evalkit.writing import may_replace

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ["safetensors", "onnx"]


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_probabilities_agree(
    to: Any, backend: str, batch_norm: bool, make_checkpoint: Any, inputs: Any, tmp_path: Path
) -> None:
    """An exported file gives the same probabilities to 1e-5, and contains the model card."""
    if to == "onnx":
        pytest.importorskip("onnxruntime")
    checkpoint = make_checkpoint(backend, batch_norm=batch_norm)
    path = tmp_path / "exported"
    export_checkpoint(checkpoint, path, to=to)
    found = evalkit.load_model(path)
    original = PerceptronPredictor(checkpoint, card_of(checkpoint, format="", path=path, sha256=""))
    np.testing.assert_allclose(
        found.predict_proba(inputs), original.predict_proba(inputs), atol=1e-5
    )
    assert found.classes == checkpoint.classes
    assert found.card.history == checkpoint.history
    assert found.card.dataset == checkpoint.dataset
    assert found.card.parameters == original.card.parameters
    assert "<script>" in str(inspect_file(path))
    first = path.read_bytes()
    export_checkpoint(checkpoint, path, to=to)
    assert path.read_bytes() == first
    may_replace(path)


def test_every_activation_is_exported(make_checkpoint: Any, inputs: Any, tmp_path: Path) -> None:
    """The ONNX operators compute the same activations as the trainer."""
    pytest.importorskip("onnxruntime")
    from dataclasses import replace

    base = make_checkpoint(hidden=(6,))
    for activation in ("sigmoid", "tanh", "softplus", "relu", "leaky_relu", "elu"):
        shape = replace(base.architecture, activation=activation, alpha=0.3)
        checkpoint = replace(base, architecture=shape)
        export_checkpoint(checkpoint, tmp_path / "a.onnx", to="onnx")
        card = card_of(checkpoint, format="", path=tmp_path, sha256="")
        np.testing.assert_allclose(
            evalkit.load_model(tmp_path / "a.onnx").predict_proba(inputs),
            PerceptronPredictor(checkpoint, card).predict_proba(inputs),
            atol=1e-5,
        )


def test_safetensors_library_reads_our_files(make_checkpoint: Any, tmp_path: Path) -> None:
    """The safetensors library and evalkit read the same arrays."""
    safetensors = pytest.importorskip("safetensors.numpy")
    checkpoint = make_checkpoint()
    export_checkpoint(checkpoint, tmp_path / "a.safetensors", to="safetensors")
    found = safetensors.load_file(tmp_path / "a.safetensors")
    for name, array in checkpoint.weights.items():
        np.testing.assert_array_equal(found[name], array)
    again = load_checkpoint(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(again.normalisation.scale, checkpoint.normalisation.scale)


def test_foreign_safetensors(tmp_path: Path) -> None:
    """Tensors without evalkit's card are inspected, but raise when loaded as a model."""
    safetensors = pytest.importorskip("safetensors.numpy")
    safetensors.save_file({"w": np.zeros((2, 3))}, tmp_path / "a")
    assert "2×3 float64" in str(inspect_file(tmp_path / "a"))
    with pytest.raises(
        FileFormatError, match=r"has no model card of evalkit.* Export the model to ONNX"
    ):
        evalkit.load_model(tmp_path / "a")


def test_other_formats_raise(make_checkpoint: Any, tmp_path: Path) -> None:
    """Any other export format raises."""
    with pytest.raises(InputError, match="Choose onnx or safetensors"):
        export_checkpoint(make_checkpoint(), tmp_path / "a", to="h5")  # type: ignore[arg-type]
