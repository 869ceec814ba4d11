"""A comparison as tables of text: for a terminal, Markdown and LaTeX."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalkit.compare.summary import Question, key_of_record
from evalkit.metrics.quantities import COST
from evalkit.narrative.wording import Wording
from evalkit.phrasing import confidence_text, count, percent, size_in_points
from evalkit.report.printed import amount, p_text, printed_difference, printed_estimate
from evalkit.report.terms import HEADS, summary_term
from evalkit.tabular import latex_table, markdown_table, printable_cell
from evalkit.terminal_tables import TerminalTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Group

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import SummaryMetric
    from evalkit.narrative.wording import Unit
    from evalkit.statistics.estimates import Difference, Estimate

    Table = tuple[list[str], list[list[str]]]

LONGEST_NAME = 32
NOT_OF_A_CLASS = {
    "average_precision": "its average precision is that of scores at random",
    "roc_auc": "its ROC AUC is that of scores at random",
    "log_loss": "its log loss is that of the class frequencies",
    "brier_score": "its Brier score is that of the class frequencies",
    COST: "its cost is that of the cheapest class",
}


def summary_text(comparison: Comparison) -> str:
    """Return the verdict and the tables of a comparison as plain text."""
    return "\n\n".join(map(str, [*_warned(comparison)]))


def rich_group(comparison: Comparison) -> Group:
    """Return the tables of a comparison for rich, one below the other."""
    from rich.console import Group

    first, *others = _warned(comparison)
    return Group(first, *(part for table in others for part in ("", table)))


def _warned(comparison: Comparison) -> list[TerminalTable]:
    """Return the tables; warnings are below the verdict, as on the page."""
    return terminal_tables(comparison, warnings=comparison.warnings)


def terminal_tables(comparison: Comparison, *, warnings: Sequence[str] = ()) -> list[TerminalTable]:
    """Return the tables of a comparison; the verdict and warnings are above the first.

    Groups of runs that are compared come before their runs.
    """
    verdict = comparison.verdict
    models, groups = [_model_table(comparison)], _group_tables(comparison)
    differences = _differences(comparison)
    ordered = (
        (groups, differences, models) if comparison.group_ranking else (models, groups, differences)
    )
    first, *others = [*(table for tables in ordered for table in tables), *_posteriors(comparison)]
    text = [verdict.lede, *(f"Warning: {each}" for each in warnings)]
    return [replace(first, title=verdict.headline, text=text), *others]


def _model_table(comparison: Comparison) -> TerminalTable:
    heads, rows = summary_rows(comparison)
    shown = [each for metric in comparison.summary_metrics for each in metric.models]
    caption = [
        f"n = {count(comparison.n_samples)}; {interval_note(comparison, shown)}",
        *undefined_note(shown),
        *_baseline_note(comparison),
    ]
    return TerminalTable(heads=heads, rows=short_names(rows), title="Models", caption=caption)


def short_names(rows: Iterable[list[str]]) -> list[list[str]]:
    """Return rows whose first cells are short enough for a column."""
    return [[shown_name(name), *cells] for name, *cells in rows]


def shown_name(name: str) -> str:
    """Return a name short enough for a column."""
    name = printable_cell(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def interval_note(comparison: Comparison, shown: Iterable[Estimate] = ()) -> str:
    """Return what the brackets are, with the methods of the intervals."""
    methods = dict.fromkeys(each.method for each in shown if each.method)
    note = f"in brackets: {confidence_text(comparison.settings.confidence)} intervals"
    return f"{note} ({', '.join(methods)})" if methods else note


def undefined_note(shown: Iterable[Estimate | Difference]) -> list[str]:
    """Return a line with the reasons for which values are not available, if there are any."""
    reasons = dict.fromkeys(e.undefined for e in shown if e.value is None and e.undefined)
    return [f"n/a: {'; '.join(reasons)}"] if reasons else []


def head(metric: SummaryMetric, classes: Sequence[str]) -> str:
    """Return the head of the column of a metric, with its unit."""
    term = summary_term(metric, classes)
    return f"{term.plain}{term.unit_suffix}"


def summary_rows(comparison: Comparison) -> Table:
    """Return the heads and the rows of the summary: models by rank, then the baseline."""
    metrics = comparison.summary_metrics
    units = [_words(comparison, metric).unit for metric in metrics]
    rows = [
        [
            comparison.models[i].name,
            *(
                estimate_text(metric.models[i], unit)
                for metric, unit in zip(metrics, units, strict=True)
            ),
        ]
        for i in comparison.ranking
    ]
    if comparison.baseline is not None:
        values = [
            "n/a" if metric.baseline is None else amount(metric.baseline, unit)
            for metric, unit in zip(metrics, units, strict=True)
        ]
        name = comparison.classes[comparison.baseline.of_class]
        rows.append([f'always "{shown_name(name)}"', *values])
    return ["model", *(head(metric, comparison.classes) for metric in metrics)], rows


def _words(comparison: Comparison, metric: SummaryMetric) -> Wording:
    return Wording.of(metric, comparison.classes)


def _baseline_note(comparison: Comparison) -> list[str]:
    if comparison.baseline is None:
        return []
    name = shown_name(comparison.classes[comparison.baseline.of_class])
    odd = [NOT_OF_A_CLASS.get(metric.metric) for metric in comparison.summary_metrics]
    return ["; ".join([f'last row: "{name}" predicted for every sample', *filter(None, odd)])]


def group_rows(comparison: Comparison) -> Table:
    """Return the heads and the rows of the groups: means over runs with interval and spread."""
    metrics = [metric for metric in comparison.summary_metrics if metric.groups]
    rows = []
    for i in comparison.group_ranking or range(len(comparison.groups)):
        group, cells = comparison.groups[i], []
        for metric in metrics:
            known = group.metrics.get(key_of_record(Question(metric.metric, metric.of_class)))
            unit = _words(comparison, metric).unit
            cell = estimate_text(metric.groups[i], unit)
            if known is not None and known.standard_deviation is not None:
                cell += f" ±{amount(group.factor * known.standard_deviation, unit)}"
            cells.append(cell)
        rows.append([group.name, str(len(group.runs)), *cells])
    return ["group", "runs", *(head(metric, comparison.classes) for metric in metrics)], rows


def _group_tables(comparison: Comparison) -> list[TerminalTable]:
    if not comparison.groups:
        return []
    heads, rows = group_rows(comparison)
    note = (
        "in brackets: intervals over seeds and samples; "
        f"±: {comparison.settings.factor:g} standard deviations"
    )
    warnings = [
        f"{shown_name(group.name)}: {group.warning}" for group in comparison.groups if group.warning
    ]
    return [
        TerminalTable(
            heads=heads,
            rows=short_names(rows),
            title="Means over the runs of each group",
            caption=[note, *warnings],
        )
    ]


def _differences(comparison: Comparison) -> list[TerminalTable]:
    """Return a table of differences: of two models in every metric, else from the best."""
    names = [shown_name(model.name) for model in comparison.models]
    if comparison.group_ranking:
        names = [shown_name(group.name) for group in comparison.groups]
        groups = zip(comparison.group_pairs, comparison.primary.group_pairs, strict=True)
        return [_from_the_best(comparison, names, comparison.group_ranking, groups)]
    if len(names) == 2:
        rows = [
            [
                f"{summary_term(metric, comparison.classes).plain}{_POINTS[words.unit]}",
                *_difference_cells(metric.pairs[0], words.unit),
            ]
            for metric in comparison.summary_metrics
            for words in [_words(comparison, metric)]
        ]
        title = f"Differences, {names[1]} − {names[0]}"
        return [TerminalTable(heads=_heads(comparison), rows=rows, title=title)]
    if len(names) > 2:
        pairs = zip(comparison.pairs, comparison.primary.pairs, strict=True)
        return [_from_the_best(comparison, names, comparison.ranking, pairs)]
    return []


_POINTS: dict[Unit, str] = {**HEADS, "percent": ", points"}


def _heads(comparison: Comparison, first: str = "metric") -> list[str]:
    interval = f"{confidence_text(comparison.settings.confidence)} CI"
    return [first, "difference", interval, "p"]


def _from_the_best(
    comparison: Comparison,
    names: Sequence[str],
    ranking: Sequence[int],
    pairs: Iterable[tuple[Any, Difference]],
) -> TerminalTable:
    """Return the differences between the best model or group and the others, by rank."""
    words = _words(comparison, comparison.primary)
    best, *others = ranking
    found = {frozenset((pair.first, pair.second)): (pair, gap) for pair, gap in pairs}
    rows = []
    for pair, gap in (found[frozenset((best, other))] for other in others):
        name = f"{names[pair.second]} − {names[pair.first]}"
        rows.append([name, *_difference_cells(gap, words.unit)])
    return TerminalTable(
        heads=_heads(comparison, "pair"),
        rows=rows,
        title=f"Differences in {words.name}{_POINTS[words.unit]}, with {names[best]}",
        caption=["p-values are corrected for all pairs (Holm)"] if len(found) > 1 else [],
    )


def _difference_cells(difference: Difference, unit: Unit) -> list[str]:
    printed = printed_difference(difference, unit)
    return [printed.value, printed.interval, p_cell(difference)]


def p_cell(difference: Difference) -> str:
    """Return a p-value for a column whose head says that it is one."""
    return p_text(difference).removeprefix("p ").removeprefix("= ")


def posterior_rows(comparison: Comparison) -> Table:
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


def _posteriors(comparison: Comparison) -> list[TerminalTable]:
    heads, rows = posterior_rows(comparison)
    rope = size_in_points(comparison.settings.rope or 0.0, decimals=2)
    note = f"practically equal: accuracies within {rope} points"
    title = "Posterior probabilities"
    return [TerminalTable(heads=heads, rows=rows, title=title, caption=[note])] if rows else []


def markdown(comparison: Comparison) -> str:
    """Return the summary in Markdown."""
    return markdown_table(*summary_rows(comparison))


def latex(comparison: Comparison) -> str:
    r"""Return the summary as a LaTeX ``tabular``."""
    return latex_table(*summary_rows(comparison))


def estimate_text(estimate: Estimate, unit: Unit = "percent") -> str:
    """Return a value with its interval, as on the page."""
    printed = printed_estimate(estimate, unit)
    return f"{printed.value} [{printed.interval}]" if printed.interval else printed.value
