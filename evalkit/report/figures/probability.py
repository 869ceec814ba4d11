"""Charts of reliability, score histograms, ROC and precision–recall curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.report.figures.frame import axis, layout, percents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.records import Curve, ProbabilityResult
    from evalkit.report.subject import ShownModel, Subject


def figures(subject: Subject) -> dict[str, Any]:
    """Return the four charts; the curves of a class are drawn when it is chosen."""
    known = [
        (shown, model.probability)
        for shown, model in zip(subject.models, subject.comparison.models, strict=True)
        if model.probability is not None
    ]
    if not known:
        return {}
    curves = subject.drawn_curves
    return {
        "probability-roc": {
            "traces": [],
            "curves": {str(i): _percents(drawn.roc) for i, drawn in curves.items()},
            "layout": _unit_square("false positive rate, %", "true positive rate (recall), %"),
            "label": "ROC curves",
        },
        "probability-pr": {
            "traces": [],
            "curves": {str(i): _percents(drawn.precision_recall) for i, drawn in curves.items()},
            "layout": _unit_square("recall, %", "precision, %"),
            "label": "Precision–recall curves",
        },
        "probability-reliability": {
            "traces": [_diagonal(), *(_reliability(shown, result) for shown, result in known)],
            "layout": _unit_square("confidence, %", "accuracy, %"),
            "label": "Accuracy by confidence",
        },
        "probability-histogram": {
            "traces": [trace for shown, result in known for trace in _histogram(shown, result)],
            "layout": layout(
                axis("confidence, %", range=[0, 100], dtick=25),
                axis("number of samples", rangemode="tozero", tickformat=",d"),
                height=340,
            ),
            "label": "Number of samples by confidence",
        },
    }


def _unit_square(x: str, y: str) -> dict[str, Any]:
    return layout(
        axis(x, range=[-1, 101], dtick=25, constrain="domain"),
        axis(y, range=[-1, 101], dtick=25),
        height=340,
    )


def _diagonal() -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 100],
        "y": [0, 100],
        "line": {"color": "var(--soft)", "width": 1, "dash": "dot"},
        "hoverinfo": "skip",
    }


def _reliability(shown: ShownModel, result: ProbabilityResult) -> dict[str, Any]:
    bins = result.reliability
    used = [i for i, n in enumerate(bins.counts) if n and bins.accuracy[i] is not None]
    x, y, low, high = (
        percents([values[i] for i in used])
        for values in (bins.mean_confidence, bins.accuracy, bins.low, bins.high)
    )
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": _gaps(high, y),
            "arrayminus": _gaps(y, low),
            "thickness": 1,
            "width": 0,
            "color": shown.colour,
        },
        "customdata": [list(pair) for pair in zip(low, high, strict=True)],
        "line": {"color": shown.colour, "width": 1},
        "marker": {
            "color": shown.colour,
            "symbol": shown.mark.symbol,
            "size": 7,
        },
        "hoverinfo": "none",
        "meta": {"model": shown.position, "x": "confidence, %", "y": "accuracy, %"},
    }


def _gaps(upper: Sequence[float | None], lower: Sequence[float | None]) -> list[float | None]:
    return [
        None if a is None or b is None else round(a - b, 2)
        for a, b in zip(upper, lower, strict=True)
    ]


def _histogram(shown: ShownModel, result: ProbabilityResult) -> list[dict[str, Any]]:
    edges = percents(result.histogram_edges)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": edges,
            "y": [*counts, counts[-1]],
            "line": {
                "shape": "hv",
                "color": shown.colour,
                "width": 2 if what == "right" else 1,
                "dash": "solid" if what == "right" else "dot",
            },
            "hoverinfo": "none",
            "meta": {"model": shown.position, "x": "confidence from, %", "y": f"samples {what}"},
        }
        for what, counts in (
            ("right", result.histogram_right),
            ("wrong", result.histogram_wrong),
        )
        if counts
    ]


def _percents(curves: Sequence[Curve | None]) -> list[Any]:
    return [
        None
        if curve is None
        else [[round(100 * value, 1) for value in side] for side in (curve.x, curve.y)]
        for curve in curves
    ]
