"""Collect a confusion matrix over batches, and merge it over the ranks of a process group."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import array_of
from evalkit.errors import InputError
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.models.outputs import class_indices, model_scores

if TYPE_CHECKING:
    from collections.abc import Iterable


class ConfusionCollector:
    """Count batches of scores and targets; `compute` merges the counts of all ranks.

    Parameters
    ----------
    classes : the ordered classes.

    Examples
    --------
    >>> collector = ConfusionCollector(("cat", "dog"))
    >>> collector.update([[2.0, 1.0], [0.0, 1.0]], [0, 0])
    >>> collector.compute().counts.tolist()
    [[1, 1], [0, 0]]
    """

    def __init__(self, classes: Iterable[Any]) -> None:
        self._matrix = ConfusionMatrix.empty(classes)

    def update(self, outputs: Any, targets: Any) -> None:
        """Count a batch.

        Parameters
        ----------
        outputs : scores (n, K), of which the highest is the prediction; predicted class indices
            (n,); or an object with ``logits``. Tensors may be on any device.
        targets : (n,) indices of the actual classes.

        Raises
        ------
        InputError
            If shapes do not match or an index is out of range. The batch is not counted then.
        """
        classes = self._matrix.classes
        scores = array_of(model_scores(outputs))
        if scores.ndim == 2 and scores.shape[1] != len(classes):
            raise InputError(
                f"The scores have {scores.shape[1]} columns for {len(classes)} classes, expected "
                "one column per class."
            )
        predicted = class_indices(
            scores.argmax(axis=1) if scores.ndim == 2 else scores, classes, "predictions"
        )
        actual = class_indices(array_of(targets), classes, "targets")
        if len(actual) != len(predicted):
            raise InputError(
                f"The batch has {len(actual)} targets for {len(predicted)} predictions, expected "
                "one target per prediction."
            )
        if len(actual):
            self._matrix = self._matrix + ConfusionMatrix.from_codes(
                actual, predicted, classes=classes
            )

    def reset(self) -> None:
        """Reset the counts to zero, before the next validation."""
        self._matrix = ConfusionMatrix.empty(self._matrix.classes)

    def compute(self, *, merge: bool = True) -> ConfusionMatrix:
        """Return the matrix of all batches, over all ranks if a process group is initialised.

        This is a collective operation: every rank must call it, and each gets the same matrix.
        Samples that a distributed sampler repeats, to give all ranks the same number, are counted
        more than once.

        Parameters
        ----------
        merge : whether to merge over the ranks.
        """
        torch = sys.modules.get("torch")
        if not merge or torch is None or not torch.distributed.is_available():
            return self._matrix
        distributed = torch.distributed
        if not distributed.is_initialized() or distributed.get_world_size() == 1:
            return self._matrix
        # NCCL can only reduce tensors on GPUs.
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        counts = torch.from_numpy(np.array(self._matrix.counts)).to(device)
        distributed.all_reduce(counts)
        return ConfusionMatrix(counts.cpu().numpy(), classes=self._matrix.classes)
