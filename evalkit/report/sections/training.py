"""Training: loss and accuracy by epoch, and which epoch was kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.compare.phrasing import percent

if TYPE_CHECKING:
    from evalkit.report.subject import ShownModel, Subject


@dataclass(frozen=True)
class EpochRow:
    """One epoch as printed: losses in nats, accuracies in percent."""

    epoch: str
    train_loss: str
    validation_loss: str
    train_accuracy: str
    validation_accuracy: str
    seconds: str
    kept: bool


@dataclass(frozen=True)
class TrainedModel:
    """The history of one model."""

    model: ShownModel
    rows: tuple[EpochRow, ...]


@dataclass(frozen=True)
class Training:
    """The section's content; only models with a history appear."""

    models: tuple[TrainedModel, ...]
    without: tuple[ShownModel, ...]


def collect(subject: Subject) -> Training | None:
    """Return the section, or None where no model has a history."""
    both = list(zip(subject.models, subject.comparison.models, strict=True))
    trained = tuple(
        TrainedModel(
            shown,
            tuple(
                EpochRow(
                    epoch=f"{row['epoch']:g}",
                    train_loss=f"{row['train_loss']:.3f}",
                    validation_loss=f"{row['validation_loss']:.3f}",
                    train_accuracy=percent(row["train_accuracy"]),
                    validation_accuracy=percent(row["validation_accuracy"]),
                    seconds=f"{row['seconds']:.1f}",
                    kept=row["epoch"] == model.best_epoch,
                )
                for row in model.history
            ),
        )
        for shown, model in both
        if model.history
    )
    if not trained:
        return None
    return Training(trained, tuple(shown for shown, model in both if not model.history))
