"""Charts of loss and accuracy by epoch; groups are shown as mean and band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.report.figures.frame import axis, band, layout, line, percents
from evalkit.report.sections.training import averaged_runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evalkit.compare.records import GroupResult, ModelResult
    from evalkit.report.subject import ShownModel, Subject


@dataclass(frozen=True)
class Panel:
    """One chart: its training and validation metric, and its unit."""

    label: str
    unit: str
    train: str
    validation: str
    in_percent: bool

    def shown(self, values: Iterable[float | None]) -> list[float | None]:
        """Return values in the unit of the axis."""
        if self.in_percent:
            return percents(values)
        return [None if value is None else round(value, 4) for value in values]


ENDS = ("low", "high")
PANELS = {
    "training-loss": Panel("Loss", "loss, nats", "train_loss", "validation_loss", False),
    "training-accuracy": Panel(
        "Accuracy", "accuracy, %", "train_accuracy", "validation_accuracy", True
    ),
}


def figures(subject: Subject) -> dict[str, Any]:
    """Return the two charts of the training history."""
    averaged = averaged_runs(subject)
    comparison = subject.comparison
    groups = [
        (shown, group)
        for shown, group in zip(subject.groups, comparison.groups, strict=True)
        if group.curves
    ]
    alone = [
        (shown, model)
        for shown, model in zip(subject.models, comparison.models, strict=True)
        if model.history and shown.position not in averaged
    ]
    if not groups and not alone:
        return {}
    return {
        name: {
            "traces": [
                *(trace for shown, group in groups for trace in _bands(panel, shown, group)),
                *(trace for shown, group in groups for trace in _means(panel, shown, group)),
                *(trace for shown, model in alone for trace in _traces(panel, shown, model)),
            ],
            "layout": layout(
                axis("epoch", tickformat="d"), axis(panel.unit, tickformat=".4~g"), height=280
            ),
            "label": f"{panel.label} by epoch",
        }
        for name, panel in PANELS.items()
    }


def _bands(panel: Panel, shown: ShownModel, group: GroupResult) -> list[dict[str, Any]]:
    """Return mean ± factor × standard deviation of both curves; nothing for one run."""
    found = []
    for key in (panel.train, panel.validation):
        points = [point for point in group.curves[key] if point.low is not None]
        if points:
            low, high = (panel.shown(getattr(point, end) for point in points) for end in ENDS)
            found.append(band(shown, [point.epoch for point in points], low, high))
    return found


def _means(panel: Panel, shown: ShownModel, group: GroupResult) -> list[dict[str, Any]]:
    found = []
    for key, what, style in (
        (panel.train, "training", line(shown, "dot", width=1)),
        (panel.validation, "validation", line(shown, "solid")),
    ):
        points = group.curves[key]
        low, high = (panel.shown(getattr(point, end) for point in points) for end in ENDS)
        pairs = zip(low, high, strict=True)
        found.append(
            _trace(
                shown,
                [point.epoch for point in points],
                panel.shown(point.mean for point in points),
                mode="lines" if len(points) > 1 else "markers",
                line=style,
                customdata=[[] if None in pair else list(pair) for pair in pairs],
                meta={"group": shown.position, "x": "epoch", "y": f"{what} {panel.unit}, mean"},
            )
        )
    return found


def _traces(panel: Panel, shown: ShownModel, model: ModelResult) -> list[dict[str, Any]]:
    epochs = [row["epoch"] for row in model.history]
    train, validation = (
        panel.shown(row[key] for row in model.history) for key in (panel.train, panel.validation)
    )
    mode = "lines" if len(epochs) > 1 else "markers"
    kept = [i for i, epoch in enumerate(epochs) if epoch == model.best_epoch]
    return [
        _trace(
            shown,
            epochs,
            train,
            mode=mode,
            line=line(shown, "dot", width=1),
            meta={"model": shown.position, "x": "epoch", "y": f"training {panel.unit}"},
        ),
        _trace(
            shown,
            epochs,
            validation,
            mode=mode,
            line=line(shown, "solid"),
            meta={"model": shown.position, "x": "epoch", "y": f"validation {panel.unit}"},
        ),
        _trace(
            shown,
            [epochs[i] for i in kept],
            [validation[i] for i in kept],
            mode="markers",
            meta={"model": shown.position, "x": "kept: epoch", "y": f"validation {panel.unit}"},
        ),
    ]


def _trace(
    shown: ShownModel, x: list[float], y: list[float | None], **style: Any
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "marker": {"color": shown.colour, "symbol": shown.mark.symbol, "size": 9},
        "hoverinfo": "none",
        **style,
    }
