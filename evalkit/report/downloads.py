"""What can be saved from the page: every number as JSON and CSV, the summary as LaTeX."""

from __future__ import annotations

import base64
import csv
import gzip
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.report.printed import printed_estimate
from evalkit.report.terms import term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.compare.results import Estimate
    from evalkit.report.subject import Subject

LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": r"$-$",
    "–": "--",
    "\N{NO-BREAK SPACE}": "~",
}


@dataclass(frozen=True)
class Download:
    """A file that the page carries, packed."""

    filename: str
    media_type: str
    label: str
    packed: str


def downloads(subject: Subject) -> tuple[Download, ...]:
    """Return the files of a comparison."""
    return (
        Download(
            "results.json", "application/json", "JSON", _packed(subject.comparison.to_json())
        ),
        Download("results.csv", "text/csv", "CSV", _packed(csv_text(subject))),
        Download("summary.tex", "application/x-tex", "LaTeX", _packed(latex_text(subject))),
    )


def csv_text(subject: Subject) -> str:
    """Return one estimate a row: model, class (empty for the whole), metric, value, low, high."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("model", "class", "metric", "value", "low", "high", "method", "undefined"))
    writer.writerows(_csv_rows(subject))
    return text.getvalue()


def _csv_rows(subject: Subject) -> Iterator[tuple[Any, ...]]:
    comparison = subject.comparison
    for model in comparison.models:
        name = _inert(model.name)
        for key, estimate in model.overall.items():
            yield (name, "", key, *_fields(estimate))
        if model.probability is not None:
            for key, estimate in model.probability.overall.items():
                yield (name, "", key, *_fields(estimate))
        for key, estimates in model.per_class.items():
            for class_name, estimate in zip(comparison.classes, estimates, strict=True):
                yield (name, _inert(class_name), key, *_fields(estimate))


def _fields(estimate: Estimate) -> tuple[Any, ...]:
    return (estimate.value, estimate.low, estimate.high, estimate.method, estimate.undefined)


def _inert(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@", "\t", "\r")) else name


def latex_text(subject: Subject) -> str:
    """Return the summary as a LaTeX table for the booktabs package."""
    models = subject.comparison.models
    terms = [term(key) for key in models[0].overall]
    heads = [
        f"{latex(metric.label)}{f'$_{{{metric.beta}}}$' if metric.beta else ''}"
        f"{latex(metric.unit_suffix)}"
        for metric in terms
    ]
    rows = [
        [latex(shown.name)]
        + [_latex_figure(model.overall[metric.key], metric.unit) for metric in terms]
        for shown, model in zip(subject.models, models, strict=True)
    ]
    lines = [
        rf"\begin{{tabular}}{{l{'r' * len(terms)}}}",
        r"\toprule",
        " & ".join(["Model", *heads]) + r" \\",
        r"\midrule",
        *(" & ".join(row) + r" \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def latex(text: str) -> str:
    """Return text in which nothing is a command to LaTeX.

    >>> latex("50 % of a_b")
    '50 \\\\% of a\\\\_b'
    """
    return "".join(LATEX.get(character, character) for character in text)


def _latex_figure(estimate: Estimate, unit: Any) -> str:
    printed = printed_estimate(estimate, unit)
    interval = f" \\scriptsize {printed.interval}" if printed.interval else ""
    return latex(printed.value) + (f" {{\\scriptsize {latex(printed.interval)}}}" if interval else "")


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode("utf-8", "replace"), mtime=0)).decode()
