"""The schema of results.json is true of every kind of comparison, and of every record."""

from __future__ import annotations

import json
from dataclasses import fields
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

import evalkit
from evalkit.compare.evaluation import Evaluation
from evalkit.compare.from_files import evaluations_from_files
from evalkit.datasets import load_dataset
from evalkit.models import save_checkpoint
from evalkit.training.numpy_trainer import train_numpy
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.compare.comparison import Comparison

SCHEMA = json.loads(
    resources.files("evalkit.compare").joinpath("results.schema.json").read_text("utf-8")
)
RECORDS = {
    "evalkit.compare.records": (
        *("BetaCurve", "Lead", "ConfusedPair", "ChangedCell", "Curve", "Reliability"),
        *("ProbabilityResult", "ModelResult", "McNemarResult", "ClassLead", "PairResult"),
        *("Omnibus", "GroupMetric", "EpochBand", "GroupResult", "GroupPair", "Finding", "Verdict"),
        *("Settings", "Costs", "ModelCosts", "SliceModel", "SlicePair", "SliceResult"),
        *("SliceMetric", "SliceSearch", "SliceGap", "SummaryMetric", "Baseline"),
        *("ShownSample", "Gallery", "LabelCheck"),
    ),
    "evalkit.statistics.bayes": ("Posterior",),
    "evalkit.statistics.estimates": ("Estimate", "Difference"),
    "evalkit.statistics.calibration": ("Calibration",),
    "evalkit.predictions": ("Sampling",),
    "evalkit.datasets.dataset": ("DatasetIdentity",),
    "evalkit.training.landscape": ("Landscape", "StepPrediction"),
}
NOT_RECORDS = {"Samples", "Blocks"}
ADDED = {"ModelResult": {"blocks"}}
N = 300


def labels(seed: int, wrong: float) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Actual labels, the same each time, and predictions of which a share is wrong."""
    actual = np.arange(N) % 3
    is_wrong = np.random.default_rng(seed).random(N) < wrong
    return actual, np.where(is_wrong, (actual + 1) % 3, actual)


def model(seed: int, wrong: float = 0.2, *, proba: bool = False, **more: Any) -> Evaluation:
    actual, predicted = labels(seed, wrong)
    names = np.array(["cat", "dog", "ship"])
    if proba:
        more["y_proba"] = np.full((N, 3), 0.1) + 0.7 * np.eye(3)[predicted]
    classes = list(names)
    return evalkit.evaluate(
        names[actual], names[predicted], classes=classes, name=f"model {seed}", **more
    )


def compared(*models: Evaluation, **options: Any) -> Comparison:
    return evalkit.compare(models, replicates=50, **options)


def matrix(seed: int) -> Evaluation:
    return Evaluation(f"matrix {seed}", model(seed).confusion_matrix)


def binary(seed: int) -> Evaluation:
    actual = np.arange(N) % 2
    score = np.clip(0.3 + 0.4 * actual + np.random.default_rng(seed).normal(0, 0.2, N), 0, 1)
    return evalkit.evaluate(actual, y_proba=score, classes=[0, 1], name=f"binary {seed}")


KINDS = {
    "one model": lambda: compared(model(0)),
    "two models": lambda: compared(model(0), model(1, 0.3)),
    "alike": lambda: compared(model(0), model(0)),
    "five models": lambda: compared(*(model(i) for i in range(5))),
    "probabilities": lambda: compared(model(0, proba=True), model(1, proba=True)),
    "margin": lambda: compared(model(0), model(1), margin=0.05),
    "rope": lambda: compared(model(0), model(1), rope=0.05),
    "costs": lambda: compared(model(0, proba=True), model(1, proba=True), costs=1 - np.eye(3)),
    "costs of two classes": lambda: compared(binary(0), binary(1), costs=[[0, 1], [9, 0]]),
    "runs": lambda: compared(*(model(i, group="ab"[i % 2]) for i in range(6)), rope=0.01),
    "groups of samples": lambda: compared(
        *(model(i, groups=np.arange(N) // 5, strata=np.arange(N) // 150) for i in (0, 1))
    ),
    "weights": lambda: compared(*(model(i, sample_weight=np.linspace(1, 2, N)) for i in (0, 1))),
    "slices": lambda: compared(
        *(model(i, slices={"region": np.where(np.arange(N) < 90, "n", "s")}) for i in (0, 1))
    ),
    "matrices alone": lambda: compared(matrix(0), matrix(1)),
    "nothing predicted as a class": lambda: compared(
        evalkit.evaluate(["a", "b"], ["a", "a"], classes=["a", "b", "c"])
    ),
}


@pytest.mark.filterwarnings("ignore::evalkit.UndefinedMetricWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_comparison_is_valid(kind: str) -> None:
    """What is written is what the schema says, with no field more and none less."""
    require_valid(KINDS[kind]())


def test_trained_networks_are_valid(tmp_path: Path) -> None:
    """A checkpoint brings its data set, its training history and the landscape of its loss."""
    settings = Settings(hidden=(4,), epochs=2)
    save_checkpoint(train_numpy(load_dataset("digits"), settings), tmp_path / "numpy.pkl")
    found = compared(*evaluations_from_files([str(tmp_path / "numpy.pkl")], landscape=True))
    assert found.models[0].landscape is not None
    require_valid(found)


def require_valid(comparison: Comparison) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(comparison.to_json()))


def test_the_schema_is_one() -> None:
    """It keeps the rules of JSON Schema, and every reference leads somewhere."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    named = set(json.dumps(SCHEMA).split('"#/$defs/')[1:])
    assert {text.partition('"')[0] for text in named} == set(SCHEMA["$defs"])


def test_every_record_has_its_fields() -> None:
    """A field that a record gains or loses is gained or lost by the schema."""
    described = set(SCHEMA["$defs"]) - NOT_RECORDS
    assert described == {name for names in RECORDS.values() for name in names}
    for module, names in RECORDS.items():
        for name in names:
            held = {field.name for field in fields(getattr(import_module(module), name))}
            assert set(SCHEMA["$defs"][name]["properties"]) == held | ADDED.get(name, set()), name
