"""Which metrics a comparison shows, by the keys that JSON, tables and report share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from evalkit.metrics import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evalkit.metrics.count import Marginals
    from evalkit.metrics.count.marginals import FloatArray

CountMetric: TypeAlias = "Callable[[Marginals], FloatArray]"


def overall_metrics(betas: Sequence[float]) -> Mapping[str, CountMetric]:
    """Return key → function of marginals (...,) for the metrics of a whole model.

    >>> list(overall_metrics([0.1, 1.0]))[-2:]
    ['f_beta_macro[1]', 'matthews_corrcoef']
    """
    return {
        "accuracy": count.accuracy,
        "precision_macro": partial(count.precision, average="macro"),
        "recall_macro": partial(count.recall, average="macro"),
        **{
            f"f_beta_macro[{beta:g}]": partial(count.f_beta, beta=beta, average="macro")
            for beta in betas
        },
        "matthews_corrcoef": count.matthews_corrcoef,
    }


def class_metrics(betas: Sequence[float]) -> Mapping[str, CountMetric]:
    """Return key → function of marginals (..., K) for the metrics of each class.

    >>> list(class_metrics([1.0]))
    ['precision', 'recall', 'f_beta[1]']
    """
    return {
        "precision": count.precision,
        "recall": count.recall,
        **{f"f_beta[{beta:g}]": partial(count.f_beta, beta=beta) for beta in betas},
    }


def undefined_reason(key: str, *, actual: float, predicted: float) -> str:
    """Return why a metric of a class with these counts has no value."""
    if key == "precision" and predicted == 0:
        return "never predicted"
    if key == "recall" and actual == 0:
        return "does not occur in the data"
    return "neither occurs nor is predicted"


def classes_covered(key: str, marginals: Marginals) -> int | None:
    """Return over how many classes a macro average is taken; None for other metrics."""
    by_class = {
        "precision_macro": marginals.predicted > 0,
        "recall_macro": marginals.actual > 0,
    }
    if key.startswith("f_beta_macro"):
        return int(np.count_nonzero((marginals.predicted > 0) | (marginals.actual > 0)))
    return int(np.count_nonzero(by_class[key])) if key in by_class else None
