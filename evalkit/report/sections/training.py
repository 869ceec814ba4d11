"""Section on training: loss and accuracy by epoch, of models and groups of runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import count, percent
from evalkit.report.printed import Printed

if TYPE_CHECKING:
    from evalkit.compare.records import EpochBand, GroupResult
    from evalkit.report.subject import ShownModel, Subject

COLUMNS = ("train_loss", "validation_loss", "train_accuracy", "validation_accuracy")


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
class MeanRow:
    """One epoch of a group: losses in nats and accuracies in percent, with their spread."""

    epoch: str
    figures: tuple[Printed, ...]


@dataclass(frozen=True)
class TrainedGroup:
    """The mean curves of the runs of one group."""

    group: ShownModel
    runs: str
    rows: tuple[MeanRow, ...]


@dataclass(frozen=True)
class Training:
    """The content of the section, for models with a history.

    Attributes
    ----------
    groups : groups drawn as mean and band instead of single runs.
    alone : the models drawn by themselves.
    models : all models with a history, for the tables.
    factor : half the width of a band in standard deviations.
    """

    groups: tuple[TrainedGroup, ...]
    alone: tuple[ShownModel, ...]
    models: tuple[TrainedModel, ...]
    without: tuple[ShownModel, ...]
    factor: str


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
    averaged = averaged_runs(subject)
    return Training(
        groups=tuple(
            TrainedGroup(shown, count(len(group.runs)), _mean_rows(group))
            for shown, group in zip(subject.groups, subject.comparison.groups, strict=True)
            if group.curves
        ),
        alone=tuple(t.model for t in trained if t.model.position not in averaged),
        models=trained,
        without=tuple(shown for shown, model in both if not model.history),
        factor=f"{subject.comparison.settings.factor:g}",
    )


def averaged_runs(subject: Subject) -> frozenset[int]:
    """Return the positions of the models that are shown as part of a group."""
    return frozenset(
        run for group in subject.comparison.groups if group.curves for run in group.runs
    )


def _mean_rows(group: GroupResult) -> tuple[MeanRow, ...]:
    """Return mean ± factor × standard deviation of each curve by epoch."""
    return tuple(
        MeanRow(str(point.epoch), tuple(_mean(key, group.curves[key][i]) for key in COLUMNS))
        for i, point in enumerate(group.curves["train_loss"])
    )


def _mean(key: str, band: EpochBand) -> Printed:
    scale, decimals = (1, 3) if key.endswith("loss") else (100, 1)
    half = None if band.high is None else scale * (band.high - band.mean)
    spread = "" if half is None else f"±{half:.{decimals}f}"
    return Printed(f"{scale * band.mean:.{decimals}f}", spread, number=band.mean)
