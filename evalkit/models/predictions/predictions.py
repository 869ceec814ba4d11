"""What one model said of each sample, as a file tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Predictions:
    """Actual and predicted classes of n samples, and what else is known of them.

    Attributes
    ----------
    y_true, y_pred : (n,) integer codes, positions in `classes`.
    classes : the ordered names of the K classes.
    name : the model's name.
    y_proba : (n, K) probabilities, columns in the order of `classes`, or None.
    sample_weight : (n,) weights, or None.
    ids : (n,) names of the samples, as text, or None where row order is all there is.
    slices : every other column, by name.
    is_declared : whether the file itself names its classes in order; where it does not they are
        the labels that occur, sorted.
    notes : what was guessed, one sentence each, to be said aloud.
    """

    y_true: NDArray[np.integer[Any]] = field(repr=False)
    y_pred: NDArray[np.integer[Any]] = field(repr=False)
    classes: tuple[str, ...]
    name: str
    y_proba: NDArray[np.floating[Any]] | None = field(default=None, repr=False)
    sample_weight: NDArray[np.float64] | None = field(default=None, repr=False)
    ids: NDArray[np.str_] | None = field(default=None, repr=False)
    slices: dict[str, NDArray[Any]] = field(default_factory=dict, repr=False)
    is_declared: bool = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.y_true)
