"""The weight of each class in the loss."""

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
    """Return one weight a class, shape (K,), or None where all weigh the same.

    ``"balanced"`` is n / (K n_k) for n rows of which n_k are of class k, as in
    scikit-learn; a class without rows has no weight to need.

    Raises
    ------
    TrainingError
        If there is not one weight a class, or those of all rows are zero.

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
            f"class_weight must be one number a class; got {len(option)} for {len(classes)} classes"
        )
    if not np.dot(counts, option) > 0:
        raise TrainingError("class_weight must be positive for a class that has training rows")
    return np.array(option, np.float64)
