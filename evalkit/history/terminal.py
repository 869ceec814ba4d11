"""A history as a table with one row per run, for a terminal and for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.history.metrics import label
from evalkit.history.sentences import change_sentences, headline, method_text, remarks
from evalkit.notebook_html import figure_html, name_html, table_html, view_html
from evalkit.phrasing import confidence_text
from evalkit.report.printed import amount, printed_estimate, span
from evalkit.report.tables import shown_name
from evalkit.terminal_tables import TerminalTable

if TYPE_CHECKING:
    from evalkit.history.series import History, Point

MARK = "◆"


def history_table(history: History) -> TerminalTable:
    """Return the table, with one sentence per change and a note on the method below it."""
    heads = ["run", *(_head(history, one.model, one.metric) for one in history.series)]
    rows = [
        [shown_name(run), *(cell(one.points[i], one.metric) for one in history.series)]
        for i, run in enumerate(history.runs)
    ]
    return TerminalTable(heads=heads, rows=rows, title=headline(history), caption=_notes(history))


def _notes(history: History) -> list[str]:
    brackets = f"in brackets: {confidence_text(history.confidence)} intervals"
    return [
        *(f"{MARK} {text}" for text in change_sentences(history)),
        f"{brackets}; {method_text(history)}",
        *remarks(history),
    ]


def history_view(history: History) -> str:
    """Return a history as HTML for a notebook: headline, changes, and one row per run."""
    heads = ["Run", *(name_html(_head(history, one.model, one.metric)) for one in history.series)]
    rows = (
        [name_html(run), *(_cell_html(one.points[i], one.metric) for one in history.series)]
        for i, run in enumerate(history.runs)
    )
    method = method_text(history)
    interval = f"Small figures: {confidence_text(history.confidence)} intervals."
    return view_html(
        "history",
        table_html(heads, rows),
        headline=headline(history),
        notes=[
            *(f"{MARK} {text}" for text in change_sentences(history)),
            f"{interval} {method[0].upper()}{method[1:]}.",
            *remarks(history),
        ],
    )


def _cell_html(point: Point, metric: str) -> str:
    figure = printed_estimate(point.estimate, label(metric).unit)
    return f"{MARK} " * (point.change is not None) + figure_html(figure.value, figure.interval)


def cell(point: Point, metric: str) -> str:
    """Return a value with its interval, marked where the level changes."""
    estimate, unit = point.estimate, label(metric).unit
    if estimate.value is None:
        return "–"
    text = amount(estimate.value, unit)
    if estimate.low is not None and estimate.high is not None:
        text += f" [{span(estimate.low, estimate.high, unit)}]"
    return f"{MARK} {text}" if point.change else text


def _head(history: History, model: str, metric: str) -> str:
    named = label(metric).with_unit
    return named if len(history.models) == 1 else f"{shown_name(model)}: {named}"
