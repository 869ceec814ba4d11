"""A comparison as tables of text: for a terminal, Markdown and LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.phrasing import confidence_text, count, percent, percent_range, size_in_points
from evalkit.tabular import latex_table, markdown_table, printable_cell
from evalkit.terminal_tables import TerminalTable, text_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Group

    from evalkit.compare.comparison import Comparison
    from evalkit.statistics.estimates import Estimate

LONGEST_NAME = 32


def summary_text(comparison: Comparison) -> str:
    """Return the verdict and one row per model: accuracy and macro averages with intervals."""
    confidence = confidence_text(comparison.settings.confidence)
    verdict = comparison.verdict
    return "\n".join(
        [
            printable_cell(verdict.headline),
            printable_cell(verdict.lede),
            "",
            _table(*summary_rows(comparison)),
            "",
            f"in brackets: {confidence} intervals".replace("\N{NO-BREAK SPACE}", " "),
            *_groups(comparison),
            *_posteriors(comparison),
        ]
    )


def _groups(comparison: Comparison) -> list[str]:
    """Return the lines of the groups: the mean over runs with its interval and its spread."""
    if not comparison.groups:
        return []
    warnings = [
        f"{shown_name(group.name)}: {group.warning}" for group in comparison.groups if group.warning
    ]
    return ["", _table(*group_rows(comparison)), "", group_note(comparison), *warnings]


def _posteriors(comparison: Comparison) -> list[str]:
    """Return the lines of the posterior probabilities of pairs, if a rope was given."""
    heads, rows = posterior_rows(comparison)
    return ["", text_table(heads, rows), "", posterior_note(comparison)] if rows else []


def _table(heads: list[str], rows: list[list[str]]) -> str:
    return text_table(heads, [[shown_name(name), *cells] for name, *cells in rows])


def shown_name(name: str) -> str:
    """Return a name short enough for a column."""
    name = printable_cell(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


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


def posterior_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the posterior probabilities of groups, or else of models."""
    groups = [
        (comparison.groups[pair.first].name, comparison.groups[pair.second].name, pair.posterior)
        for pair in comparison.group_pairs
    ]
    models = [
        (comparison.models[pair.first].name, comparison.models[pair.second].name, pair.posterior)
        for pair in (() if comparison.group_ranking else comparison.pairs)
    ]
    rows = [
        [
            f"{shown_name(second)} − {shown_name(first)}",
            *(percent(each) for each in (found.better, found.equal, found.worse)),
        ]
        for first, second, found in (*groups, *models)
        if found is not None
    ]
    return ["difference", "better, %", "practically equal, %", "worse, %"], rows


def posterior_note(comparison: Comparison) -> str:
    """Return what the probabilities of `posterior_rows` are."""
    rope = size_in_points(comparison.settings.rope or 0.0, decimals=2)
    return f"posterior probabilities; practically equal: accuracies within {rope} points"


def markdown(comparison: Comparison) -> str:
    """Return the summary in Markdown."""
    return markdown_table(*summary_rows(comparison))


def latex(comparison: Comparison) -> str:
    r"""Return the summary as a LaTeX ``tabular``."""
    return latex_table(*summary_rows(comparison))


def rich_group(comparison: Comparison) -> Group:
    """Return the tables of a comparison for rich, one below the other."""
    from rich.console import Group

    first, *others = terminal_tables(comparison)
    return Group(first, *(part for table in others for part in ("", table)))


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
    heads, rows = posterior_rows(comparison)
    if rows:
        note = posterior_note(comparison)
        tables.append(TerminalTable(heads=heads, rows=rows, caption=[note]))
    return tables


def class_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the metrics by class, one row per class and model."""
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
