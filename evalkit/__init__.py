"""Say which classifier is better, by how much, on which classes, and if it could be luck.

>>> import evalkit
>>> float(evalkit.accuracy(["cat", "dog", "cat"], ["cat", "dog", "dog"]).round(3))
0.667

Everything named in `__all__` loads when it is first used; importing the package loads NumPy alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from evalkit import views
from evalkit.compare import compare, evaluate
from evalkit.errors import EvalkitError, UndefinedMetricWarning
from evalkit.metrics import PUBLIC as _METRICS
from evalkit.version import __version__

if TYPE_CHECKING:
    from evalkit import gate, integrations, loggers, scale, statistics
    from evalkit.compare.comparison import Comparison
    from evalkit.compare.evaluation import Evaluation
    from evalkit.datasets import load_dataset
    from evalkit.datasets.dataset import Dataset
    from evalkit.metrics.catalog import CATALOG
    from evalkit.metrics.confusion import ConfusionMatrix
    from evalkit.metrics.predictions import (
        accuracy,
        balanced_accuracy,
        cohen_kappa,
        confusion_matrix,
        f1,
        f_beta,
        hamming_loss,
        informedness,
        jaccard,
        markedness,
        matthews_corrcoef,
        multilabel_confusion_matrix,
        negative_likelihood_ratio,
        negative_predictive_value,
        positive_likelihood_ratio,
        precision,
        recall,
        specificity,
        zero_one_loss,
    )
    from evalkit.metrics.probability import (
        average_precision,
        brier_score,
        calibration_curve,
        det_curve,
        expected_calibration_error,
        log_loss,
        precision_recall_curve,
        roc_auc,
        roc_curve,
        top_k_accuracy,
    )
    from evalkit.models import load_model

for _name, _place in {
    "costs": "tables:costs_table",
    "dict": "json:to_plain",
    "differences": "tables:differences_table",
    "from_dict": "json:from_plain",
    "json": "json:to_json",
    "latex": "tables:latex",
    "markdown": "tables:markdown",
    "per_class": "tables:per_class_table",
    "rich": "tables:rich_group",
    "slices": "tables:slices_table",
    "summary": "tables:summary_table",
}.items():
    views.register(_name, f"evalkit.compare.{_place}")
views.register("findings", "evalkit.narrative.findings:findings")
views.register("html", "evalkit.report:render_html")
views.register("notebook", "evalkit.report:render_notebook")
views.register("terminal", "evalkit.report.terminal:summary_text")
views.register("verdict", "evalkit.narrative.verdict:verdict")

_LAZY = {
    **_METRICS,
    "Comparison": "evalkit.compare.comparison",
    "Dataset": "evalkit.datasets.dataset",
    "Evaluation": "evalkit.compare.evaluation",
    "load_dataset": "evalkit.datasets",
    "load_model": "evalkit.models",
}
_MODULES = {"gate", "integrations", "loggers", "scale", "statistics"}

__all__ = [
    "CATALOG",
    "Comparison",
    "ConfusionMatrix",
    "Dataset",
    "EvalkitError",
    "Evaluation",
    "UndefinedMetricWarning",
    "__version__",
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "brier_score",
    "calibration_curve",
    "cohen_kappa",
    "compare",
    "confusion_matrix",
    "det_curve",
    "evaluate",
    "expected_calibration_error",
    "f1",
    "f_beta",
    "gate",
    "hamming_loss",
    "informedness",
    "integrations",
    "jaccard",
    "load_dataset",
    "load_model",
    "log_loss",
    "loggers",
    "markedness",
    "matthews_corrcoef",
    "multilabel_confusion_matrix",
    "negative_likelihood_ratio",
    "negative_predictive_value",
    "positive_likelihood_ratio",
    "precision",
    "precision_recall_curve",
    "recall",
    "roc_auc",
    "roc_curve",
    "scale",
    "specificity",
    "statistics",
    "top_k_accuracy",
    "zero_one_loss",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"evalkit.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module 'evalkit' has no attribute {name!r}")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
