"""A Lightning callback that computes a confusion matrix in every validation."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError, MissingExtraError
from evalkit.integrations.collector import ConfusionCollector
from evalkit.models.outputs import TARGET_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Reader = Callable[[Any, Any], tuple[Any, Any]]

PACKAGES = ("lightning.pytorch", "pytorch_lightning")
SCORE_KEYS = ("logits", "scores", "preds", "predictions")


def lightning_callback(
    classes: Iterable[Any], *, read: Reader | None = None, prefix: str = "val"
) -> Any:
    """Return a callback whose ``matrices`` contain one `ConfusionMatrix` per validation.

    The callback logs ``{prefix}_accuracy`` and ``{prefix}_f1_macro``, which checkpointing and
    early stopping can monitor. The sanity check before training is skipped. Ranks are merged.

    Parameters
    ----------
    classes : the ordered classes.
    read : a function that takes the result of ``validation_step`` and the batch, and returns
        scores and targets. By default, the scores are ``logits`` of a returned mapping, and the
        targets the last item or ``labels`` of the batch.
    prefix : the prefix of the logged names.

    Raises
    ------
    MissingExtraError
        If Lightning is not installed.
    """

    class ConfusionCallback(_base()):  # type: ignore[misc]  # the base class is known only at run time
        """Compute a confusion matrix in every validation."""

        def __init__(self) -> None:
            super().__init__()
            self.collector = ConfusionCollector(classes)
            self.matrices: list[Any] = []

        def on_validation_epoch_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
            """Reset the counts."""
            self.collector.reset()

        def on_validation_batch_end(
            self,
            trainer: Any,
            pl_module: Any,  # noqa: ARG002
            outputs: Any,
            batch: Any,
            batch_idx: int,  # noqa: ARG002
            dataloader_idx: int = 0,  # noqa: ARG002
        ) -> None:
            """Count a batch."""
            if not trainer.sanity_checking:
                self.collector.update(*(read or read_batch)(outputs, batch))

        def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            """Merge the ranks, store the matrix, and log accuracy and macro F1."""
            if trainer.sanity_checking:
                return
            matrix = self.collector.compute()
            self.matrices.append(matrix)
            if matrix.total:
                logged = {
                    f"{prefix}_accuracy": float(matrix.accuracy()),
                    f"{prefix}_f1_macro": float(matrix.f1(average="macro", zero_division=0)),
                }
                # All ranks have the same values, but Lightning warns without sync_dist.
                pl_module.log_dict(logged, sync_dist=True)

    return ConfusionCallback()


def read_batch(outputs: Any, batch: Any) -> tuple[Any, Any]:
    """Return the scores from the output of a validation step, and the targets from its batch.

    Raises
    ------
    InputError
        If no scores or no targets are found.
    """
    targets = None
    if isinstance(outputs, Mapping):
        targets = _first(outputs, TARGET_KEYS)
        outputs = _first(outputs, SCORE_KEYS)
    if targets is None and isinstance(batch, Mapping):
        targets = _first(batch, TARGET_KEYS)
    elif targets is None and isinstance(batch, list | tuple):
        targets = batch[-1]
    if outputs is None or targets is None:
        raise InputError(
            "No scores in the output of the validation step, or no targets in its batch. Return "
            "a mapping with logits, or pass read=…."
        )
    return outputs, targets


def _first(mapping: Mapping[str, Any], keys: Iterable[str]) -> Any:
    return next((mapping[key] for key in keys if key in mapping), None)


def _base() -> type[Any]:
    for package in PACKAGES:
        try:
            found: type[Any] = import_module(package).Callback
        except ImportError:
            continue
        return found
    raise MissingExtraError(
        "lightning is not installed, but a callback for Lightning requires it. "
        "Run: pip install lightning"
    )
