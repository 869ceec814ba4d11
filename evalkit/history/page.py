"""A history as one HTML page without scripts and without network access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from evalkit.history.charts import Chart, chart
from evalkit.history.terminal import change_sentences, method_text
from evalkit.phrasing import confidence_text
from evalkit.report.names import LONGEST_PROSE, shortened, shown_names, visible
from evalkit.report.palette import MARKS, model_rules
from evalkit.report.policy import content_security_policy
from evalkit.report.printed import amount, printed_estimate
from evalkit.report.render import page_environment, template_source
from evalkit.report.terms import Term, term
from evalkit.version import __version__

if TYPE_CHECKING:
    from evalkit.history.series import History, Point
    from evalkit.report.printed import Printed

STYLES = ("page", "tables", "history", "print")


@dataclass(frozen=True)
class Cell:
    """One model in one run: its value, and the levels before and after a change."""

    figure: Printed
    change: str


@dataclass(frozen=True)
class Row:
    """One row of a table: a run."""

    run: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Model:
    """One model in the legend."""

    name: str
    css: str


@dataclass(frozen=True)
class Part:
    """One metric: its chart, and a table with the same numbers."""

    term: Term
    chart: Chart
    rows: tuple[Row, ...]


def history_html(history: History, *, title: str | None = None) -> str:
    """Return the page of a history.

    Parameters
    ----------
    title : of the page; ``History`` if absent.
    """
    runs, names = shown_names(history.runs), shown_names(history.models)
    environment = page_environment()
    sources = [template_source(environment, f"css/{stem}.css") for stem in STYLES]
    style = "\n".join([model_rules(), *sources])
    changes = list(change_sentences(history))
    number = len(history.runs)
    made = f"{number} {'run' if number == 1 else 'runs'}"
    return environment.get_template("history.html.j2").render(
        policy=content_security_policy([]),
        version=__version__,
        style=Markup(style),  # noqa: S704 - the package's own files
        title=shortened(visible(title), LONGEST_PROSE) if title else "History",
        runs=made,
        headline=_headline(len(changes)),
        changes=[shortened(visible(text), LONGEST_PROSE) for text in changes],
        models=[Model(name, _mark(i)) for i, name in enumerate(names)],
        parts=[_part(history, metric, runs) for metric in history.metrics],
        confidence=confidence_text(history.confidence),
        method=method_text(history),
        notes=[shortened(visible(note), LONGEST_PROSE) for note in history.notes],
    )


def _headline(changes: int) -> str:
    if not changes:
        return "No significant change"
    return "One significant change" if changes == 1 else f"{changes} significant changes"


def _mark(position: int) -> str:
    place = position % len(MARKS)
    return f"mark {MARKS[place].shape} model-{place}"


def _part(history: History, metric: str, runs: tuple[str, ...]) -> Part:
    series = history.of_metric(metric)
    return Part(
        term(metric),
        chart(history, metric, runs),
        tuple(
            Row(run, tuple(_cell(one.points[i], metric) for one in series))
            for i, run in enumerate(runs)
        ),
    )


def _cell(point: Point, metric: str) -> Cell:
    unit = term(metric).unit
    change = point.change
    told = "" if change is None else f"{amount(change.before, unit)} → {amount(change.after, unit)}"
    return Cell(printed_estimate(point.estimate, unit), told)
