"""Loss and accuracy by epoch: training thin, validation strong, the kept epoch marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.report.figures.frame import axis, layout, line, percents

if TYPE_CHECKING:
    from evalkit.compare.results import ModelResult
    from evalkit.report.subject import ShownModel, Subject


@dataclass(frozen=True)
class Panel:
    """One chart: what it shows in training and in validation, and how it is printed."""

    label: str
    unit: str
    train: str
    validation: str
    in_percent: bool

    def values(self, model: ModelResult, key: str) -> list[float | None]:
        """Return a column of the history as the chart's axis counts it."""
        column = [row[key] for row in model.history]
        return percents(column) if self.in_percent else [round(value, 4) for value in column]


PANELS = {
    "training-loss": Panel("Loss", "loss, nats", "train_loss", "validation_loss", False),
    "training-accuracy": Panel(
        "Accuracy", "accuracy, %", "train_accuracy", "validation_accuracy", True
    ),
}


def figures(subject: Subject) -> dict[str, Any]:
    """Return the two charts of the training history."""
    trained = [
        (shown, model)
        for shown, model in zip(subject.models, subject.comparison.models, strict=True)
        if model.history
    ]
    if not trained:
        return {}
    return {
        name: {
            "traces": [trace for shown, model in trained for trace in _traces(panel, shown, model)],
            "layout": layout(
                axis("epoch", tickformat="d"), axis(panel.unit, tickformat=".4~g"), height=280
            ),
            "label": f"{panel.label} by epoch",
        }
        for name, panel in PANELS.items()
    }


def _traces(panel: Panel, shown: ShownModel, model: ModelResult) -> list[dict[str, Any]]:
    epochs = [row["epoch"] for row in model.history]
    validation = panel.values(model, panel.validation)
    mode = "lines" if len(epochs) > 1 else "markers"
    kept = [i for i, epoch in enumerate(epochs) if epoch == model.best_epoch]
    return [
        _trace(
            shown,
            epochs,
            panel.values(model, panel.train),
            mode=mode,
            line=line(shown, "dot", width=1),
            meta={"x": "epoch", "y": f"training {panel.unit}"},
        ),
        _trace(
            shown,
            epochs,
            validation,
            mode=mode,
            line=line(shown, "solid"),
            meta={"x": "epoch", "y": f"validation {panel.unit}"},
        ),
        _trace(
            shown,
            [epochs[i] for i in kept],
            [validation[i] for i in kept],
            mode="markers",
            meta={"x": "kept: epoch", "y": f"validation {panel.unit}"},
        ),
    ]


def _trace(
    shown: ShownModel, x: list[float], y: list[float | None], *, meta: dict[str, str], **style: Any
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "marker": {"color": shown.colour, "symbol": shown.mark.symbol, "size": 9},
        "hoverinfo": "none",
        "meta": {"model": shown.position, **meta},
        **style,
    }
