"""Macro F-β over β: of each model with its pointwise band, or the mean of each group of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.report.figures.frame import axis, band, layout, line, percents

if TYPE_CHECKING:
    from evalkit.report.subject import Subject


def figures(subject: Subject) -> dict[str, Any]:
    """Return the chart of the β curves."""
    curves = [model.beta_curve for model in subject.comparison.models]
    betas = [round(beta, 5) for beta in curves[0].betas]
    if not betas:
        return {}
    traces = []
    if not subject.is_of_groups:  # The page draws groups, as it also does for a class.
        ends = [(percents(curve.low), percents(curve.high)) for curve in curves]
        shown = list(zip(subject.models, curves, ends, strict=True))
        traces = [band(model, betas, *both) for model, _, both in shown]
        traces += [
            {
                "type": "scatter",
                "mode": "lines",
                "x": betas,
                "y": percents(curve.values),
                "customdata": [list(pair) for pair in zip(*both, strict=True)],
                "line": line(model, model.mark.dash),
                "hoverinfo": "none",
                "meta": {"model": model.position, "x": "β", "y": "macro F, %"},
            }
            for model, curve, both in shown
        ]
    x = axis(
        "β (below 1 precision weighs more, above 1 recall)",
        type="log",
        tickvals=[0.1, 0.2, 0.5, 1, 2, 5, 10],
        ticktext=["0.1", "0.2", "0.5", "1", "2", "5", "10"],
        range=[-1, 1],
    )
    return {
        "beta-curves": {
            "traces": traces,
            "layout": layout(x, axis("macro Fβ, %", tickformat=".4~g")),
            "label": "Macro F over β, one line per " + ("run" if subject.is_of_groups else "model"),
        }
    }
