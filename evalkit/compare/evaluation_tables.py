"""Tables of an evaluation: metrics by class with confidence intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.phrasing import count as count_text, percent, percent_range
from evalkit.statistics.estimates import ModelEstimator
from evalkit.terminal_tables import TerminalTable

if TYPE_CHECKING:
    from evalkit.counts.counts import Counts

CONFIDENCE = 0.95


def terminal_table(name: str, counts: Counts) -> TerminalTable:
    """Return the table for a terminal."""
    heads, rows = table_rows(counts)
    caption = [f"n = {count_text(float(counts.matrices[0].sum()))}"]
    if counts.sampling.simple:
        caption.append("in brackets: 95 % intervals (Wilson)")
    return TerminalTable(heads=heads, rows=rows, title=headline(name, counts), caption=caption)


def headline(name: str, counts: Counts) -> str:
    """Return the name and the accuracy with its interval."""
    value, low, high = (float(number) for number in estimated(counts, "accuracy"))
    return f"{name}: accuracy {value_text(value, low, high)} %"


def overall_record(counts: Counts) -> dict[str, Any]:
    """Return the accuracy and its Wilson interval, None where `estimated` has NaN."""
    keys = ("accuracy", "accuracy_low", "accuracy_high")
    return dict(zip(keys, map(plain_number, estimated(counts, "accuracy")), strict=True))


def class_records(counts: Counts) -> list[dict[str, Any]]:
    """Return one record per class: support, precision and recall with low and high, F1."""
    columns: dict[str, Any] = {"support": counts.matrices[0].sum(axis=1)}
    for key in ("precision", "recall"):
        values, low, high = estimated(counts, key)
        columns |= {key: values, f"{key}_low": low, f"{key}_high": high}
    columns["f1"] = ModelEstimator(counts).value("f1")
    return [
        {"class": name, **{key: plain_number(values[k]) for key, values in columns.items()}}
        for k, name in enumerate(counts.classes)
    ]


def table_rows(counts: Counts) -> tuple[list[str], list[list[str]]]:
    """Return the column heads and the rows of the table, one row per class."""
    rows = []
    for record in class_records(counts):
        rates = [
            value_text(
                *(
                    np.nan if record[k] is None else record[k]
                    for k in (key, f"{key}_low", f"{key}_high")
                )
            )
            for key in ("precision", "recall")
        ]
        f1 = "n/a" if record["f1"] is None else percent(record["f1"])
        rows.append([str(record["class"]), count_text(record["support"]), *rates, f1])
    return ["class", "support", "precision, %", "recall, %", "F1, %"], rows


def plain_number(value: Any) -> float | int | None:
    """Return a Python number, or None if the value is not finite."""
    number = float(value)
    if not np.isfinite(number):
        return None
    return int(value) if isinstance(value, np.integer) else number


def estimated(
    counts: Counts, key: str, estimator: ModelEstimator | None = None
) -> tuple[Any, Any, Any]:
    """Return a metric and its interval; NaN for weighted, grouped or stratified samples."""
    estimator = estimator or ModelEstimator(counts)
    values = estimator.value(key)
    if not counts.sampling.simple:
        nothing = np.full(np.shape(values), np.nan)
        return values, nothing, nothing
    limits = estimator.limits(key, CONFIDENCE)
    return values, limits.low, limits.high


def value_text(value: float, low: float, high: float) -> str:
    """Return a share in percent with its interval in brackets."""
    if not np.isfinite(value):
        return "n/a"
    return percent(value) + (f" [{percent_range(low, high)}]" if np.isfinite(low) else "")
