"""A history in sentences: its headline, its changes, the newest run, and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.history.metrics import label
from evalkit.metrics.quantities import parse_metric
from evalkit.phrasing import NO_BREAK, joined, p_value, plural
from evalkit.report.printed import amount, printed_estimate
from evalkit.report.tables import shown_name
from evalkit.report.terms import HEADS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.history.changes import Change, Step
    from evalkit.history.series import History

MOST_NAMED = 3
"""Of more models or metrics, a sentence gives the number."""


def headline(history: History) -> str:
    """Return the answer in a sentence: what changed last, or that nothing did."""
    changes = history.changes
    if len(history.runs) == 1:
        return "One run: a change needs at least two"
    if not changes:
        tested = dict.fromkeys(one.metric for one in history.series if one.is_tested)
        metrics = [label(name).in_sentence for name in tested]
        if not metrics:
            return "No test of changes: the files hold no intervals of these metrics"
        of = joined(metrics) if len(metrics) <= MOST_NAMED else plural(len(metrics), "metric")
        return f"No significant change in {of} over {plural(len(history.runs), 'run')}"
    said = _moved(history, changes[-1], changes[-1].steps[0])
    if len(changes) == 1:
        return said
    return f"{plural(len(changes), 'significant change')}. Latest: {said}"


def _moved(history: History, change: Change, step: Step) -> str:
    """Return a clause on one metric: its levels before and after, and the run of the change."""
    named, after = label(step.metric), step.point.after
    verb = "rose" if after > step.point.before else "fell"
    of = " for " if parse_metric(step.metric).of_class is not None else " of "
    whose = "" if len(history.models) == 1 else f"{of}{shown_name(change.model)}"
    return f"{named.text}{whose} {verb} {_levels(step)} in {shown_name(history.runs[step.run])}"


def _levels(step: Step) -> str:
    before = amount(step.point.before, label(step.metric).unit)
    return f"from {before} to {_with_unit(step.point.after, step.metric)}"


def change_sentences(history: History) -> Iterator[str]:
    """Yield one sentence per change, with each metric that shows it, in the order of the runs."""
    for change in history.changes:
        first, *others = change.steps
        also = [
            f"{label(step.metric).in_sentence} {_levels(step)} ({p_value(step.point.p_value)})"
            for step in others
        ]
        told = f"{_moved(history, change, first)} ({p_value(first.point.p_value)})"
        yield f"{told}; also {joined(also)}" if also else told


def latest(history: History) -> str:
    """Return a sentence with the first metric of every model in the newest run."""
    metric = history.metrics[0]
    named = label(metric)
    known = [one for one in history.of_metric(metric) if one.points[-1].estimate.value is not None]
    if not known:
        return ""
    if len(known) > MOST_NAMED:
        values = [one.points[-1].estimate.value or 0.0 for one in known]
        ends = f"{amount(min(values), named.unit)} to {_with_unit(max(values), metric)}"
        return f"Newest run: {named.in_sentence} of {len(known)} models from {ends}."
    told = []
    for one in known:
        figure = printed_estimate(one.points[-1].estimate, named.unit)
        value = _with_unit(one.points[-1].estimate.value or 0.0, metric)
        interval = f" ({figure.interval})" if figure.interval else ""
        whose = "" if len(history.models) == 1 else f" for {shown_name(one.model)}"
        told.append(f"{value}{interval}{whose}")
    return f"Newest run, {shown_name(history.runs[-1])}: {named.in_sentence} {joined(told)}."


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
        "metrics of one model that change together are one change; "
        f"the probability of any false alarm, {looks}, is at most {100 * history.alpha:g} %"
    )


def remarks(history: History) -> list[str]:
    """Return the notes on the runs, and which series have no test."""
    untested = dict.fromkeys(one.metric for one in history.series if not one.is_tested)
    return [
        *(f"{label(name).text} is not tested where it has no interval." for name in untested),
        *history.notes,
    ]


def _with_unit(value: float, metric: str) -> str:
    named = label(metric)
    return (
        f"{amount(value, named.unit)}{HEADS[named.unit].removeprefix(',').replace(' ', NO_BREAK)}"
    )
