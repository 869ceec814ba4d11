"""The common layout of line charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.report.subject import ShownModel

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif"


def axis(title: str, **options: Any) -> dict[str, Any]:
    """Return an axis with its title and unit."""
    return {
        "title": {"text": title, "standoff": 8, "font": {"size": 12.5, "color": "var(--soft)"}},
        "tickfont": {"size": 12, "color": "var(--soft)"},
        "gridcolor": "var(--line)",
        "linecolor": "var(--line)",
        "zeroline": False,
        "automargin": True,
        "fixedrange": False,
        **options,
    }


def layout(x: dict[str, Any], y: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return a layout with a transparent background."""
    return {
        "font": {"family": FONT, "size": 12.5, "color": "var(--ink)"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 48, "r": 12, "t": 10, "b": 40},
        "showlegend": False,
        "hovermode": "closest",
        "height": 320,
        "xaxis": x,
        "yaxis": y,
        **options,
    }


def line(model: ShownModel, dash: str, *, width: float = 2) -> dict[str, Any]:
    """Return the style of a model's line."""
    return {"color": model.colour, "width": width, "dash": dash}


def band(model: ShownModel, x: list[Any], low: list[Any], high: list[Any]) -> dict[str, Any]:
    """Return the area between two curves in the colour of a model, in the background."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *reversed(x)],
        "y": [*high, *reversed(low)],
        "fill": "toself",
        "fillcolor": model.band,
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def percents(values: Any) -> list[float | None]:
    """Return fractions in percent, with two decimals."""
    return [None if value is None else round(100 * value, 2) for value in values]
