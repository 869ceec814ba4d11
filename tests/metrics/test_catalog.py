"""The catalog is complete, and says of each metric what a reader needs."""

from __future__ import annotations

import inspect

import pytest

import evalkit
from evalkit.errors import InputError
from evalkit.metrics import PUBLIC
from evalkit.metrics.catalog import CATALOG, lookup

NOT_METRICS = {
    "CATALOG",
    "ConfusionMatrix",
    "calibration_curve",
    "confusion_matrix",
    "det_curve",
    "multilabel_confusion_matrix",
    "precision_recall_curve",
    "roc_curve",
}


def test_every_public_metric_is_in_the_catalog() -> None:
    """And every entry is a public function."""
    assert set(CATALOG) == set(PUBLIC) - NOT_METRICS


@pytest.mark.parametrize("key", CATALOG)
def test_entries_are_whole_sentences(key: str) -> None:
    """Definitions and uses end in a full stop; labels and formulas do not."""
    metric = CATALOG[key]
    assert metric.key == key
    assert metric.definition.endswith(".")
    assert metric.use.endswith(".")
    assert not metric.formula.endswith(".")
    assert metric.low < metric.high
    assert (metric.of_counts is not None) == (metric.needs == "counts")


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_documented(name: str) -> None:
    """Each has a docstring with an example."""
    documented = inspect.getdoc(getattr(evalkit, name)) or ""
    assert name == "CATALOG" or ">>>" in documented


def test_keys_of_files_and_rules_are_understood() -> None:
    """β in brackets, the average behind."""
    assert lookup("recall").label == "Recall"
    assert lookup("f1_macro").label == "F1, macro"
    assert lookup("f_beta[0.1]").label == "F0.1"
    assert lookup("f_beta[10]_weighted").label == "F10, weighted"
    assert lookup("f_beta[10]_weighted").of_counts is CATALOG["f_beta"].of_counts


@pytest.mark.parametrize("key", ["f2", "accuracy_macro", "", "recall_mean"])
def test_unknown_keys_are_refused(key: str) -> None:
    """The message lists what there is."""
    with pytest.raises(InputError, match="one of accuracy, balanced_accuracy"):
        lookup(key)
