"""Test what works without the extras, and the error that names a missing extra."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import MissingExtraError
from evalkit.models import export_checkpoint, save_checkpoint
from evalkit.models.registry import inspect_file
from evalkit.predictions import Predictions, read_predictions, write_predictions

if TYPE_CHECKING:
    from pathlib import Path

ONE = Predictions.from_labels(["a", "b"], ["a", "a"], name="m")


@pytest.mark.torch
def test_torch_file_without_torch(
    make_checkpoint: Any, inputs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A torch.pt of evalkit is loaded, run and inspected without PyTorch."""
    pytest.importorskip("torch")
    path = tmp_path / "torch.pt"
    save_checkpoint(make_checkpoint("torch"), path)
    expected = evalkit.load_model(path).predict_proba(inputs)
    monkeypatch.setitem(sys.modules, "torch", None)
    np.testing.assert_array_equal(evalkit.load_model(path).predict_proba(inputs), expected)
    assert "PyTorch checkpoint" in str(inspect_file(path))
    with pytest.raises(MissingExtraError, match=r"evalkit\[torch\]"):
        save_checkpoint(make_checkpoint("torch"), path)
    np.testing.assert_array_equal(evalkit.load_model(path).predict_proba(inputs), expected)


@pytest.mark.torch
def test_torch_file_does_not_import_torch(make_checkpoint: Any, tmp_path: Path) -> None:
    """Reading torch.pt does not import PyTorch or any other heavy package."""
    pytest.importorskip("torch")
    save_checkpoint(make_checkpoint("torch"), tmp_path / "torch.pt")
    program = (
        "import sys, evalkit\n"
        "evalkit.load_model(sys.argv[1]).predict_proba([[0.0] * 5])\n"
        "heavy = {'torch', 'onnx', 'pandas', 'pyarrow', 'skops', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "torch.pt"], check=True)


@pytest.mark.torch
def test_foreign_tensors_need_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tensor that only PyTorch can read raises an error that names the extra."""
    torch = pytest.importorskip("torch")
    torch.save({"w": torch.ones(3, 2).t()}, tmp_path / "a.pt")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"torch is not installed.*evalkit\[torch\]"):
        evalkit.load_model(tmp_path / "a.pt")


@pytest.mark.parametrize("suffix", [".parquet", ".feather"])
def test_arrow(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading and writing Parquet and Feather name the extra; no file is left behind."""
    pytest.importorskip("pyarrow")
    path = tmp_path / f"a{suffix}"
    write_predictions(ONE, path)
    for module in ("pyarrow", "pyarrow.parquet", "pyarrow.feather"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"evalkit\[arrow\]"):
        read_predictions(path)
    with pytest.raises(MissingExtraError, match=r"evalkit\[arrow\]"):
        write_predictions(ONE, tmp_path / f"b{suffix}")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_onnx(make_checkpoint: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error for ONNX names the extra if either of its packages is missing."""
    pytest.importorskip("onnxruntime")
    export_checkpoint(make_checkpoint(), tmp_path / "a.onnx", to="onnx")
    for module in ("onnxruntime", "onnx"):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(MissingExtraError, match=r"evalkit\[onnx\]"):
            evalkit.load_model(tmp_path / "a.onnx")
    with pytest.raises(MissingExtraError, match=r"evalkit\[onnx\]"):
        export_checkpoint(make_checkpoint(), tmp_path / "b.onnx", to="onnx")


def test_skops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error for a scikit-learn model names the extra."""
    skops = pytest.importorskip("skops.io")
    from sklearn.dummy import DummyClassifier

    skops.dump(DummyClassifier().fit(np.zeros((2, 1)), [0, 1]), tmp_path / "a.skops")
    monkeypatch.setitem(sys.modules, "skops", None)
    monkeypatch.delitem(sys.modules, "skops.io")
    with pytest.raises(MissingExtraError, match=r"skops is not installed.*evalkit\[sklearn\]"):
        evalkit.load_model(tmp_path / "a.skops")
