"""A confusion matrix collected while a loop validates, merged over the ranks of a group."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.integrations.answers import positions
from evalkit.integrations.torch import as_array, scores_of
from evalkit.metrics.confusion import ConfusionMatrix

if TYPE_CHECKING:
    from collections.abc import Iterable


class ConfusionCollector:
    """Counts batches of scores and targets; `compute` merges the counts of all ranks.

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
        outputs : scores (n, K), whose highest is the prediction, or predicted positions (n,); on
            any device; or an object with ``logits``.
        targets : (n,) positions of the actual classes.

        Raises
        ------
        InputError
            If shapes do not fit or a position lies outside the classes; nothing is counted then.
        """
        classes = self._matrix.classes
        scores = as_array(scores_of(outputs))
        if scores.ndim == 2 and scores.shape[1] != len(classes):
            raise InputError(
                f"scores must have a column a class; got {scores.shape[1]} for {len(classes)}"
            )
        predicted = positions(
            scores.argmax(axis=1) if scores.ndim == 2 else scores, classes, "predictions"
        )
        actual = positions(as_array(targets), classes, "targets")
        if len(actual) != len(predicted):
            raise InputError(
                f"a batch has a target a prediction; got {len(actual)} and {len(predicted)}"
            )
        if len(actual):
            self._matrix = self._matrix + ConfusionMatrix.from_codes(
                actual, predicted, classes=classes
            )

    def reset(self) -> None:
        """Forget what was counted, before the next validation."""
        self._matrix = ConfusionMatrix.empty(self._matrix.classes)

    def compute(self, *, merge: bool = True) -> ConfusionMatrix:
        """Return the matrix of all batches, over all ranks if a group of processes is initialised.

        Every rank must call it, as with any collective operation, and each gets the same matrix.
        A sampler that repeats samples, to give each rank as many, has them counted twice.

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
        # NCCL sums on GPUs alone.
        device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
        counts = torch.from_numpy(np.array(self._matrix.counts)).to(device)
        distributed.all_reduce(counts)
        return ConfusionMatrix(counts.cpu().numpy(), classes=self._matrix.classes)
