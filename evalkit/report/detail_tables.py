"""Further tables of a comparison for a terminal: classes, probabilities, costs and slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.phrasing import count, percent
from evalkit.report.printed import amount, printed_difference
from evalkit.report.sections.slices import METRICS
from evalkit.report.tables import (
    estimate_text,
    interval_note,
    p_cell,
    short_names,
    shown_name,
    undefined_note,
)
from evalkit.report.terms import term
from evalkit.terminal_tables import TerminalTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import ModelResult, SliceResult
    from evalkit.narrative.wording import Unit
    from evalkit.statistics.estimates import Difference, Estimate

MOST_SLICES = 40


def detail_tables(comparison: Comparison) -> list[TerminalTable]:
    """Return the tables that the comparison has the numbers for."""
    return [
        class_table(comparison),
        *probability_tables(comparison),
        *cost_tables(comparison),
        *slice_tables(comparison),
    ]


def _with_model(comparison: Comparison) -> list[str]:
    """Return the head of a column with the model, if there are several."""
    return ["model"] if len(comparison.models) > 1 else []


def _model(comparison: Comparison, position: int) -> list[str]:
    return [shown_name(comparison.models[position].name)] if len(comparison.models) > 1 else []


def class_table(comparison: Comparison) -> TerminalTable:
    """Return the metrics by class, one row per class and model."""
    models = [_by_class(model, comparison.settings.betas) for model in comparison.models]
    heads = list(dict.fromkeys(head for each in models for head in each))
    rows = []
    for k, name in enumerate(comparison.classes):
        for i, found in enumerate(models):
            cells = [estimate_text(found[head][k]) if head in found else "" for head in heads]
            support = count(comparison.support[k])
            rows.append([name, *_model(comparison, i), support, *cells])
    shown = [each for found in models for estimates in found.values() for each in estimates]
    return TerminalTable(
        heads=["class", *_with_model(comparison), "support", *heads],
        rows=short_names(rows),
        title="Classes",
        words=["model"],
        caption=[interval_note(comparison), *undefined_note(shown)],
    )


def _by_class(model: ModelResult, betas: Sequence[float]) -> dict[str, Sequence[Estimate]]:
    """Return head → estimates by class, without the metrics that the model does not have."""
    known = model.probability
    found: dict[str, Sequence[Estimate]] = {
        "precision, %": model.per_class["precision"],
        "recall, %": model.per_class["recall"],
        **{f"F{beta:g}, %": model.per_class[f"f_beta[{beta:g}]"] for beta in betas},
        "ROC AUC, %": () if known is None else known.auc,
        "average precision, %": () if known is None else known.average_precision,
    }
    return {head: estimates for head, estimates in found.items() if estimates}


def probability_tables(comparison: Comparison) -> list[TerminalTable]:
    """Return the metrics of probabilities, one row per metric and one column per model."""
    known = [model for model in comparison.models if model.probability is not None]
    if not known:
        return []
    overall = [model.probability.overall for model in known if model.probability is not None]
    keys = dict.fromkeys(key for each in overall for key in each)
    shown = [each[key] for key in keys for each in overall if key in each]
    rows = [
        [
            f"{term(key).plain}{term(key).unit_suffix}",
            *(estimate_text(each[key], term(key).unit) if key in each else "" for each in overall),
        ]
        for key in keys
    ]
    return [
        TerminalTable(
            heads=["metric", *(shown_name(model.name) for model in known)],
            rows=rows,
            title="Probabilities",
            caption=[interval_note(comparison, shown), *undefined_note(shown)],
        )
    ]


def cost_tables(comparison: Comparison) -> list[TerminalTable]:
    """Return the expected costs per sample, one row per model."""
    if comparison.costs is None:
        return []
    models = comparison.costs.models
    decided = any(each.decided is not None for each in models)
    thresholds = any(each.threshold is not None for each in models)
    rows = []
    for i in comparison.ranking:
        found = models[i]
        row = [comparison.models[i].name, estimate_text(found.expected, "cost")]
        if decided:
            row.append("" if found.decided is None else estimate_text(found.decided, "cost"))
        if thresholds:
            row.append("" if found.threshold is None else f"{found.threshold:.3f}")
        rows.append(row)
    heads = [
        "model",
        "of the predictions",
        *(["of the decisions with the lowest expected cost"] if decided else []),
        *(["threshold"] if thresholds else []),
    ]
    shown = [each for found in models for each in (found.expected, found.decided) if each]
    return [
        TerminalTable(
            heads=heads,
            rows=short_names(rows),
            title="Costs per sample",
            caption=[interval_note(comparison, shown)],
        )
    ]


def slice_tables(comparison: Comparison) -> list[TerminalTable]:
    """Return accuracy by slice, and the slices on which another metric is significantly worse."""
    if not comparison.slice_results:
        return []
    weak = weak_metrics_table(comparison)
    return [accuracy_by_slice(comparison), *([weak] if weak.rows else [])]


def accuracy_by_slice(comparison: Comparison) -> TerminalTable:
    """Return the accuracy on each slice, and its difference from all other samples."""
    slices = list(comparison.slice_results)
    differences = [model.adjusted for found in slices for model in found.models]
    # A difference without a test is known, but its p-value is not.
    reasons = dict.fromkeys(each.undefined for each in differences if each.undefined)
    caption = [interval_note(comparison), *([f"n/a: {'; '.join(reasons)}"] if reasons else [])]
    if len(slices) > MOST_SLICES:
        caption.append(
            f"the {MOST_SLICES} slices with the lowest accuracy of {len(slices)}; --json has all"
        )
        slices = sorted(slices, key=_lowest_accuracy)[:MOST_SLICES]
    rows = [
        [
            _slice_name(found),
            *_model(comparison, i),
            f"{found.n_samples:,} ({percent(found.share)} %)",
            estimate_text(model.overall["accuracy"]),
            *_difference(model.adjusted),
        ]
        for found in slices
        for i, model in enumerate(found.models)
    ]
    caption.append(
        "difference: from all other samples, adjusted for classes; p-values are corrected for "
        "everything that was tested"
    )
    heads = ["samples", "accuracy, %", "difference, points", "p"]
    return TerminalTable(
        heads=["slice", *_with_model(comparison), *heads],
        rows=short_names(rows),
        title="Slices",
        words=["model"],
        caption=caption,
    )


def weak_metrics_table(comparison: Comparison) -> TerminalTable:
    """Return the slices on which a metric other than accuracy is significantly worse."""
    rows = []
    for found in comparison.slice_results:
        for i, model in enumerate(found.models):
            for test in (each for each in model.tests if each.is_weak):
                label, unit = METRICS[test.metric]
                if test.of_class is not None:
                    label += f' of "{comparison.classes[test.of_class]}"'
                value = f"{amount(test.value, unit)}{' %' if unit == 'percent' else ''}"
                row = [label, value, *_difference(test.from_rest, unit)]
                rows.append([_slice_name(found), *_model(comparison, i), *row])
    return TerminalTable(
        heads=["slice", *_with_model(comparison), "metric", "value", "difference", "p"],
        rows=short_names(rows),
        title="Slices on which another metric is significantly worse",
        words=["model", "metric"],
        caption=["difference: from all other samples; in percent, its unit is points"],
    )


def _slice_name(found: SliceResult) -> str:
    pairs = zip(found.columns, found.values, strict=True)
    return " × ".join(f"{column} {value}" for column, value in pairs)


def _difference(difference: Difference, unit: Unit = "percent") -> list[str]:
    """Return a difference with its interval, and its p-value."""
    found = printed_difference(difference, unit)
    text = f"{found.value} [{found.interval}]" if found.interval else found.value
    return [text, p_cell(difference)]


def _lowest_accuracy(found: SliceResult) -> float:
    values = [model.overall["accuracy"].value for model in found.models]
    return min((value for value in values if value is not None), default=1.0)
