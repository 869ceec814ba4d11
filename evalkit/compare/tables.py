"""A comparison as tables: long DataFrames, and rows of text for terminal, Markdown and LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError
from evalkit.phrasing import confidence_text, count, percent, percent_range
from evalkit.tabular import latex_table, markdown_table
from evalkit.terminal_tables import TerminalTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from rich.console import Group

    from evalkit.compare.comparison import Comparison
    from evalkit.statistics.estimates import Difference, Estimate


def summary_table(comparison: Comparison) -> pd.DataFrame:
    """Return columns model, metric, value, low, high, method, classes_covered, undefined."""
    import pandas as pd

    return pd.DataFrame(
        [
            {"model": model.name, "metric": key, **_estimate(estimate)}
            for model in comparison.models
            for key, estimate in _all_overall(model)
        ]
    )


def _all_overall(model: Any) -> Iterator[tuple[str, Estimate]]:
    yield from model.overall.items()
    if model.probability is not None:
        yield from model.probability.overall.items()


def per_class_table(comparison: Comparison) -> pd.DataFrame:
    """Return columns class, model, metric, support, value, low, high, method, undefined."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "class": name,
                "model": model.name,
                "metric": key,
                "support": comparison.support[k],
                **_estimate(estimates[k]),
            }
            for k, name in enumerate(comparison.classes)
            for model in comparison.models
            for key, estimates in model.per_class.items()
        ]
    ).drop(columns="classes_covered")


def differences_table(comparison: Comparison) -> pd.DataFrame:
    """Return columns first, second, metric, class, value, low, high, p_value, p_adjusted, ….

    The value is second minus first; class is None for overall metrics.
    """
    import pandas as pd

    columns = ["first", "second", "metric", "class", *_DIFFERENCE]
    return pd.DataFrame(list(_difference_rows(comparison)), columns=columns)


def slices_table(comparison: Comparison) -> pd.DataFrame:
    """Return columns column, value, n_samples, share, model, metric, value, low, high, …."""
    import pandas as pd

    if not comparison.slice_results:
        raise InputError("slices need columns; pass slices=… to evaluate, or --slice-by COLUMN")
    rows = []
    for found in comparison.slice_results:
        for model, of_model in zip(comparison.models, found.models, strict=True):
            for key, estimate in of_model.overall.items():
                rest = of_model.from_rest if key == "accuracy" else None
                rows.append(
                    {
                        "column": " × ".join(found.columns),
                        "slice": " × ".join(found.values),
                        "n_samples": found.n_samples,
                        "share": found.share,
                        "model": model.name,
                        "metric": key,
                        **_estimate(estimate),
                        "from_rest": None if rest is None else rest.value,
                        "p_adjusted": None if rest is None else rest.p_adjusted,
                    }
                )
    return pd.DataFrame(rows)


def costs_table(comparison: Comparison) -> pd.DataFrame:
    """Return columns model, cost, low, high, decided, …: expected costs a sample."""
    import pandas as pd

    if comparison.costs is None:
        raise InputError("expected costs need a matrix of costs; pass costs=… to compare")
    rows = []
    for model, costs in zip(comparison.models, comparison.costs.models, strict=True):
        decided = costs.decided
        rows.append(
            {
                "model": model.name,
                "cost": costs.expected.value,
                "low": costs.expected.low,
                "high": costs.expected.high,
                "decided": None if decided is None else decided.value,
                "decided_low": None if decided is None else decided.low,
                "decided_high": None if decided is None else decided.high,
                "threshold": costs.threshold,
                "best_threshold": costs.best_threshold,
                "best_cost": costs.best_cost,
            }
        )
    return pd.DataFrame(rows)


_DIFFERENCE = (
    "value",
    "low",
    "high",
    "p_value",
    "p_adjusted",
    "test",
    "significant",
    "undefined",
)


def _difference_rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    for pair in comparison.pairs:
        names = {
            "first": comparison.models[pair.first].name,
            "second": comparison.models[pair.second].name,
        }
        for key, difference in pair.overall.items():
            yield {**names, "metric": key, "class": None, **_difference(difference)}
        for key, differences in pair.per_class.items():
            for name, difference in zip(comparison.classes, differences, strict=True):
                yield {**names, "metric": key, "class": name, **_difference(difference)}


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "method": estimate.method,
        "classes_covered": estimate.classes_covered,
        "undefined": estimate.undefined,
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {name: getattr(difference, name) for name in _DIFFERENCE}


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
