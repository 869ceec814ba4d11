"""Which metrics a comparison shows, by the keys that JSON, tables and report share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.metrics.count import Marginals


def overall_metrics(betas: Sequence[float]) -> Mapping[str, str]:
    """Return key → catalog name for the metrics of a whole model.

    >>> overall_metrics([0.5])["f_beta_macro[0.5]"]
    'f_beta[0.5]_macro'
    """
    return {
        "accuracy": "accuracy",
        "precision_macro": "precision_macro",
        "recall_macro": "recall_macro",
        **{f"f_beta_macro[{beta:g}]": f"f_beta[{beta!r}]_macro" for beta in betas},
        "matthews_corrcoef": "matthews_corrcoef",
    }


def class_metrics(betas: Sequence[float]) -> Mapping[str, str]:
    """Return key → catalog name for the metrics of each class.

    >>> list(class_metrics([1.0]))
    ['precision', 'recall', 'f_beta[1]']
    """
    return {
        "precision": "precision",
        "recall": "recall",
        **{f"f_beta[{beta:g}]": f"f_beta[{beta!r}]" for beta in betas},
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
