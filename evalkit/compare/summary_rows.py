"""The summary as rows of text, a row a model: one table for terminal, Markdown and LaTeX."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, cast

from evalkit.compare.phrasing import confidence_text, count, percent, percent_range
from evalkit.tabular import latex_table, markdown_table
from evalkit.terminal_tables import TerminalTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from rich.console import Group

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

    def __rich__(self) -> Group:
        from rich.console import Group

        first, *others = terminal_tables(cast("Comparison", self))
        return Group(first, *(part for table in others for part in ("", table)))


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


def group_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the groups: means over runs with interval and spread."""
    columns = summary_columns(comparison.settings.betas)
    rows = []
    for group in comparison.groups:
        cells = [group.metrics[key] for key in columns.values()]
        spreads = [
            ""
            if cell.standard_deviation is None
            else f" ±{percent(group.factor * cell.standard_deviation)}"
            for cell in cells
        ]
        means = [
            estimate_text(cell.mean) + spread for cell, spread in zip(cells, spreads, strict=True)
        ]
        rows.append([group.name, str(len(group.runs)), *means])
    return ["group", "runs", *columns], rows


def group_note(comparison: Comparison) -> str:
    """Return what the brackets and signs of `group_rows` are."""
    return (
        "in brackets: intervals over seeds and samples; "
        f"±: {comparison.settings.factor:g} standard deviations"
    )


def terminal_tables(comparison: Comparison, *, by_class: bool = False) -> list[TerminalTable]:
    """Return the tables of a comparison for a terminal: its models, their classes, its groups."""
    heads, rows = summary_rows(comparison)
    shown = [
        model.overall[key]
        for model in comparison.models
        for key in summary_columns(comparison.settings.betas).values()
    ]
    methods = dict.fromkeys(estimate.method for estimate in shown if estimate.method)
    intervals = f"in brackets: {confidence_text(comparison.settings.confidence)} intervals"
    note = f"{intervals} ({', '.join(methods)})" if methods else intervals
    caption = [comparison.verdict.lede, f"n = {count(comparison.n_samples)}; {note}"]
    title = comparison.verdict.headline
    tables = [TerminalTable(heads=heads, rows=rows, title=title, caption=caption)]
    if by_class:
        heads, rows = class_rows(comparison)
        tables.append(TerminalTable(heads=heads, rows=rows, words=["model"], caption=[intervals]))
    if comparison.groups:
        heads, rows = group_rows(comparison)
        warnings = [
            f"{group.name}: {group.warning}" for group in comparison.groups if group.warning
        ]
        tables.append(
            TerminalTable(heads=heads, rows=rows, caption=[group_note(comparison), *warnings])
        )
    return tables


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
            count(comparison.support[k]),
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
