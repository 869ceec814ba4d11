"""A callback for Keras' ``fit`` that collects a confusion matrix at the end of every epoch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import MissingExtraError
from evalkit.integrations.collector import ConfusionCollector
from evalkit.integrations.torch import as_array

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
    """Return a callback whose ``matrices`` hold a `ConfusionMatrix` an epoch.

    It adds ``{prefix}_f1_macro`` to the epoch's logs, for callbacks behind it to watch.

    Parameters
    ----------
    inputs : what ``model.predict`` takes.
    targets : (n,) positions of the actual classes, or (n, K) of which the highest counts.
    classes : the ordered classes.
    batch_size : of the predictions; Keras' own if absent.
    prefix : of the logged name.

    Raises
    ------
    MissingExtraError
        If Keras is not installed.
    """
    try:
        callback: Any = import_module("keras.callbacks").Callback
    except ImportError as error:
        raise MissingExtraError(
            "a callback for Keras needs keras, which is not installed: pip install keras"
        ) from error

    actual = as_array(targets)
    codes = actual.argmax(axis=1) if actual.ndim == 2 else actual

    class ConfusionCallback(callback):  # type: ignore[misc]  # the base is known when it runs
        """Collects a confusion matrix at the end of every epoch."""

        def __init__(self) -> None:
            super().__init__()
            self.collector = ConfusionCollector(classes)
            self.matrices: list[Any] = []

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
            """Predict, count, and log what the matrix says."""
            scores = as_array(self.model.predict(inputs, batch_size=batch_size, verbose=0))
            if scores.ndim == 2 and scores.shape[1] == 1:
                # One sigmoid is the probability of the second class.
                scores = np.concatenate([1 - scores, scores], axis=1)
            self.collector.reset()
            self.collector.update(scores, codes)
            matrix = self.collector.compute()
            self.matrices.append(matrix)
            if logs is not None:
                logs[f"{prefix}_f1_macro"] = float(matrix.f1(average="macro", zero_division=0))

    return ConfusionCallback()
