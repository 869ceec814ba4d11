"""The summary as rows of text, a row a model: one table for terminal, Markdown and LaTeX."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, cast

from evalkit.compare.phrasing import percent, percent_range
from evalkit.tabular import latex_table, markdown_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.results import Estimate


class SummaryTables(ABC):
    """What a comparison's summary is written as."""

    @abstractmethod
    def summary(self) -> pd.DataFrame:
        """Return the overall metrics: a row a model and metric."""

    def to_frame(self) -> pd.DataFrame:
        """Return `summary`: a row a model and metric, with value, low and high."""
        return self.summary()

    def to_markdown(self) -> str:
        """Return the summary in Markdown: a row a model, metrics in percent with intervals."""
        return markdown_table(*summary_rows(cast("Comparison", self)))

    def to_latex(self) -> str:
        r"""Return the summary as a LaTeX ``tabular``, with the rules of the package booktabs."""
        return latex_table(*summary_rows(cast("Comparison", self)))


def summary_columns(betas: Sequence[float]) -> dict[str, str]:
    """Return head → key of each column of the summary.

    >>> summary_columns([1.0])["macro F1, %"]
    'f_beta_macro[1]'
    """
    return {
        "accuracy, %": "accuracy",
        "macro precision, %": "precision_macro",
        "macro recall, %": "recall_macro",
        **{f"macro F{beta:g}, %": f"f_beta_macro[{beta:g}]" for beta in betas},
    }


def summary_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the summary."""
    columns = summary_columns(comparison.settings.betas)
    rows = [
        [model.name, *(estimate_text(model.overall[key]) for key in columns.values())]
        for model in comparison.models
    ]
    return ["model", *columns], rows


def class_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the metrics by class: a row a class and model."""
    betas = comparison.settings.betas
    columns = {
        "precision, %": "precision",
        "recall, %": "recall",
        **{f"F{beta:g}, %": f"f_beta[{beta:g}]" for beta in betas},
    }
    several = len(comparison.models) > 1
    rows = [
        [
            name,
            *([model.name] if several else []),
            f"{comparison.support[k]:,g}",
            *(estimate_text(model.per_class[key][k]) for key in columns.values()),
        ]
        for k, name in enumerate(comparison.classes)
        for model in comparison.models
    ]
    return ["class", *(["model"] if several else []), "support", *columns], rows


def estimate_text(estimate: Estimate) -> str:
    """Return a value in percent with its interval, or why there is none."""
    if estimate.value is None:
        return f"n/a ({estimate.undefined})" if estimate.undefined else "n/a"
    if estimate.low is None or estimate.high is None:
        return percent(estimate.value)
    return f"{percent(estimate.value)} [{percent_range(estimate.low, estimate.high)}]"
