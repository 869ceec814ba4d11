"""A pytest plugin that runs scikit-learn's own tests with evalkit's functions in their place.

It adapts names and defaults: ``f1_score`` becomes ``evalkit.f1`` with ``average="binary"``, and
evalkit's warning class becomes scikit-learn's. The wording of messages is not compared, their
class is. `EXCEPTIONS` lists the tests that evalkit fails on purpose, each with the reason; a test
in the list that passes fails the run.
"""

from __future__ import annotations

import functools
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sklearn.exceptions
import sklearn.metrics

import evalkit
from evalkit.errors import UndefinedMetricWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

EXCEPTIONS: dict[str, tuple[str, ...]] = {
    "compares the wording of a warning with str(), not with match": (
        "test_classification_report_zero_division_warning[warn]",
        "test_fscore_warnings[warn]",
        "test_precision_warnings[warn]",
        "test_prf_warnings",
        "test_recall_warnings[warn]",
    ),
    "deprecates the name y_pred, which evalkit.log_loss never had": (
        "test_log_loss_y_pred_deprecation",
    ),
    "expects labels in sorted order only; evalkit takes the order that is declared": (
        "test_brier_score_loss_warnings",
        "test_log_loss_warnings",
        "test_roc_auc_score_multiclass_labels_error[ovo-Parameter 'labels' must be ordered",
        "test_roc_auc_score_multiclass_labels_error[ovr-Parameter 'labels' must be ordered",
        "test_top_k_accuracy_score_error[y_true3-y_score3-labels3-Parameter 'labels' must be",
    ),
    "expects a warning beside NaN; evalkit warns where it puts a number in NaN's place": (
        "test_likelihood_ratios_warnings",
    ),
    "tests the form of replace_undefined_by, for which evalkit has zero_division": (
        "test_likelihood_ratios_wrong_dict_replace_undefined_by[replace_undefined_by0]",
        "test_likelihood_ratios_wrong_dict_replace_undefined_by[replace_undefined_by1]",
        "test_likelihood_ratios_wrong_dict_replace_undefined_by[replace_undefined_by2]",
        "test_likelihood_ratios_wrong_dict_replace_undefined_by[replace_undefined_by4]",
        "test_likelihood_ratios_wrong_dict_replace_undefined_by[replace_undefined_by5]",
    ),
    "expects NotImplementedError where evalkit raises InputError, after values that agree": (
        "test_multiclass_ovo_roc_auc_toydata[",
    ),
}

reached: set[str] = set()
_running: list[str] = []


def adapted(metric: Callable[..., Any], **defaults: Any) -> Callable[..., Any]:
    """Return the metric with scikit-learn's defaults and scikit-learn's warning class."""

    @functools.wraps(metric)
    def call(*arguments: Any, **options: Any) -> Any:
        reached.update(_running)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = metric(*arguments, **{**defaults, **options})
        for warning in caught:
            ours = issubclass(warning.category, UndefinedMetricWarning)
            category = sklearn.exceptions.UndefinedMetricWarning if ours else warning.category
            warnings.warn(str(warning.message), category, stacklevel=2)
        return result

    return call


def cohen_kappa_score(y1: Any, y2: Any, **options: Any) -> Any:
    """Rename `replace_undefined_by`; left out, it gives a warning, as `zero_division` does."""
    options["zero_division"] = options.pop("replace_undefined_by", "warn")
    return evalkit.cohen_kappa(y1, y2, **options)


def class_likelihood_ratios(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    sample_weight: Any = None,
    replace_undefined_by: Any = np.nan,
) -> tuple[Any, Any]:
    """Join the two ratios and rename `replace_undefined_by`."""
    both = replace_undefined_by
    if not isinstance(both, dict):
        both = {"LR+": both, "LR-": both}
    options: dict[str, Any] = {
        "average": "binary",
        "pos_label": 1 if labels is None else labels[1],
        "sample_weight": sample_weight,
    }
    return (
        evalkit.positive_likelihood_ratio(y_true, y_pred, zero_division=both["LR+"], **options),
        evalkit.negative_likelihood_ratio(y_true, y_pred, zero_division=both["LR-"], **options),
    )


def precision_recall_fscore_support(
    y_true: Any,
    y_pred: Any,
    *,
    beta: float = 1.0,
    warn_for: Any = ("precision", "recall", "f-score"),
    zero_division: Any = "warn",
    **options: Any,
) -> tuple[Any, Any, Any, Any]:
    """Join three metrics and the support."""
    metrics: dict[str, Callable[..., Any]] = {
        "precision": evalkit.precision,
        "recall": evalkit.recall,
        "f-score": functools.partial(evalkit.f_beta, beta=beta),
    }
    values = []
    for name, metric in metrics.items():
        silent = zero_division == "warn" and name not in warn_for
        options["zero_division"] = 0.0 if silent else zero_division
        values.append(metric(y_true, y_pred, **options))
    support = None
    if options.get("average") is None:
        matrices = evalkit.multilabel_confusion_matrix(
            y_true,
            y_pred,
            labels=options.get("labels"),
            sample_weight=options.get("sample_weight"),
        )
        support = matrices[:, 1].sum(axis=-1)
    return values[0], values[1], values[2], support


def log_loss(y_true: Any, y_proba: Any = None, **options: Any) -> Any:
    """Take probabilities by position or by name."""
    return evalkit.log_loss(y_true, y_proba, **options)


REPLACED = {
    "accuracy_score": adapted(evalkit.accuracy),
    "average_precision_score": adapted(evalkit.average_precision),
    "balanced_accuracy_score": adapted(evalkit.balanced_accuracy),
    "brier_score_loss": adapted(evalkit.brier_score),
    "class_likelihood_ratios": adapted(class_likelihood_ratios),
    "cohen_kappa_score": adapted(cohen_kappa_score),
    "confusion_matrix": adapted(evalkit.confusion_matrix),
    "det_curve": adapted(evalkit.det_curve),
    "f1_score": adapted(evalkit.f1, average="binary"),
    "fbeta_score": adapted(evalkit.f_beta, average="binary"),
    "hamming_loss": adapted(evalkit.hamming_loss),
    "jaccard_score": adapted(evalkit.jaccard, average="binary"),
    "log_loss": adapted(log_loss),
    "matthews_corrcoef": adapted(evalkit.matthews_corrcoef),
    "multilabel_confusion_matrix": adapted(evalkit.multilabel_confusion_matrix),
    "precision_recall_curve": adapted(evalkit.precision_recall_curve),
    "precision_recall_fscore_support": adapted(precision_recall_fscore_support),
    "precision_score": adapted(evalkit.precision, average="binary"),
    "recall_score": adapted(evalkit.recall, average="binary"),
    "roc_auc_score": adapted(evalkit.roc_auc, multi_class="raise"),
    "roc_curve": adapted(evalkit.roc_curve),
    "top_k_accuracy_score": adapted(evalkit.top_k_accuracy),
    "zero_one_loss": adapted(evalkit.zero_one_loss),
}


def pytest_configure() -> None:
    """Put the functions in place before any test module imports them by name."""
    for name, function in REPLACED.items():
        setattr(sklearn.metrics, name, function)
    # The classification report is scikit-learn's; what it prints is then ours.
    inside = sys.modules["sklearn.metrics._classification"]
    vars(inside)["precision_recall_fscore_support"] = REPLACED["precision_recall_fscore_support"]
    for name in ("raises", "warns"):
        setattr(pytest, name, _without_match(getattr(pytest, name)))


def _without_match(check: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(check)
    def any_wording(*arguments: Any, match: str | None = None, **options: Any) -> Any:
        del match
        return check(*arguments, **options)

    return any_wording


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the listed tests to fail."""
    for item in items:
        for reason, names in EXCEPTIONS.items():
            if item.name.startswith(names):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Note which tests reach evalkit."""
    _running[:] = [item.nodeid]
    return (yield)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests reached evalkit, and how they ended."""
    passed = {report.nodeid for report in terminalreporter.stats.get("passed", [])}
    excepted = {report.nodeid for report in terminalreporter.stats.get("xfailed", [])}
    terminalreporter.write_line(
        f"reached evalkit: {len(reached)}, passed: {len(reached & passed)}, "
        f"excepted: {len(reached & excepted)}"
    )
