"""Averages over classes, and the replacement of undefined values."""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np

from evalkit.errors import InputError, UndefinedMetricWarning
from evalkit.metrics.count.marginals import CountsLike, FloatArray, Marginals

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

Average: TypeAlias = Literal["micro", "macro", "weighted", "binary"]
ZeroDivision: TypeAlias = "float | Literal['warn']"


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> FloatArray:
    """Return numerator / denominator, NaN where the denominator is zero."""
    top, bottom = np.asarray(numerator), np.asarray(denominator)
    if bottom.all():
        return np.asarray(np.true_divide(top, bottom))
    values = np.full(np.broadcast_shapes(top.shape, bottom.shape), np.nan)
    np.divide(top, bottom, out=values, where=bottom != 0)
    return values


def average_classes(
    rate: Callable[[Marginals], FloatArray],
    counts: CountsLike,
    *,
    average: Average | None,
    zero_division: ZeroDivision,
    name: str,
) -> FloatArray:
    """Return `rate` of each class, or its average over the classes.

    Parameters
    ----------
    rate : from marginals to (..., K) values, NaN where undefined.
    counts : (..., K, K), or marginals.
    average : ``None``, one value per class; ``"macro"``, the mean over the classes;
        ``"weighted"``, their mean weighted by support; ``"micro"``, the rate of the pooled
        classes; ``"binary"``, the second of two classes.
    zero_division : the replacement of an undefined value. With NaN, undefined classes are left
        out of the mean; with ``"warn"`` they count as 0.0 and `UndefinedMetricWarning` is issued.
    name : the metric's name, for messages.
    """
    marginals = Marginals.of(counts)
    if average == "micro":
        marginals = marginals.pooled()
    elif average == "binary":
        marginals = _positive_class(marginals)
    values = defined(rate(marginals), zero_division, name)
    if average in ("micro", "binary"):
        return as_scalar(values[..., 0])
    if average is None:
        return values
    if average == "macro":
        return class_mean(values)
    if average == "weighted":
        return class_mean(values, marginals.actual)
    raise InputError(
        f"Invalid average: got {average!r}. Use None, 'micro', 'macro', 'weighted' or 'binary'."
    )


def defined(values: ArrayLike, zero_division: ZeroDivision, name: str) -> FloatArray:
    """Return the values with NaN replaced by `zero_division`; a 0-d result is a scalar.

    Raises
    ------
    InputError
        If `zero_division` is neither a number nor ``"warn"``.
    """
    found = np.asarray(values, dtype=np.float64)
    replacement = _replacement(zero_division)
    if np.isnan(replacement):
        return as_scalar(found)
    undefined = np.isnan(found)
    n_undefined = int(np.count_nonzero(undefined))
    if n_undefined and zero_division == "warn":
        of_which = f" for {n_undefined} of {found.size} values" if found.size > 1 else ""
        warnings.warn(
            f"{name} is undefined{of_which} (division by zero). 0.0 is used. "
            "Set zero_division to choose another value.",
            UndefinedMetricWarning,
            stacklevel=_caller_depth(),
        )
    return as_scalar(np.where(undefined, replacement, found) if n_undefined else found)


def class_mean(values: FloatArray, weights: NDArray[Any] | None = None) -> FloatArray:
    """Return the mean over the last axis of the values that are not NaN; NaN if all are NaN.

    Weights that are all zero are ignored, as in scikit-learn.
    """
    counted = ~np.isnan(values)
    if weights is None:
        known = values if counted.all() else np.where(counted, values, 0.0)
        return as_scalar(ratio(known.sum(axis=-1), counted.sum(axis=-1)))
    shares = np.broadcast_to(weights, values.shape) * counted
    weight = shares.sum(axis=-1, keepdims=True)
    shares = np.where(weight == 0, counted, shares)
    products = np.where(counted, values, 0.0) * shares
    return as_scalar(ratio(products.sum(axis=-1), shares.sum(axis=-1)))


def as_scalar(values: NDArray[Any]) -> FloatArray:
    """Return a 0-d array as a NumPy scalar, other arrays unchanged."""
    return cast("FloatArray", values[()])


def _replacement(zero_division: ZeroDivision) -> float:
    if zero_division == "warn":
        return 0.0
    if isinstance(zero_division, (int, float, np.number)):
        return float(zero_division)
    raise InputError(f"Invalid zero_division: got {zero_division!r}. Use a number or 'warn'.")


def _positive_class(marginals: Marginals) -> Marginals:
    n_classes = marginals.true_positive.shape[-1]
    if n_classes != 2:
        raise InputError(
            f"average='binary' is only for two classes: got {n_classes}. Use 'macro', 'micro', "
            "'weighted' or None."
        )
    return marginals.take([1])


def _caller_depth() -> int:
    """Return the stack level, counted from `defined`, of the first frame outside evalkit."""
    depth, frame = 0, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("evalkit."):
        depth, frame = depth + 1, frame.f_back
    return depth
