"""List the overall metrics of each model in a comparison, with their confidence intervals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evalkit.compare import compare
from evalkit.compare.comparison import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.records import ModelResult
    from evalkit.statistics.estimates import Estimate


def as_comparison(result: Comparison | Evaluation) -> Comparison:
    """Return a comparison unchanged, or an evaluation as a comparison of one model."""
    return result if isinstance(result, Comparison) else compare([result], show=0)


def scalar_metrics(comparison: Comparison) -> Iterator[tuple[str, float]]:
    """Yield pairs of name and value; with several models, names are ``model/metric``.

    Names contain only letters, digits, ``_``, ``-``, ``.`` and ``/``.
    """
    several = len(comparison.models) > 1
    for model_name, model in zip(model_names(comparison), comparison.models, strict=True):
        prefix = f"{model_name}/" if several else ""
        for key, estimate in _overall_metrics(model):
            name = prefix + safe_name(key)
            for suffix, value in (
                ("", estimate.value),
                ("_low", estimate.low),
                ("_high", estimate.high),
            ):
                if value is not None:
                    yield name + suffix, value


def model_names(comparison: Comparison) -> list[str]:
    """Return the safe names of the models, made distinct with trailing underscores."""
    names: list[str] = []
    for model in comparison.models:
        name = safe_name(model.name)
        while name in names:
            name += "_"
        names.append(name)
    return names


def safe_name(text: str) -> str:
    """Return text with all characters except ASCII letters, digits, ``.`` and ``-`` replaced.

    >>> safe_name("f_beta_macro[0.5]"), safe_name("модель 1"), safe_name("")
    ('f_beta_macro_0.5', '_1', '_')
    """
    return re.sub(r"[^A-Za-z0-9.-]+", "_", text).rstrip("_")[:80] or "_"


def _overall_metrics(model: ModelResult) -> Iterator[tuple[str, Estimate]]:
    yield from model.overall.items()
    if model.probability is not None:
        yield from model.probability.overall.items()
