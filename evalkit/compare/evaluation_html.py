"""An evaluation in a notebook: headline, overall metrics, and metrics by class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evalkit.compare.evaluation_tables import CONFIDENCE, class_records, estimated, headline
from evalkit.notebook_html import figure_html, name_html, table_html, view_html
from evalkit.phrasing import MINUS, confidence_text, count as count_text, percent, percent_range
from evalkit.statistics.estimates import ModelEstimator
from evalkit.statistics.probability_estimates import auc_estimates, loss_estimates, macro_auc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from evalkit.counts.counts import Counts

MOST_CLASSES = 30
LOWEST_CLASSES = 10
"""Of more than `MOST_CLASSES` classes, so many with the lowest F1 are shown."""
MOST_SAMPLES = 100_000
"""Probability metrics of more samples take seconds, which is too long for a cell's output."""
UNDEFINED = "n/a"


def evaluation_html(name: str, counts: Counts) -> str:
    """Return an evaluation as HTML for a notebook."""
    records = shown = class_records(counts)
    if len(records) > MOST_CLASSES:
        by_f1 = sorted(records, key=lambda record: (record["f1"] is None, record["f1"] or 0.0))
        shown = by_f1[:LOWEST_CLASSES]
    interval = f"{confidence_text(CONFIDENCE)} interval"
    notes = [f"n = {count_text(float(counts.n_samples))}. Small figures: {interval}s."]
    if not counts.sampling.simple:
        notes = [f"{notes[0].partition('. ')[0]}. evalkit.compare returns intervals."]
    if counts.n_samples > MOST_SAMPLES:
        notes.append(
            f"Metrics of probabilities are left out above {MOST_SAMPLES:,} samples; compare() "
            "returns them."
        )
    if len(shown) < len(records):
        notes.append(
            f"{len(shown)} of {len(records):,} classes, those with the lowest F1. to_frame() "
            "returns all classes."
        )
    return view_html(
        "evaluation",
        table_html(("Metric", "Value", interval), _overall_rows(counts)),
        table_html(
            ("Class", "Support", "Precision, %", "Recall, %", "F1, %"), map(_class_row, shown)
        ),
        headline=headline(name, counts),
        notes=notes,
    )


def _overall_rows(counts: Counts) -> Iterator[tuple[str, str, str]]:
    estimator = ModelEstimator(counts)  # draws replicates once for all metrics
    for label, key, shown in (
        ("Accuracy, %", "accuracy", percent),
        ("Macro precision, %", "precision_macro", percent),
        ("Macro recall, %", "recall_macro", percent),
        ("Macro F1, %", "f1_macro", percent),
        ("Matthews correlation coefficient", "matthews_corrcoef", _decimal),
    ):
        value, low, high = (float(each) for each in estimated(counts, key, estimator))
        yield _row(label, value, low, high, shown)
    if not _shows_probabilities(counts):
        return
    for label, estimate, shown in (
        ("Log loss, nats", loss_estimates(counts, CONFIDENCE)["log_loss"], _decimal),
        ("Macro ROC AUC, %", macro_auc(auc_estimates(counts, CONFIDENCE)), percent),
    ):
        known = (estimate.value, estimate.low, estimate.high)
        value, low, high = (math.nan if number is None else number for number in known)
        yield _row(label, value, low, high, shown)


def _shows_probabilities(counts: Counts) -> bool:
    return counts.n_samples <= MOST_SAMPLES and counts.probability(0) is not None


def _row(
    label: str, value: float, low: float, high: float, shown: Callable[[float], str]
) -> tuple[str, str, str]:
    if not math.isfinite(value):
        return label, UNDEFINED, ""
    joint = "–" if low >= 0 else " to "
    return label, shown(value), f"{shown(low)}{joint}{shown(high)}" if math.isfinite(low) else ""


def _class_row(record: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        name_html(str(record["class"])),
        count_text(record["support"]),
        *(_rate(record, key) for key in ("precision", "recall", "f1")),
    )


def _rate(record: Mapping[str, Any], key: str) -> str:
    if record[key] is None:
        return UNDEFINED
    low, high = record.get(f"{key}_low"), record.get(f"{key}_high")
    interval = "" if low is None or high is None else percent_range(low, high)
    return figure_html(percent(record[key]), interval)


def _decimal(value: float) -> str:
    return f"{value:.3f}".replace("-", MINUS)
