"""The state of a training run, and the check that a checkpoint can be resumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.errors import TrainingError

if TYPE_CHECKING:
    from evalkit.datasets.dataset import Dataset
    from evalkit.training.architecture import Architecture
    from evalkit.training.checkpoint import Backend, Checkpoint, EpochRecord
    from evalkit.training.learner import Learner, Weights
    from evalkit.training.settings import Settings

_CHANGEABLE = {"epochs", "early_stopping", "device"}


@dataclass(frozen=True, eq=False)
class RunState:
    """The history, the weights of the best epoch, and the state for the next epoch.

    The object is immutable, and a run replaces it in one assignment after each epoch, so that an
    interruption at any time leaves a consistent state.
    """

    history: tuple[EpochRecord, ...] = ()
    best_epoch: int = 0
    best_weights: Weights | None = None
    training_state: dict[str, Any] | None = None

    def updated(self, record: EpochRecord, learner: Learner) -> RunState:
        """Return the state after one more epoch."""
        weights = learner.weights()
        is_better = not self.history or _rank(record) > _rank(self.history[self.best_epoch - 1])
        return RunState(
            history=(*self.history, record),
            best_epoch=record.epoch if is_better else self.best_epoch,
            best_weights=weights if is_better else self.best_weights,
            training_state={"weights": weights, "optimizer": learner.optimizer_state()},
        )

    @classmethod
    def restore(cls, checkpoint: Checkpoint, learner: Learner) -> RunState:
        """Return the state of `checkpoint`, and load it into `learner`."""
        state = checkpoint.training_state
        assert state is not None
        learner.load(state["weights"])
        learner.load_optimizer(state["optimizer"])
        return cls(checkpoint.history, checkpoint.best_epoch, checkpoint.weights, state)

    @property
    def epochs_since_best(self) -> int:
        """The number of epochs since the best one."""
        return len(self.history) - self.best_epoch


def _rank(record: EpochRecord) -> tuple[float, float]:
    """Return the sort key of an epoch: validation accuracy, then validation loss."""
    return record.validation_accuracy, -record.validation_loss


def check_resumable(
    checkpoint: Checkpoint,
    dataset: Dataset,
    settings: Settings,
    architecture: Architecture,
    backend: Backend,
) -> None:
    """Check that resuming from `checkpoint` gives the same result as an uninterrupted run.

    The number of epochs may increase if the schedule does not depend on it. Early stopping and
    device may change. All other options must be unchanged.

    Raises
    ------
    TrainingError
        If the back end, the network, the data or an option differs, or no epoch is left.
    """
    if checkpoint.backend != backend:
        raise TrainingError(
            f"Cannot resume with {backend}: the checkpoint is from the {checkpoint.backend} "
            f"backend. Train with {checkpoint.backend}."
        )
    if checkpoint.architecture != architecture:
        raise TrainingError(
            f"Cannot resume: the checkpoint has the widths {_widths(checkpoint.architecture)}, "
            f"but the options give {_widths(architecture)}. Use the same network options."
        )
    if checkpoint.dataset.fingerprint != dataset.fingerprint:
        raise TrainingError(
            f"Cannot resume: the checkpoint was trained on {checkpoint.dataset.spec}, whose "
            f"fingerprint differs from that of {dataset.spec}. Use the same data."
        )
    _check_options(checkpoint, settings)
    if checkpoint.training_state is None:
        raise TrainingError(
            "Cannot resume: the checkpoint has no training state. Use the checkpoint written by "
            "the trainer."
        )
    done = len(checkpoint.history)
    if done >= settings.epochs:
        raise TrainingError(
            f"Nothing to resume: the checkpoint has {done} of {settings.epochs} epochs. "
            "Increase the number of epochs."
        )


def _check_options(checkpoint: Checkpoint, settings: Settings) -> None:
    old, new = checkpoint.settings, settings.to_plain()
    fixed = new.keys() - _CHANGEABLE
    if settings.schedule != "constant":
        fixed.add("epochs")
    for name in sorted(fixed):
        if name in old and old[name] != new[name]:
            raise TrainingError(
                f"Cannot resume: {name} was {old[name]} and is {new[name]}. "
                "Keep the option unchanged, or train a new network."
            )


def _widths(architecture: Architecture) -> str:
    return "-".join(map(str, architecture.widths))
