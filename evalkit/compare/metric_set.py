"""The metrics of a comparison, by the keys used in JSON, tables and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.metrics.catalog import CATALOG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evalkit.metrics.count import Marginals

OVERALL = ("accuracy", "precision_macro", "recall_macro", "f_beta_macro", "matthews_corrcoef")
BY_CLASS = ("precision", "recall", "f_beta")


def overall_metrics(betas: Sequence[float]) -> Mapping[str, str]:
    """Return key → catalog name for the overall metrics.

    >>> overall_metrics([0.5])["f_beta_macro[0.5]"]
    'f_beta[0.5]_macro'
    """
    return dict(item for key in OVERALL for item in _names(key, betas))


def class_metrics(betas: Sequence[float]) -> Mapping[str, str]:
    """Return key → catalog name for the metrics of each class.

    >>> list(class_metrics([1.0]))
    ['precision', 'recall', 'f_beta[1]']
    """
    return dict(item for key in BY_CLASS for item in _names(key, betas))


def undefined_reason(key: str, *, actual: float, predicted: float) -> str:
    """Return the reason why a metric of a class with these counts is undefined."""
    metric = CATALOG[key.partition("[")[0]]
    return metric.undefined_reason(actual=actual, predicted=predicted)


def classes_covered(key: str, marginals: Marginals) -> int | None:
    """Return the number of classes in a macro average; None for other metrics."""
    base, macro, _ = key.partition("_macro")
    if not macro:
        return None
    return int(np.count_nonzero(CATALOG[base].classes_defined(marginals)))


def _names(key: str, betas: Sequence[float]) -> Iterator[tuple[str, str]]:
    """Yield the key and the catalog name of a metric; for F-β, one of each per β."""
    base, macro, _ = key.partition("_macro")
    if base != "f_beta":
        yield key, key
        return
    for beta in betas:
        yield f"{key}[{beta:g}]", f"{base}[{beta!r}]{macro}"
