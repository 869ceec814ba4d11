"""The downloads of the page: all numbers as JSON, the summary as LaTeX.

Scripts make results.csv of the JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.report.data import as_json
from evalkit.report.packing import packed
from evalkit.report.printed import printed_estimate
from evalkit.report.terms import term
from evalkit.tabular import latex_cell, latex_tabular

if TYPE_CHECKING:
    from evalkit.narrative.wording import Unit
    from evalkit.report.subject import Subject
    from evalkit.statistics.estimates import Estimate

DIGITS = 6


@dataclass(frozen=True)
class Download:
    """A file embedded in the page."""

    filename: str
    media_type: str
    packed: str


def downloads(subject: Subject) -> tuple[Download, ...]:
    """Return the downloads of a comparison."""
    return (
        Download("results.json", "application/json", packed(json_text(subject))),
        Download("summary.tex", "application/x-tex", packed(latex_text(subject))),
    )


def json_text(subject: Subject) -> str:
    """Return results.json with six digits per number, and the curves as drawn.

    The curves of F-β by class are omitted, because the page already holds their bands.
    """
    plain = _rounded(subject.comparison.to_dict())
    for model in plain["models"]:
        model["class_curves"] = []
    for position, drawn in subject.drawn_curves.items():
        written = plain["models"][position]["probability"]
        for name, curves in (("roc", drawn.roc), ("precision_recall", drawn.precision_recall)):
            written[name] = [
                None if curve is None else {"x": list(curve.x), "y": list(curve.y)}
                for curve in curves
            ]
    return as_json(plain) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, list):
        # Matrices of counts are large, and their integers need no rounding.
        if value and type(value[0]) is int:
            return value
        return [_rounded(item) for item in value]
    return (
        {key: _rounded(item) for key, item in value.items()} if isinstance(value, dict) else value
    )


def latex_text(subject: Subject) -> str:
    """Return the summary as a LaTeX table for the booktabs package."""
    models = subject.comparison.models
    terms = [term(key) for key in models[0].overall]
    heads = [
        f"{latex_cell(metric.label)}{f'$_{{{metric.beta}}}$' if metric.beta else ''}"
        f"{latex_cell(metric.unit_suffix)}"
        for metric in terms
    ]
    rows = [
        [latex_cell(shown.name)]
        + [_latex_figure(model.overall[metric.key], metric.unit) for metric in terms]
        for shown, model in zip(subject.models, models, strict=True)
    ]
    return latex_tabular(["Model", *heads], *rows) + "\n"


def _latex_figure(estimate: Estimate, unit: Unit) -> str:
    printed = printed_estimate(estimate, unit)
    small = f" {{\\scriptsize {latex_cell(printed.interval)}}}" if printed.interval else ""
    return f"{latex_cell(printed.value)}{small}"
