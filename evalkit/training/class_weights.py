"""Compute the weight of each class in the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evalkit.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def resolve_class_weights(
    option: Literal["balanced"] | tuple[float, ...] | None,
    y: NDArray[np.integer[Any]],
    classes: Sequence[str],
) -> NDArray[np.float64] | None:
    """Return one weight per class, shape (K,), or None for equal weights.

    ``"balanced"`` is n / (K n_k) for n rows, of which n_k are of class k, as in scikit-learn.

    Raises
    ------
    TrainingError
        If the number of weights differs from the number of classes, or all rows have weight zero.

    >>> resolve_class_weights("balanced", np.array([0, 0, 0, 1]), ["a", "b"]).round(3)
    array([0.667, 2.   ])
    """
    if option is None:
        return None
    counts = np.bincount(y, minlength=len(classes))
    if option == "balanced":
        return len(y) / (len(classes) * np.maximum(counts, 1.0))
    if len(option) != len(classes):
        raise TrainingError(
            f"class_weight has {len(option)} numbers for {len(classes)} classes, expected one per "
            "class."
        )
    if not np.dot(counts, option) > 0:
        raise TrainingError(
            "class_weight is zero for every class that has training rows. "
            "Give at least one of them a positive weight."
        )
    return np.array(option, np.float64)
