"""Macro F-β of each model over β, with its pointwise band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.report.figures.frame import axis, band, layout, line, percents

if TYPE_CHECKING:
    from evalkit.report.subject import Subject


def figures(subject: Subject) -> dict[str, Any]:
    """Return the chart of the β curves."""
    traces: list[dict[str, Any]] = []
    curves = []
    for shown, model in zip(subject.models, subject.comparison.models, strict=True):
        curve = model.beta_curve
        betas = [round(beta, 5) for beta in curve.betas]
        low, high = percents(curve.low), percents(curve.high)
        traces.append(band(shown, betas, low, high))
        curves.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": betas,
                "y": percents(curve.values),
                "customdata": [list(pair) for pair in zip(low, high, strict=True)],
                "line": line(shown, shown.mark.dash),
                "hoverinfo": "none",
                "meta": {"model": shown.position, "x": "β", "y": "macro F, %"},
            }
        )
    if not curves or not curves[0]["x"]:
        return {}
    x = axis(
        "β (below 1 precision weighs more, above 1 recall)",
        type="log",
        tickvals=[0.1, 0.2, 0.5, 1, 2, 5, 10],
        ticktext=["0.1", "0.2", "0.5", "1", "2", "5", "10"],
        range=[-1, 1],
    )
    return {
        "beta-curves": {
            "traces": traces + curves,
            "layout": layout(x, axis("macro Fβ, %", tickformat=".4~g")),
            "label": "Macro F of each model over β",
        }
    }
