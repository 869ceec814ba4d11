"""Train in PyTorch, with the same options, batches and history as in NumPy."""

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

    `progress` is called with the record of each epoch; `resume` is the checkpoint to continue
    from. See `evalkit.training.fit.fit` for the best epoch, early endings and errors.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    TrainingError
        If the device is not available, and as for `fit`.
    """
    try:
        from evalkit.training.torch_learner import TorchLearner
    except ModuleNotFoundError:
        raise MissingExtraError.for_extra("torch", "training with torch") from None
    return fit(dataset, settings, "torch", TorchLearner, progress=progress, resume=resume)
