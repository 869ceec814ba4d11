"""Loss and accuracy by epoch: training thin, validation strong, the kept epoch marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.report.figures.frame import axis, layout, line, percents

if TYPE_CHECKING:
    from evalkit.compare.results import ModelResult
    from evalkit.report.subject import ShownModel, Subject

PANELS = (
    ("training-loss", "loss, nats", "train_loss", "validation_loss", False),
    ("training-accuracy", "accuracy, %", "train_accuracy", "validation_accuracy", True),
)


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
            "traces": [
                trace
                for shown, model in trained
                for trace in _traces(shown, model, train, validation, unit, in_percent=in_percent)
            ],
            "layout": layout(axis("epoch", tickformat="d"), axis(unit, tickformat=".4~g"), height=280),
            "label": f"{unit.split(',', maxsplit=1)[0].capitalize()} by epoch",
        }
        for name, unit, train, validation, in_percent in PANELS
    }


def _traces(
    shown: ShownModel,
    model: ModelResult,
    train: str,
    validation: str,
    unit: str,
    *,
    in_percent: bool,
) -> list[dict[str, Any]]:
    epochs = [row["epoch"] for row in model.history]
    parts = []
    for key, what, style in (
        (train, "training", {"width": 1, "dash": "dot"}),
        (validation, "validation", {"width": 2, "dash": "solid"}),
    ):
        values = [row[key] for row in model.history]
        parts.append(
            {
                "type": "scatter",
                "mode": "lines" if len(epochs) > 1 else "markers",
                "x": epochs,
                "y": percents(values) if in_percent else [round(value, 4) for value in values],
                "line": line(shown.position, style["dash"], width=style["width"]),
                "marker": {"color": f"var(--model-{shown.position % 8})", "symbol": shown.mark.symbol},
                "hoverinfo": "none",
                "meta": {"model": shown.position, "x": "epoch", "y": f"{what} {unit}"},
            }
        )
    kept = [i for i, epoch in enumerate(epochs) if epoch == model.best_epoch]
    parts.append(
        {
            **parts[-1],
            "mode": "markers",
            "x": [epochs[i] for i in kept],
            "y": [parts[-1]["y"][i] for i in kept],
            "marker": {
                "color": f"var(--model-{shown.position % 8})",
                "symbol": shown.mark.symbol,
                "size": 9,
            },
            "meta": {"model": shown.position, "x": "kept: epoch", "y": f"validation {unit}"},
        }
    )
    return parts
