"""Whether a checkpoint is the beginning of a run, and how far it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.errors import TrainingError

if TYPE_CHECKING:
    from evalkit.datasets.dataset import Dataset
    from evalkit.training.architecture import Architecture
    from evalkit.training.checkpoint import Backend, Checkpoint
    from evalkit.training.settings import Settings

_MAY_CHANGE = {"epochs", "early_stopping", "device"}


def check_resumable(
    checkpoint: Checkpoint,
    dataset: Dataset,
    settings: Settings,
    architecture: Architecture,
    backend: Backend,
) -> None:
    """Raise unless going on from `checkpoint` gives what an uninterrupted run would give.

    The number of epochs may grow where the schedule does not depend on it; patience and
    device may change; everything else must be what it was.

    Raises
    ------
    TrainingError
        If the back end, the network, the data or an option differs, or nothing is left to do.
    """
    if checkpoint.backend != backend:
        raise TrainingError(
            "a run resumes in the back end that began it; "
            f"the checkpoint is {checkpoint.backend}'s: train with {checkpoint.backend}"
        )
    if checkpoint.architecture != architecture:
        raise TrainingError(
            "a run resumes with the network that it began with; the checkpoint has widths "
            f"{_widths(checkpoint.architecture)} and the options say {_widths(architecture)}"
        )
    if checkpoint.dataset.fingerprint != dataset.fingerprint:
        raise TrainingError(
            "a run resumes on the data that it began with; the checkpoint was trained on "
            f"{checkpoint.dataset.spec}, whose fingerprint is not that of {dataset.spec}"
        )
    _check_options(checkpoint, settings)
    if checkpoint.training_state is None:
        raise TrainingError(
            "a run resumes from its training state, which this checkpoint does not hold"
        )
    done = len(checkpoint.history)
    if done >= settings.epochs:
        raise TrainingError(
            f"nothing is left to resume: the checkpoint has {done} of {settings.epochs} epochs; "
            "ask for more epochs"
        )


def _check_options(checkpoint: Checkpoint, settings: Settings) -> None:
    began, now = checkpoint.settings, settings.to_plain()
    fixed = now.keys() - _MAY_CHANGE
    if settings.schedule != "constant":
        fixed.add("epochs")
    for name in sorted(fixed):
        if name in began and began[name] != now[name]:
            raise TrainingError(
                f"a run resumes with the options that it began with; {name} was {began[name]} "
                f"and is {now[name]}: leave it as it was, or train anew"
            )


def _widths(architecture: Architecture) -> str:
    return "-".join(map(str, architecture.widths))
