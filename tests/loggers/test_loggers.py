"""Test that logged results can be read back from MLflow and TensorBoard."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import MissingExtraError
from evalkit.loggers import log_to_mlflow, log_to_tensorboard
from evalkit.loggers.scalars import scalar_metrics

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.compare.comparison import Comparison


@pytest.fixture
def comparison() -> Comparison:
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 3, 200)
    evaluations = [
        evalkit.evaluate(
            actual, np.where(rng.random(200) < 0.7, actual, 0), classes=(0, 1, 2), name=name
        )
        for name in ("net: α", "net: β")
    ]
    return evalkit.compare(evaluations, replicates=50)


def test_names_are_distinct_and_safe(comparison: Comparison) -> None:
    names = [name for name, _ in scalar_metrics(comparison)]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and not set(name) & set("[] :,") for name in names)
    assert {"net/accuracy", "net_/accuracy", "net/f_beta_macro_0.1_low"} <= set(names)


def test_an_evaluation_needs_no_prefix() -> None:
    evaluation = evalkit.evaluate([0, 1] * 20, [0, 1] * 20)
    scalars = dict(scalar_metrics(evalkit.compare([evaluation], replicates=20)))
    assert scalars["accuracy"] == 1


MLFLOW = """
import json, sys
import mlflow
import evalkit
from evalkit.errors import InputError
from evalkit.loggers import log_to_mlflow

store = sys.argv[1]
mlflow.set_tracking_uri(store)
evaluation = evalkit.evaluate([0, 1, 1, 0] * 20, [0, 1, 0, 0] * 20, name="net")
try:
    log_to_mlflow(evaluation)
except InputError as error:
    assert "start_run" in str(error)
else:
    raise AssertionError("logged without a run")
with mlflow.start_run() as run:
    assert log_to_mlflow(evaluation, report=False) == run.info.run_id
client = mlflow.MlflowClient()
other = client.create_run("0").info.run_id
log_to_mlflow(evaluation, client=client, run_id=other, step=3)
print(json.dumps({
    "metrics": client.get_run(run.info.run_id).data.metrics,
    "steps": [m.step for m in client.get_metric_history(other, "accuracy")],
    "files": sorted(f.path for f in client.list_artifacts(other, "evalkit")),
    "without": sorted(f.path for f in client.list_artifacts(run.info.run_id, "evalkit")),
    "results": json.loads(mlflow.artifacts.load_text(
        client.get_run(other).info.artifact_uri + "/evalkit/results.json"
    ))["models"][0]["counts"],
}))
"""


def test_mlflow_keeps_metrics_and_files(tmp_path: Path) -> None:
    """A file store has the metrics and artifacts; in a subprocess, as MLflow's state is global."""
    pytest.importorskip("mlflow")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MLFLOW, (tmp_path / "store").as_uri()],
        cwd=tmp_path,
        env=mlflow_environment(),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    stored = json.loads(done.stdout.splitlines()[-1])
    expected = evalkit.statistics.proportion_interval(60, 80)
    assert stored["metrics"]["accuracy"] == 0.75
    assert stored["metrics"]["accuracy_low"] == pytest.approx(float(expected.low))
    assert stored["metrics"]["accuracy_high"] == pytest.approx(float(expected.high))
    assert stored["steps"] == [3]
    assert stored["files"] == ["evalkit/report.html", "evalkit/results.json"]
    assert stored["without"] == ["evalkit/results.json"]
    assert stored["results"] == [[40, 0], [20, 20]]


def mlflow_environment() -> dict[str, str]:
    """Return the environment without telemetry, and with the file store allowed."""
    return {
        **os.environ,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_ALLOW_FILE_STORE": "true",
    }


def test_missing_mlflow_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(
        MissingExtraError, match=r"mlflow is not installed.*pip install mlflow-skinny"
    ):
        log_to_mlflow(evalkit.evaluate([0, 1], [0, 1]))


class RecordingWriter:
    """A writer that records its arguments."""

    def __init__(self) -> None:
        self.scalars: dict[str, tuple[float, int]] = {}
        self.texts: dict[str, str] = {}

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        self.scalars[tag] = scalar_value, global_step

    def add_text(self, tag: str, text_string: str, global_step: int) -> None:
        self.texts[tag] = text_string


def test_a_writer_gets_numbers_verdict_and_matrices(comparison: Comparison) -> None:
    writer = RecordingWriter()
    log_to_tensorboard(comparison, writer, step=7, prefix="run")
    expected = {f"run/{name}": (value, 7) for name, value in scalar_metrics(comparison)}
    assert writer.scalars == expected
    for evaluation in comparison.evaluations:
        assert evaluation.confusion_matrix.to_markdown() in writer.texts.values()
    assert comparison.verdict.headline.split(":")[0] in writer.texts["run/verdict"]


TENSORBOARD = """
import json, sys
from torch.utils.tensorboard import SummaryWriter
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
import evalkit
from evalkit.loggers import log_to_tensorboard

evaluation = evalkit.evaluate([0, 1, 1, 0] * 20, [0, 1, 0, 0] * 20, name="net")
with SummaryWriter(sys.argv[1]) as writer:
    log_to_tensorboard(evaluation, writer, step=5)
events = EventAccumulator(sys.argv[1]).Reload()
(accuracy,) = events.Scalars("evalkit/accuracy")
tags = events.Tags()["tensors"]
print(json.dumps({"value": accuracy.value, "step": accuracy.step, "tags": tags}))
"""


@pytest.mark.torch
def test_tensorboard_files_contain_the_numbers(tmp_path: Path) -> None:
    """Results written by PyTorch's writer are read back by TensorBoard."""
    pytest.importorskip("tensorboard")
    pytest.importorskip("torch")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TENSORBOARD, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    stored: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (stored["value"], stored["step"]) == (0.75, 5)
    assert any(tag.startswith("evalkit/confusion/net") for tag in stored["tags"])
