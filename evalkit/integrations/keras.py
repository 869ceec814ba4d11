"""A Keras callback that computes a confusion matrix at the end of every epoch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import array_of
from evalkit.errors import MissingExtraError
from evalkit.integrations.collector import ConfusionCollector

if TYPE_CHECKING:
    from collections.abc import Iterable


def keras_callback(
    inputs: Any,
    targets: Any,
    classes: Iterable[Any],
    *,
    batch_size: int | None = None,
    prefix: str = "val",
) -> Any:
    """Return a callback whose ``matrices`` contain one `ConfusionMatrix` per epoch.

    The callback adds ``{prefix}_f1_macro`` to the logs of the epoch, so that later callbacks can
    monitor it.

    Parameters
    ----------
    inputs : the inputs, as for ``model.predict``.
    targets : (n,) indices of the actual classes, or one-hot (n, K).
    classes : the ordered classes.
    batch_size : the batch size of the predictions; by default that of Keras.
    prefix : the prefix of the logged name.

    Raises
    ------
    MissingExtraError
        If Keras is not installed.
    """
    try:
        callback: Any = import_module("keras.callbacks").Callback
    except ImportError as error:
        raise MissingExtraError(
            "keras is not installed, but a callback for Keras requires it. Run: pip install keras"
        ) from error

    actual = array_of(targets)
    codes = actual.argmax(axis=1) if actual.ndim == 2 else actual

    class ConfusionCallback(callback):  # type: ignore[misc]  # the base class is known only at run time
        """Compute a confusion matrix at the end of every epoch."""

        def __init__(self) -> None:
            super().__init__()
            self.collector = ConfusionCollector(classes)
            self.matrices: list[Any] = []

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
            """Predict, count, and log the macro F1."""
            scores = array_of(self.model.predict(inputs, batch_size=batch_size, verbose=0))
            if scores.ndim == 2 and scores.shape[1] == 1:
                # A single sigmoid output is the probability of the second class.
                scores = np.concatenate([1 - scores, scores], axis=1)
            self.collector.reset()
            self.collector.update(scores, codes)
            matrix = self.collector.compute()
            self.matrices.append(matrix)
            if logs is not None:
                logs[f"{prefix}_f1_macro"] = float(matrix.f1(average="macro", zero_division=0))

    return ConfusionCallback()
