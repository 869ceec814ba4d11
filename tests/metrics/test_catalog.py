"""The catalog is complete, and a new metric is one module."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evalkit
from evalkit.errors import InputError
from evalkit.metrics import count
from evalkit.metrics.catalog import CATALOG, Catalog, lookup, metric
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.metrics.confusion_methods import CountMetricMethods
from evalkit.metrics.count import Marginals

COUNTS = np.array([[5, 1, 0, 0], [2, 3, 0, 0], [0, 4, 0, 0], [0, 0, 0, 0]])
COUNT_KEYS = [key for key, each in CATALOG.items() if each.of_counts]
PROPORTIONS = {key: each.proportion for key, each in CATALOG.items() if each.proportion}

NEW_MODULE = '''
"""The Fowlkes–Mallows index."""

from __future__ import annotations

import numpy as np

from evalkit.metrics.count.averaging import ratio
from evalkit.metrics.count.marginals import FloatArray, Marginals
from evalkit.metrics.from_counts import class_metric


@class_metric(
    label="Fowlkes–Mallows index",
    formula="√(TP / (TP + FN) · TP / (TP + FP))",
    use="To try this test.",
    undefined="for a class without samples, or never predicted",
)
def fowlkes_mallows(marginals: Marginals) -> FloatArray:
    """Return the geometric mean of precision and recall of a class.

    √(TP / (TP + FN) · TP / (TP + FP)), in [0, 1].

    Examples
    --------
    >>> fowlkes_mallows([1, 0], [1, 0]).tolist()
    [1.0, 1.0]
    """
    return np.sqrt(
        ratio(marginals.true_positive, marginals.actual)
        * ratio(marginals.true_positive, marginals.predicted)
    )
'''

USES_OF_IT = """
import sys
import evalkit.metrics.catalog
evalkit.metrics.catalog.__path__.append(sys.argv[1])
import inspect, doctest
import evalkit
from docs._ext.generated import filled, metrics_page
from evalkit.metrics import count
key, actual, predicted = "fowlkes_mallows", ["a", "a", "b"], ["a", "b", "b"]
value = 0.5 ** 0.5
matrix = evalkit.ConfusionMatrix.from_predictions(actual, predicted)
metric = evalkit.CATALOG[key]
assert key in evalkit.__all__ and key in dir(evalkit) and key in dir(count)
assert metric.definition == "The geometric mean of precision and recall of a class."
assert abs(evalkit.fowlkes_mallows(actual, predicted) - value).max() < 1e-15
assert evalkit.fowlkes_mallows is metric.function
assert abs(count.fowlkes_mallows(matrix.counts, average="macro") - value) < 1e-15
assert abs(matrix.fowlkes_mallows("macro") - value) < 1e-15
assert evalkit.statistics.bootstrap_interval(matrix.counts, key + "_macro").low >= 0
a = evalkit.evaluate(actual, actual, name="a")
b = evalkit.evaluate(actual, predicted, name="b")
assert evalkit.gate.check(a, b, rules=[key + "[a] > 0.01", key + "_macro > 0.01"]).checks[0].reason
assert "pos_label" in inspect.signature(evalkit.fowlkes_mallows).parameters
assert "Parameters" in inspect.getdoc(evalkit.fowlkes_mallows)
module = sys.modules["evalkit.metrics.catalog.fowlkes_mallows"]
assert doctest.testmod(module) == (0, 1)
assert "### Fowlkes–Mallows index" in metrics_page()
api = open("docs/reference/api.md", encoding="utf-8").read()
assert ".. autofunction:: fowlkes_mallows" in filled(api)
"""


def test_a_new_metric_is_one_module(tmp_path: Path) -> None:
    """A file in the catalog's folder reaches Python, matrices, intervals, gates and the docs."""
    (tmp_path / "fowlkes_mallows.py").write_text(NEW_MODULE, encoding="utf-8")
    root = Path(evalkit.__file__).parents[1]
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", USES_OF_IT, str(tmp_path)],
        cwd=root,
        env={"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


THREADS = """
from concurrent.futures import ThreadPoolExecutor
import evalkit
with ThreadPoolExecutor(8) as pool:
    sizes = list(pool.map(lambda _: len([evalkit.recall, *evalkit.CATALOG]), range(8)))
assert len(set(sizes)) == 1, sizes
"""


def test_threads_wait_until_the_catalog_is_complete() -> None:
    """No thread sees a catalog that another thread is still loading."""
    subprocess.run([sys.executable, "-c", THREADS], check=True)


def test_a_catalog_of_ones_own() -> None:
    """Metrics are added by the decorator and sorted; a key has one function."""
    mine = Catalog()
    texts: Any = {"formula": "1", "use": "Never.", "undefined": "never"}

    @metric(mine, label="Zebra", **texts)
    def zebra(y_true: Any, y_pred: Any) -> float:
        """Return one."""
        return 1.0

    def ant(y_true: Any, y_pred: Any) -> float:
        """Return one."""
        return 1.0

    metric(mine, label="Ant", **texts)(ant)
    assert list(mine) == ["ant", "zebra"]
    assert mine["zebra"].function is zebra
    assert "zebra" not in CATALOG
    ant.__module__ = "elsewhere"

    def again() -> float:
        return 2.0

    again.__name__ = "ant"
    with pytest.raises(InputError, match="'ant' is registered twice"):
        metric(mine, label="Ant", **texts)(again)


@pytest.mark.parametrize("key", CATALOG)
def test_entries_are_complete(key: str) -> None:
    """Definitions and uses are sentences; the public docstring has the formula and an example."""
    entry = CATALOG[key]
    assert entry.key == key == entry.function.__name__
    assert entry.function is getattr(evalkit, key)
    assert entry.definition.endswith(".")
    assert entry.use.endswith(".")
    assert not entry.formula.endswith(".")
    assert entry.low < entry.high
    assert (entry.of_counts is not None) == (entry.needs == "counts")
    documented = " ".join((inspect.getdoc(entry.function) or "").split())
    assert entry.formula in documented
    assert "Examples" in documented
    assert ">>>" in documented


@pytest.mark.parametrize("key", COUNT_KEYS)
def test_each_metric_of_counts_is_found_everywhere(key: str) -> None:
    """In `count`, as a method, and with one value in all places."""
    of_counts = CATALOG[key].of_counts
    assert getattr(count, key) is of_counts
    assert of_counts is not None
    expected = of_counts(COUNTS)
    found = getattr(ConfusionMatrix(COUNTS), key)(zero_division=np.nan)
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(AttributeError, match="no_such"):
        _ = count.no_such


def test_type_checkers_see_every_method() -> None:
    """The methods declared for type checkers are the metrics of counts."""
    source = inspect.getsource(CountMetricMethods)
    declared = {line.split(":")[0].strip() for line in source.splitlines() if "Method" in line}
    written = {name for name in vars(CountMetricMethods) if f"def {name}(" in source}
    assert set(COUNT_KEYS) == (declared | written) & set(COUNT_KEYS)
    assert declared - {"class CountMetricMethods(ABC)"} <= set(COUNT_KEYS)


@pytest.mark.parametrize("key", PROPORTIONS)
def test_proportions_are_successes_of_trials(key: str) -> None:
    """Their ratio is the value, by class and pooled."""
    entry, marginals = CATALOG[key], Marginals.of(COUNTS)
    assert entry.of_counts is not None
    with np.errstate(invalid="ignore"):
        successes, trials = PROPORTIONS[key](marginals)
        np.testing.assert_array_equal(successes / trials, entry.of_counts(COUNTS))
        if entry.by_class:
            successes, trials = PROPORTIONS[key](marginals.pooled())
            assert successes / trials == entry.of_counts(COUNTS, average="micro")


def test_which_metrics_are_proportions() -> None:
    """F-β and what is not one ratio of counts are left out."""
    assert set(PROPORTIONS) == {
        "accuracy",
        "jaccard",
        "negative_predictive_value",
        "precision",
        "recall",
        "specificity",
        "zero_one_loss",
    }


def test_undefined_classes_say_why() -> None:
    """By the totals of the class."""
    marginals = Marginals.of(COUNTS)
    assert CATALOG["precision"].classes_defined(marginals).tolist() == [True, True, False, False]
    assert CATALOG["recall"].classes_defined(marginals).tolist() == [True, True, True, False]
    assert CATALOG["f_beta"].classes_defined(marginals).tolist() == [True, True, True, False]
    for key, actual, predicted, reason in (
        ("precision", 4, 0, "never predicted"),
        ("precision", 0, 0, "never predicted"),
        ("recall", 0, 3, "does not occur in the data"),
        ("f1", 0, 0, "neither occurs nor is predicted"),
        ("specificity", 9, 3, "no other class occurs in the data"),
        ("informedness", 0, 3, "does not occur in the data"),
        ("informedness", 9, 3, "no other class occurs in the data"),
    ):
        assert CATALOG[key].undefined_reason(actual=actual, predicted=predicted) == reason


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
    with pytest.raises(InputError, match="The metrics are accuracy, balanced_accuracy"):
        lookup(key)
