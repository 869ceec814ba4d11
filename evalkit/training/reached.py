"""What a training run has after a whole number of epochs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.training.checkpoint import Checkpoint, EpochRecord
    from evalkit.training.learner import Learner, Weights


@dataclass(frozen=True, eq=False)
class Reached:
    """The history so far, the best epoch's weights, and what the next epoch goes on from.

    It never changes: a run replaces it in one assignment after each epoch, so that an
    interruption at any moment finds a whole one.
    """

    history: tuple[EpochRecord, ...] = ()
    best_epoch: int = 0
    best_weights: Weights | None = None
    state: dict[str, Any] | None = None

    def after(self, record: EpochRecord, learner: Learner) -> Reached:
        """Return what the run has after one more epoch."""
        weights = learner.weights()
        better = not self.history or _merit(record) > _merit(self.history[self.best_epoch - 1])
        return Reached(
            history=(*self.history, record),
            best_epoch=record.epoch if better else self.best_epoch,
            best_weights=weights if better else self.best_weights,
            state={"weights": weights, "optimizer": learner.optimizer_state()},
        )

    @classmethod
    def restore(cls, checkpoint: Checkpoint, learner: Learner) -> Reached:
        """Return what `checkpoint` had reached, with `learner` where it was then."""
        state = checkpoint.training_state
        assert state is not None
        learner.load(state["weights"])
        learner.load_optimizer(state["optimizer"])
        return cls(checkpoint.history, checkpoint.best_epoch, checkpoint.weights, state)

    @property
    def epochs_since_best(self) -> int:
        """How many epochs have passed without a better one."""
        return len(self.history) - self.best_epoch


def _merit(record: EpochRecord) -> tuple[float, float]:
    """Return what the best epoch is the best in; the second decides between equals."""
    return record.validation_accuracy, -record.validation_loss
