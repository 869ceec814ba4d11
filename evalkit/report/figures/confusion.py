"""The layout of the heatmaps; the page computes their cells from the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.report.figures.frame import FONT
from evalkit.report.palette import CIVIDIS
from evalkit.report.sections.confusion import MOST_CELLS

if TYPE_CHECKING:
    from evalkit.report.subject import Subject


def figures(subject: Subject) -> dict[str, Any]:
    """Return the heatmap for all matrices: colour scale and layout."""
    if not 2 <= subject.n_classes <= MOST_CELLS:
        return {}
    steps = len(CIVIDIS) - 1
    axis = {
        "showgrid": False,
        "zeroline": False,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": "rgba(0,0,0,0)",
        "tickfont": {"size": 11, "color": "var(--soft)"},
        "automargin": False,
    }
    return {
        "confusion-matrix": {
            "trace": {
                "type": "heatmap",
                "hoverinfo": "none",
                "xgap": 1,
                "ygap": 1,
                "showscale": False,
                "colorbar": {
                    "orientation": "h",
                    "thickness": 8,
                    "len": 1,
                    "y": 0,
                    "yanchor": "top",
                    "xpad": 0,
                    "ypad": 4,
                    "outlinewidth": 0,
                    "nticks": 5,
                    "tickfont": {"size": 11, "color": "var(--soft)"},
                },
            },
            "sequential": [[i / steps, colour] for i, colour in enumerate(CIVIDIS)],
            "diverging": [[0, "var(--minus)"], [0.5, "var(--paper)"], [1, "var(--plus)"]],
            "layout": {
                "font": {"family": FONT, "color": "var(--ink)"},
                "paper_bgcolor": "rgba(0,0,0,0)",
                "plot_bgcolor": "rgba(0,0,0,0)",
                "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
                "dragmode": "zoom",
                "hovermode": "closest",
                "xaxis": {
                    **axis,
                    **_title("Predicted class"),
                    "side": "top",
                    "tickangle": -90,
                    "constrain": "domain",
                },
                "yaxis": {**axis, **_title("Actual class"), "autorange": "reversed"},
            },
        }
    }


def _title(text: str) -> dict[str, Any]:
    return {"title": {"text": text, "standoff": 4, "font": {"size": 12, "color": "var(--soft)"}}}
