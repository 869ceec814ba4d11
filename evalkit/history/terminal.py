"""A history as a table with one row per run and one column per model and metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.phrasing import confidence_text, p_value
from evalkit.report.printed import amount, span
from evalkit.report.tables import shown_name
from evalkit.report.terms import term
from evalkit.terminal_tables import TerminalTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.history.series import History, Point
    from evalkit.report.terms import Term

MARK = "◆"


def method_text(history: History) -> str:
    """Return how changes were tested, and what they may come from."""
    looks = (
        "in all series and all looks after each run"
        if history.sequential
        else "in all series, in one look at all runs"
    )
    return (
        "a change is a significant difference between the runs before and after it, given the "
        "sampling error of the test samples; another seed of the same training may also cause one; "
        f"the probability of any false alarm, {looks}, is at most {100 * history.alpha:g} %"
    )


def history_table(history: History) -> TerminalTable:
    """Return the table, with one sentence per change and a note on the method below it."""
    heads, rows = _rows(history)
    return TerminalTable(heads=heads, rows=rows, caption=_notes(history))


def _rows(history: History) -> tuple[list[str], list[list[str]]]:
    rows = [
        [shown_name(run), *(cell(one.points[i], one.metric) for one in history.series)]
        for i, run in enumerate(history.runs)
    ]
    return ["run", *(_head(history, one.model, one.metric) for one in history.series)], rows


def _notes(history: History) -> list[str]:
    changes = [f"{MARK} {text}" for text in change_sentences(history)]
    brackets = f"in brackets: {confidence_text(history.confidence)} intervals"
    return [
        *(changes or ["no significant change"]),
        f"{brackets}; {method_text(history)}",
        *history.notes,
    ]


def change_sentences(history: History) -> Iterator[str]:
    """Yield one sentence per change, in the order of the series."""
    for one in history.series:
        named = term(one.metric)
        whose = f"{named.plain} of {shown_name(one.model)}"
        for run, point in zip(history.runs, one.points, strict=True):
            if point.change is not None:
                before, after = point.change.before, point.change.after
                yield (
                    f"{whose} from {shown_name(run)} on: {_with_unit(before, named)} before, "
                    f"{_with_unit(after, named)} after, {p_value(point.change.p_value)}"
                )


def _with_unit(value: float, named: Term) -> str:
    return f"{amount(value, named.unit)}{named.unit_suffix.removeprefix(',')}"


def cell(point: Point, metric: str) -> str:
    """Return a value with its interval, marked where the level changes."""
    estimate, unit = point.estimate, term(metric).unit
    if estimate.value is None:
        return "–"
    text = amount(estimate.value, unit)
    if estimate.low is not None and estimate.high is not None:
        text += f" [{span(estimate.low, estimate.high, unit)}]"
    return f"{MARK} {text}" if point.change else text


def _head(history: History, model: str, metric: str) -> str:
    shown_term = term(metric)
    label = f"{shown_term.plain}{shown_term.unit_suffix}"
    return label if len(history.models) == 1 else f"{shown_name(model)}: {label}"
