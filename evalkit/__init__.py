"""Evaluate and compare classifiers.

>>> import evalkit
>>> float(evalkit.accuracy(["cat", "dog", "cat"], ["cat", "dog", "dog"]).round(3))
0.667

Every name loads when it is first used; importing the package loads NumPy and nothing else that is
heavy. Metrics come from `evalkit.metrics.catalog`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from evalkit import views
from evalkit.compare import compare as compare, evaluate as evaluate
from evalkit.errors import (
    EvalkitError as EvalkitError,
    UndefinedMetricWarning as UndefinedMetricWarning,
)
from evalkit.version import __version__ as __version__

if TYPE_CHECKING:  # what type checkers and editors see; a test compares it with `__all__`
    from evalkit import (
        gate as gate,
        history as history,
        integrations as integrations,
        loggers as loggers,
        scale as scale,
        statistics as statistics,
    )
    from evalkit.compare.comparison import Comparison as Comparison
    from evalkit.compare.evaluation import Evaluation as Evaluation
    from evalkit.datasets import load_dataset as load_dataset
    from evalkit.datasets.dataset import Dataset as Dataset
    from evalkit.metrics.catalog import CATALOG as CATALOG
    from evalkit.metrics.catalog.accuracy import (
        accuracy as accuracy,
        hamming_loss as hamming_loss,
        zero_one_loss as zero_one_loss,
    )
    from evalkit.metrics.catalog.average_precision import average_precision as average_precision
    from evalkit.metrics.catalog.balanced_accuracy import balanced_accuracy as balanced_accuracy
    from evalkit.metrics.catalog.brier_score import brier_score as brier_score
    from evalkit.metrics.catalog.cohen_kappa import cohen_kappa as cohen_kappa
    from evalkit.metrics.catalog.expected_calibration_error import (
        expected_calibration_error as expected_calibration_error,
    )
    from evalkit.metrics.catalog.f_beta import (
        f1 as f1,
        f_beta as f_beta,
    )
    from evalkit.metrics.catalog.informedness import informedness as informedness
    from evalkit.metrics.catalog.jaccard import jaccard as jaccard
    from evalkit.metrics.catalog.likelihood_ratios import (
        negative_likelihood_ratio as negative_likelihood_ratio,
        positive_likelihood_ratio as positive_likelihood_ratio,
    )
    from evalkit.metrics.catalog.log_loss import log_loss as log_loss
    from evalkit.metrics.catalog.markedness import markedness as markedness
    from evalkit.metrics.catalog.matthews_corrcoef import matthews_corrcoef as matthews_corrcoef
    from evalkit.metrics.catalog.negative_predictive_value import (
        negative_predictive_value as negative_predictive_value,
    )
    from evalkit.metrics.catalog.precision import precision as precision
    from evalkit.metrics.catalog.recall import recall as recall
    from evalkit.metrics.catalog.roc_auc import roc_auc as roc_auc
    from evalkit.metrics.catalog.specificity import specificity as specificity
    from evalkit.metrics.catalog.top_k_accuracy import top_k_accuracy as top_k_accuracy
    from evalkit.metrics.confusion import ConfusionMatrix as ConfusionMatrix
    from evalkit.metrics.matrices import (
        confusion_matrix as confusion_matrix,
        multilabel_confusion_matrix as multilabel_confusion_matrix,
    )
    from evalkit.metrics.probability import (
        calibration_curve as calibration_curve,
        det_curve as det_curve,
        precision_recall_curve as precision_recall_curve,
        roc_curve as roc_curve,
    )
    from evalkit.models import load_model as load_model

for _name, _place in {
    "costs": "compare.tables:costs_table",
    "decision": "gate.text:decision_table",
    "decision_html": "gate.text:decision_html",
    "dict": "compare.json:to_plain",
    "differences": "compare.tables:differences_table",
    "errors": "compare.tables:errors_frame",
    "findings": "narrative.findings:findings",
    "from_dict": "compare.json:from_plain",
    "history": "history.terminal:history_table",
    "history_html": "history.terminal:history_view",
    "html": "report.render:render_html",
    "json": "compare.json:to_json",
    "latex": "report.tables:latex",
    "markdown": "report.tables:markdown",
    "notebook": "report.notebook:render_notebook",
    "per_class": "compare.tables:per_class_table",
    "rich": "report.tables:rich_group",
    "slices": "compare.tables:slices_table",
    "summary": "compare.tables:summary_table",
    "terminal": "report.tables:summary_text",
    "verdict": "narrative.verdict:verdict",
}.items():
    views.register(_name, f"evalkit.{_place}")

_LAZY = {
    "CATALOG": "evalkit.metrics.catalog",
    "Comparison": "evalkit.compare.comparison",
    "ConfusionMatrix": "evalkit.metrics.confusion",
    "Dataset": "evalkit.datasets.dataset",
    "Evaluation": "evalkit.compare.evaluation",
    "calibration_curve": "evalkit.metrics.probability",
    "confusion_matrix": "evalkit.metrics.matrices",
    "det_curve": "evalkit.metrics.probability",
    "load_dataset": "evalkit.datasets",
    "load_model": "evalkit.models",
    "multilabel_confusion_matrix": "evalkit.metrics.matrices",
    "precision_recall_curve": "evalkit.metrics.probability",
    "roc_curve": "evalkit.metrics.probability",
}
_MODULES = {"gate", "history", "integrations", "loggers", "scale", "statistics"}
_EAGER = {"EvalkitError", "UndefinedMetricWarning", "__version__", "compare", "evaluate"}


def __getattr__(name: str) -> Any:
    """Return a module, or an object from `_LAZY`, or a registered metric, or `__all__`."""
    if name in _MODULES:
        return import_module(f"evalkit.{name}")
    value = getattr(import_module(_LAZY[name]), name) if name in _LAZY else _metric(name)
    globals()[name] = value
    return value


def _metric(name: str) -> Any:
    # A submodule that is not imported yet must not load the catalog.
    if name == "__all__" or not (name.startswith("_") or find_spec(f"evalkit.{name}")):
        from evalkit.metrics.catalog import CATALOG

        if name == "__all__":
            return sorted({*_EAGER, *_LAZY, *_MODULES, *CATALOG})
        if name in CATALOG:
            return CATALOG[name].function
    raise AttributeError(f"module 'evalkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})
