"""A history as one HTML page without scripts and without network access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from evalkit.history.charts import MOST_BANDS, Chart, chart
from evalkit.history.metrics import label
from evalkit.history.sentences import change_sentences, headline, latest, method_text, remarks
from evalkit.phrasing import confidence_text, plural
from evalkit.report.names import LONGEST_PROSE, shortened, shown_names, unbroken, visible
from evalkit.report.palette import MARKS, model_rules
from evalkit.report.policy import content_security_policy
from evalkit.report.printed import amount, printed_estimate
from evalkit.report.render import page_environment, template_source
from evalkit.version import __version__

if TYPE_CHECKING:
    from evalkit.history.series import History, Point
    from evalkit.report.printed import Printed

STYLES = ("page", "tables", "history", "print")
SIZES = {"wide": (1040.0, 320.0), "medium": (700.0, 300.0), "narrow": (350.0, 270.0)}
"""The charts for a desk, a tablet and a phone; the style sheet shows one of them."""


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
    """One metric: its name with the unit, its charts, and a table with the same numbers."""

    title: str
    charts: tuple[tuple[str, Chart], ...]
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
    return environment.get_template("history.html.j2").render(
        policy=content_security_policy([]),
        version=__version__,
        style=Markup(style),  # noqa: S704 - the package's own files
        title=_prose(title) if title else "History",
        runs=plural(len(history.runs), "run"),
        headline=_prose(headline(history)),
        latest=_prose(latest(history)),
        changes=[_prose(text) for text in changes],
        models=[Model(name, _mark(i)) for i, name in enumerate(names)],
        parts=[_part(history, metric, runs) for metric in history.metrics],
        confidence=confidence_text(history.confidence),
        method=method_text(history),
        most_bands=MOST_BANDS,
        notes=[_prose(note) for note in remarks(history)],
    )


def _prose(text: str) -> str:
    """Return a sentence in which no line breaks inside an interval or a p-value."""
    return unbroken(shortened(visible(text), LONGEST_PROSE))


def _mark(position: int) -> str:
    place = position % len(MARKS)
    return f"mark {MARKS[place].shape} model-{place}"


def _part(history: History, metric: str, runs: tuple[str, ...]) -> Part:
    series = history.of_metric(metric)
    return Part(
        _prose(label(metric).with_unit),
        tuple((name, chart(history, metric, runs, *size)) for name, size in SIZES.items()),
        tuple(
            Row(run, tuple(_cell(one.points[i], metric) for one in series))
            for i, run in enumerate(runs)
        ),
    )


def _cell(point: Point, metric: str) -> Cell:
    unit = label(metric).unit
    change = point.change
    told = "" if change is None else f"{amount(change.before, unit)} → {amount(change.after, unit)}"
    return Cell(printed_estimate(point.estimate, unit), told)
