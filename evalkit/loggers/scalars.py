"""A comparison's numbers by name: each overall metric of each model, and its interval."""

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
    """Return a comparison as it is, and an evaluation as the comparison of one."""
    return result if isinstance(result, Comparison) else compare([result])


def scalars_of(comparison: Comparison) -> Iterator[tuple[str, float]]:
    """Yield names and values; a name is that of the metric, behind the model's if there are more.

    Names hold letters, digits, ``_``, ``-``, ``.`` and ``/``, which every tracker takes.
    """
    several = len(comparison.models) > 1
    for own, model in zip(model_names(comparison), comparison.models, strict=True):
        prefix = f"{own}/" if several else ""
        for key, estimate in _overall(model):
            name = prefix + plain_name(key)
            for suffix, value in (
                ("", estimate.value),
                ("_low", estimate.low),
                ("_high", estimate.high),
            ):
                if value is not None:
                    yield name + suffix, value


def model_names(comparison: Comparison) -> list[str]:
    """Return the models' names as trackers take them, told apart by underscores."""
    names: list[str] = []
    for model in comparison.models:
        name = plain_name(model.name)
        while name in names:
            name += "_"
        names.append(name)
    return names


def plain_name(text: str) -> str:
    """Return text of which every other character has become an underscore.

    >>> plain_name("f_beta_macro[0.5]"), plain_name("модель 1"), plain_name("")
    ('f_beta_macro_0.5', '_1', '_')
    """
    return re.sub(r"[^A-Za-z0-9.-]+", "_", text).rstrip("_")[:80] or "_"


def _overall(model: ModelResult) -> Iterator[tuple[str, Estimate]]:
    yield from model.overall.items()
    if model.probability is not None:
        yield from model.probability.overall.items()
