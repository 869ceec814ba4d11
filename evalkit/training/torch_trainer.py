"""Training in PyTorch, with the options, the batches and the history of the NumPy trainer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.errors import MissingExtraError
from evalkit.training.fit import fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.datasets.dataset import Dataset
    from evalkit.training.checkpoint import Checkpoint, EpochRecord
    from evalkit.training.settings import Settings


def train_torch(
    dataset: Dataset,
    settings: Settings,
    *,
    progress: Callable[[EpochRecord], None] | None = None,
    resume: Checkpoint | None = None,
) -> Checkpoint:
    """Train a multilayer perceptron in PyTorch, and return its best epoch.

    See `evalkit.training.fit.fit` for what is kept, how training ends, and the errors.
    `progress` is called with each epoch's record; `resume` is the run to go on with.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    TrainingError
        If torch has no such device, and as in `fit`.
    """
    try:
        from evalkit.training.torch_learner import TorchLearner
    except ModuleNotFoundError:
        raise MissingExtraError.for_extra("torch", "training with torch") from None
    return fit(dataset, settings, "torch", TorchLearner, progress=progress, resume=resume)
