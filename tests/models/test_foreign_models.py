"""Test models that evalkit did not train: safe formats are loaded, unsafe ones raise."""

from __future__ import annotations

import pickle
import sys
from importlib.metadata import EntryPoint, EntryPoints
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import evalkit
from evalkit.errors import FileFormatError, InputError, UnsafeFileError
from evalkit.models import registry
from evalkit.models.estimator import EstimatorPredictor
from evalkit.models.predictor import Adapter, Inspection, ModelCard
from evalkit.models.registry import inspect_file

if TYPE_CHECKING:
    from pathlib import Path

IRIS = load_iris()
NAMES = np.array(["setosa", "versicolor", "virginica"])[IRIS.target]


@pytest.fixture(scope="module")
def pipeline() -> Any:
    """Return a scaled logistic regression fitted on iris with string labels."""
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(IRIS.data, NAMES)


@pytest.mark.parametrize("kind", ["logistic", "perceptron"])
def test_skops(kind: str, pipeline: Any, tmp_path: Path) -> None:
    """A pipeline saved with skops gives the same probabilities and class names."""
    skops = pytest.importorskip("skops.io")
    if kind == "perceptron":
        network = MLPClassifier(solver="lbfgs", hidden_layer_sizes=(5,), random_state=0)
        pipeline = make_pipeline(StandardScaler(), network).fit(IRIS.data, NAMES)
    skops.dump(pipeline, tmp_path / "iris")
    model = evalkit.load_model(tmp_path / "iris")
    assert model.classes == ("setosa", "versicolor", "virginica")
    np.testing.assert_array_equal(model.predict_proba(IRIS.data), pipeline.predict_proba(IRIS.data))
    assert "StandardScaler" in str(inspect_file(tmp_path / "iris"))
    with pytest.raises(InputError, match="expects 4 features"):
        model.predict_proba(IRIS.data[:, :3])


def test_skops_types_off_the_list(tmp_path: Path) -> None:
    """A decision tree raises, because its type is not on the list."""
    skops = pytest.importorskip("skops.io")
    skops.dump(DecisionTreeClassifier().fit(IRIS.data, NAMES), tmp_path / "tree")
    with pytest.raises(UnsafeFileError, match="DecisionTreeClassifier"):
        evalkit.load_model(tmp_path / "tree")


@pytest.mark.parametrize("zipmap", [True, False])
def test_onnx_of_scikit_learn(zipmap: bool, pipeline: Any, tmp_path: Path) -> None:
    """An export of scikit-learn gives the same probabilities, with and without ZipMap."""
    skl2onnx = pytest.importorskip("skl2onnx")
    pytest.importorskip("onnxruntime")
    converted = skl2onnx.to_onnx(
        pipeline, IRIS.data[:1].astype(np.float32), options={"zipmap": zipmap}
    )
    (tmp_path / "iris").write_bytes(converted.SerializeToString())
    model = evalkit.load_model(tmp_path / "iris")
    assert model.classes == ("setosa", "versicolor", "virginica")
    np.testing.assert_allclose(
        model.predict_proba(IRIS.data), pipeline.predict_proba(IRIS.data), atol=1e-5
    )
    with pytest.raises(InputError, match="expects 4 features"):
        model.predict_proba(IRIS.data[:, :3])


def test_onnx_that_gives_logits(tmp_path: Path) -> None:
    """Logits raise and are not converted to probabilities."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper

    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Add", ["X", "X"], ["logits"])],
        "twice",
        [info("X", TensorProto.FLOAT, ["n", 3])],
        [info("logits", TensorProto.FLOAT, ["n", 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "a")
    with pytest.raises(InputError, match=r"not probabilities: .* If these are logits"):
        evalkit.load_model(tmp_path / "a").predict_proba(np.ones((2, 3)))


@pytest.mark.torch
def test_other_torch_formats(tmp_path: Path) -> None:
    """State dicts and pickled modules raise errors with the reason."""
    torch = pytest.importorskip("torch")
    linear = torch.nn.Linear(4, 3)
    torch.save(linear.state_dict(), tmp_path / "state")
    with pytest.raises(FileFormatError, match="no architecture"):
        evalkit.load_model(tmp_path / "state")
    assert "3×4 float32" in str(inspect_file(tmp_path / "state"))
    torch.save({"weights": linear.weight.t()}, tmp_path / "strides")
    with pytest.raises(FileFormatError, match="no architecture"):
        evalkit.load_model(tmp_path / "strides")
    torch.save(linear, tmp_path / "module")
    with pytest.raises(UnsafeFileError, match=r"torch\.nn\.modules\.linear\.Linear"):
        evalkit.load_model(tmp_path / "module")
    assert "not safe  torch.nn.modules.linear.Linear" in str(inspect_file(tmp_path / "module"))


@pytest.mark.torch
def test_torch_before_archives(tmp_path: Path) -> None:
    """A file of PyTorch before 1.6 is read with weights_only=True, or raises."""
    torch = pytest.importorskip("torch")
    for content, error, message in (
        ({"weight": torch.ones(2)}, FileFormatError, "no architecture"),
        (torch.nn.Linear(2, 2), UnsafeFileError, "with weights_only=True"),
    ):
        torch.save(content, tmp_path / "old", _use_new_zipfile_serialization=False)
        with pytest.raises(error, match=message):
            evalkit.load_model(tmp_path / "old")
        assert "before 1.6" in str(inspect_file(tmp_path / "old"))


def test_programs_of_torch_raise(tmp_path: Path) -> None:
    """TorchScript and torch.export archives are recognised by their entries and raise."""
    import zipfile

    for entries, reason in (
        (("m/data.pkl", "m/code/__torch__/m.py"), "TorchScript"),
        (("m/archive_format", "m/models/model.json"), r"torch\.export"),
    ):
        with zipfile.ZipFile(tmp_path / "a", "w") as archive:
            for entry in entries:
                archive.writestr(entry, b"")
        with pytest.raises(UnsafeFileError, match=reason):
            evalkit.load_model(tmp_path / "a")
        assert "not loaded" in str(inspect_file(tmp_path / "a"))


def test_python_factory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipeline: Any) -> None:
    """A factory of the user is called; a missing one raises an error that names it."""
    (tmp_path / "iris.pkl").write_bytes(pickle.dumps(pipeline))
    (tmp_path / "evalkit_own_model.py").write_text(
        "import pathlib, pickle\n"
        "def make():\n"
        "    return pickle.loads(pathlib.Path(__file__).with_name('iris.pkl').read_bytes())\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    model = evalkit.load_model("python:evalkit_own_model:make")
    np.testing.assert_array_equal(model.predict_proba(IRIS.data), pipeline.predict_proba(IRIS.data))
    for spec, message in (
        ("python:evalkit_own_model", "Invalid factory: .*The format is python:"),
        ("python:evalkit_own_model:build", "has no function build"),
        ("python:evalkit_no_such:make", "Cannot import the module"),
    ):
        with pytest.raises(FileFormatError, match=message):
            evalkit.load_model(spec)


def test_foreign_pickle_runs_only_on_request(pipeline: Any, tmp_path: Path) -> None:
    """A pickle raises unless trust_pickle is given; then the card records it."""
    path = tmp_path / "iris.pkl"
    path.write_bytes(pickle.dumps(pipeline))
    with pytest.raises(UnsafeFileError, match=r"sklearn\.pipeline\.Pipeline.*--trust-pickle"):
        evalkit.load_model(path)
    model = evalkit.load_model(path, trust_pickle=True)
    assert model.card.trusted_pickle
    np.testing.assert_array_equal(model.predict_proba(IRIS.data), pipeline.predict_proba(IRIS.data))


def test_trust_pickle_has_no_effect_on_own_files(make_checkpoint: Any, tmp_path: Path) -> None:
    """A file that can be read as plain values is not unpickled, even with trust_pickle."""
    from evalkit.models import save_checkpoint

    save_checkpoint(make_checkpoint(), tmp_path / "a.pkl")
    assert not evalkit.load_model(tmp_path / "a.pkl", trust_pickle=True).card.trusted_pickle


class Constant:
    """Return the same probabilities for every sample."""

    classes_ = ("a", "b")

    def predict_proba(self, X: Any) -> np.ndarray:
        return np.full((len(X), 2), 0.5)


ADDED = Adapter(
    "a format of another package",
    lambda source: source.head(5) == b"CONST",
    lambda source: EstimatorPredictor(Constant(), ModelCard("constant", source.path, "")),
    lambda source: Inspection(source.path, "constant"),
)


def test_other_packages_add_formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point of another package adds a format."""
    entry = EntryPoint("constant", f"{__name__}:ADDED", registry.ENTRY_POINTS)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    monkeypatch.setattr(
        registry, "entry_points", lambda group: EntryPoints([entry]).select(group=group)
    )
    (tmp_path / "a").write_bytes(b"CONST")
    assert evalkit.load_model(tmp_path / "a").predict_proba(np.ones((3, 1))).shape == (3, 2)
    assert "constant" in str(inspect_file(tmp_path / "a"))


@pytest.mark.parametrize("content", [b"\x7fELF", b"hello", b"\x00" * 100, b"PK\x03\x04"])
def test_invalid_models(content: bytes, tmp_path: Path) -> None:
    """A file that is not a model raises an error of one line."""
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(FileFormatError) as raised:
        evalkit.load_model(tmp_path / "a")
    assert "\n" not in str(raised.value)
