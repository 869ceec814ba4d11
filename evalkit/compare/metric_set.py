"""Which metrics a comparison shows, by the keys that JSON, tables and report share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from evalkit.metrics.catalog import CATALOG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from evalkit.metrics.count import Marginals
    from evalkit.metrics.count.marginals import FloatArray

CountMetric: TypeAlias = "Callable[[Marginals], FloatArray]"

OVERALL = ("accuracy", "precision_macro", "recall_macro", "f_beta_macro", "matthews_corrcoef")
BY_CLASS = ("precision", "recall", "f_beta")


def overall_metrics(betas: Sequence[float]) -> Mapping[str, CountMetric]:
    """Return key → function of marginals (...,) for the metrics of a whole model.

    >>> list(overall_metrics([0.1, 1.0]))[-2:]
    ['f_beta_macro[1]', 'matthews_corrcoef']
    """
    return dict(item for key in OVERALL for item in _functions(key, betas))


def class_metrics(betas: Sequence[float]) -> Mapping[str, CountMetric]:
    """Return key → function of marginals (..., K) for the metrics of each class.

    >>> list(class_metrics([1.0]))
    ['precision', 'recall', 'f_beta[1]']
    """
    return dict(item for key in BY_CLASS for item in _functions(key, betas))


def undefined_reason(key: str, *, actual: float, predicted: float) -> str:
    """Return why a metric of a class with these counts is undefined."""
    metric = CATALOG[key.partition("[")[0]]
    return metric.undefined_reason(actual=actual, predicted=predicted)


def classes_covered(key: str, marginals: Marginals) -> int | None:
    """Return the number of classes in a macro average; None for other metrics."""
    base, macro, _ = key.partition("_macro")
    if not macro:
        return None
    return int(np.count_nonzero(CATALOG[base].classes_defined(marginals)))


def _functions(key: str, betas: Sequence[float]) -> Iterator[tuple[str, CountMetric]]:
    """Yield the key and the function of a metric; of F-β, those of each β."""
    base, macro, _ = key.partition("_macro")
    of_counts = CATALOG[base].of_counts
    assert of_counts is not None
    options: dict[str, Any] = {"average": "macro"} if macro else {}
    if base == "f_beta":
        for beta in betas:
            yield f"{key}[{beta:g}]", partial(of_counts, beta=beta, **options)
    else:
        yield key, partial(of_counts, **options)
