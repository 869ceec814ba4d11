"""What each sample's probabilities cost: the losses whose means are reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray

BINS = 15
"""Of confidence, for calibration."""


def sample_losses(
    actual: NDArray[np.integer[Any]], probabilities: NDArray[np.floating[Any]]
) -> FloatArray:
    """Return (n, 2): log loss in nats and Brier score of each sample.

    The Brier score of two classes is halved, as scikit-learn's is.
    """
    of_actual = probabilities[np.arange(len(actual)), actual].astype(np.float64)
    smallest = np.finfo(probabilities.dtype).eps
    log_loss = -np.log(np.clip(of_actual, smallest, 1.0))
    squares = np.einsum("ij,ij->i", probabilities, probabilities, dtype=np.float64)
    brier = squares - 2 * of_actual + 1.0
    return np.stack([log_loss, brier / 2 if probabilities.shape[1] == 2 else brier], axis=1)
