"""Validation and summation of sample weights; sums of integers are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import EXACT_FLOAT, array_of
from evalkit.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def checked_weights(
    sample_weight: Any, n_samples: int, name: str = "sample_weight"
) -> NDArray[Any] | None:
    """Return the weights as (n,) integers or ``float64``; None for None.

    Raises
    ------
    InputError
        If there is not one finite weight of zero or more per sample. A scalar is used for all
        samples. The message names the weights by `name`.
    """
    if sample_weight is None:
        return None
    weights = array_of(sample_weight)
    if weights.dtype.kind not in "biu":
        try:
            weights = weights.astype(np.float64)
        except (TypeError, ValueError):
            raise not_numbers(name, weights.dtype) from None
    if weights.ndim == 0:
        weights = np.broadcast_to(weights, (n_samples,))
    if weights.shape != (n_samples,):
        raise InputError(
            f"Invalid {name}: got shape {weights.shape}. Use one weight per sample, shape "
            f"({n_samples},)."
        )
    if weights.dtype.kind == "f" and not np.isfinite(weights).all():
        position = int(np.argmin(np.isfinite(weights)))
        raise InputError(
            f"A weight is not finite: {name} holds {weights[position]} in row {position}. Use "
            "finite numbers of zero or more."
        )
    if weights.dtype.kind in "if" and (weights < 0).any():
        position = int(np.argmax(weights < 0))
        raise InputError(
            f"A weight is negative: {name} holds {weights[position]} in row {position}. Use zero "
            "or more."
        )
    return weights


def not_numbers(name: str, dtype: np.dtype[Any]) -> InputError:
    """Return the error for weights that are not numbers."""
    return InputError(f"Weights are not numbers: {name} holds {dtype}. Use numbers.")


def sum_dtype(weights: NDArray[Any]) -> type[np.int64 | np.float64]:
    """Return the type of a sum of the weights."""
    return np.float64 if weights.dtype.kind == "f" else np.int64


def summed_weights(codes: NDArray[Any], weights: NDArray[Any], n_codes: int) -> NDArray[Any]:
    """Return (n_codes,) sums of the weights by code; sums of integers are exact."""
    if weights.dtype.kind == "f":
        return np.bincount(codes, weights, minlength=n_codes)
    whole = weights.astype(np.int64, copy=False)
    if whole.sum(dtype=np.float64) < EXACT_FLOAT:
        return np.bincount(codes, whole, minlength=n_codes).astype(np.int64)
    sums = np.zeros(n_codes, dtype=np.int64)
    np.add.at(sums, codes, whole)
    return sums
