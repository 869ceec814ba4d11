"""The checks of labels, weights, probabilities, ids and groups, for arrays and for files.

Every check raises `InputError` or `LabelError` and names the column as its caller does;
`as_data_errors` turns these into the `DataError` that a bad file is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import DataError, InputError, InputTypeError
from evalkit.metrics import weights as metric_weights
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.predictions.classes import Names

    Codes = NDArray[np.integer[Any]]

SUM_TOLERANCE = 1e-3


@contextmanager
def as_data_errors() -> Iterator[None]:
    """Turn what is wrong with a column into a `DataError`."""
    try:
        yield
    except (InputError, InputTypeError) as error:
        raise DataError(str(error)) from error


def checked_codes(codes: Any, classes: Sequence[Any], n_samples: int, name: str) -> Codes:
    """Return (n,) positions in `classes`.

    Raises
    ------
    InputError
        If there is not one a sample, or one is no position in `classes`.
    """
    array = np.asarray(codes)
    if array.shape != (n_samples,):
        raise InputError(
            f"Lengths differ: {name} has shape {array.shape}, expected ({n_samples},)."
        )
    if array.dtype.kind not in "iu":
        raise InputError(f"Codes are not integers: {name} holds {array.dtype}.")
    if n_samples and not (int(array.min()) >= 0 and int(array.max()) < len(classes)):
        row = int(np.argmax((array < 0) | (array >= len(classes))))
        raise InputError(
            f"A code is not the position of a class: {name} holds {array[row]} in row {row}, and "
            f"there are {len(classes)} classes."
        )
    return array


def checked_probabilities(
    y_proba: Any, classes: Sequence[Any], n_samples: int, name: str = "y_proba"
) -> NDArray[np.floating[Any]]:
    """Return (n, K) probabilities; of two classes, those of the second alone are enough.

    Raises
    ------
    InputError
        If the shape is another, or the values are no probabilities: the row is named, and whether
        they look like logits, scores or percentages.
    """
    array: NDArray[Any] = np.asarray(y_proba)
    if array.ndim == 1 and len(classes) == 2:
        array = np.stack([1.0 - array, array], axis=1)
    if array.shape != (n_samples, len(classes)):
        raise InputError(
            f"{name} has shape {array.shape}, expected ({n_samples}, {len(classes)}). Pass "
            "classes=… in the order of the columns."
        )
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    # Sums first: they are finite and right only where, apart from rare rows, the values are.
    sums = array.sum(axis=1, dtype=np.float64)
    off = ~(np.abs(sums - 1) <= SUM_TOLERANCE)
    if array.size and not (off.any() or array.min() < 0 or array.max() > 1):
        return array
    _refuse_not_finite(array, classes, name)
    _refuse_out_of_range(array, sums, classes, name)
    if off.any():
        row = int(off.argmax())
        raise InputError(
            f"Probabilities do not sum to 1: those of {name} sum to {sums[row]:.6g} in row {row} "
            f"({int(off.sum())} such rows). Normalise them, or leave them out."
        )
    return array


def stack_probabilities(
    columns: Mapping[str, NDArray[Any]],
    by_class: Mapping[str, str],
    classes: Sequence[str],
    where: str,
) -> NDArray[np.floating[Any]]:
    """Return the columns of all classes of a file side by side, (n, K).

    Of two classes one column is enough: the other is one minus it.

    Raises
    ------
    DataError
        If a class has no column, or the values are no probabilities.
    """
    numbers = {name: _numbers(columns[column], column, where) for name, column in by_class.items()}
    missing = [name for name in classes if name not in numbers]
    if len(classes) == 2 and len(missing) == 1:
        (other,) = set(classes) - set(missing)
        numbers[missing[0]] = 1 - numbers[other]
    elif missing:
        raise DataError(
            f"Probabilities are incomplete: {where} has no column for "
            f"{', '.join(shown(name) for name in missing[:5])}. Every class needs one."
        )
    stacked = np.stack([numbers[name] for name in classes], axis=1)
    with as_data_errors():
        return checked_probabilities(stacked, classes, len(stacked), where)


def checked_weights(
    sample_weight: Any, n_samples: int, name: str = "sample_weight"
) -> NDArray[np.float64] | None:
    """Return (n,) weights, or None where there are none; one number stands for all.

    Raises
    ------
    InputError
        If there is not one finite weight of zero or more a sample, or all are zero.
    """
    weights = metric_weights.checked_weights(sample_weight, n_samples, name)
    if weights is None:
        return None
    require_some_weight(float(weights.sum()), name)
    return weights.astype(np.float64)


def require_some_weight(total: float, name: str) -> None:
    """Refuse weights of which none counts.

    Raises
    ------
    InputError
        If their total is zero.
    """
    if not total:
        raise InputError(
            f"All weights are zero: {name}. Give at least one sample a weight above zero."
        )


def weights_of_file(column: NDArray[Any], name: str) -> NDArray[Any]:
    """Return the weights in a column of a file as integers or ``float64``; text is refused.

    Raises
    ------
    InputError
        If one is not a finite number of zero or more.
    """
    if column.dtype.kind not in "iuf":
        raise metric_weights.not_numbers(name, column.dtype)
    weights = metric_weights.checked_weights(column, len(column), name)
    assert weights is not None
    return weights.astype(metric_weights.sum_dtype(weights), copy=False)


def checked_ids(ids: Any, n_samples: int) -> NDArray[Any] | None:
    """Return (n,) names of the samples, or None where there are none.

    Raises
    ------
    InputError
        If there is not one a sample.
    """
    names = None if ids is None else np.asarray(ids)
    if names is not None and names.shape != (n_samples,):
        raise InputError(f"Lengths differ: ids has {len(names)} values for {n_samples} samples.")
    return names


def group_codes(names: Names, n_samples: int) -> NDArray[np.int64]:
    """Return (n,) codes of groups or strata, in the order of their names.

    Raises
    ------
    InputError
        If there is not one label a sample.
    """
    if len(names.codes) != n_samples:
        raise InputError(
            f"Lengths differ: {names.what} has {len(names.codes)} values for {n_samples} samples."
        )
    return names.codes_in(names.ordered()).astype(np.int64)


def _numbers(column: NDArray[Any], name: str, where: str) -> NDArray[np.floating[Any]]:
    if column.dtype.kind in "biu":
        return column.astype(np.float64)
    if column.dtype.kind != "f":
        row = next((i for i, value in enumerate(column) if not isinstance(value, (int, float))), 0)
        raise DataError(
            f"A probability is not a number: {shown(name)} of {where} holds {shown(column[row])} "
            f"in row {row}."
        )
    return column


def _refuse_not_finite(array: NDArray[Any], classes: Sequence[Any], name: str) -> None:
    bad = ~np.isfinite(array)
    if bad.any():
        row, code = (int(i) for i in np.argwhere(bad)[0])
        raise InputError(
            f"Probabilities are not finite: {name} holds {array[row, code]} for "
            f"{shown(classes[code])} in row {row} ({int(bad.any(axis=1).sum())} such rows)."
        )


def _refuse_out_of_range(
    array: NDArray[Any], sums: NDArray[np.float64], classes: Sequence[Any], name: str
) -> None:
    bad = (array < 0) | (array > 1)
    if not bad.any():
        return
    row, code = (int(i) for i in np.argwhere(bad)[0])
    if np.allclose(sums, 100, atol=1):
        remedy = "These look like percentages: divide them by 100."
    elif (array < 0).any():
        remedy = "These look like logits or scores: apply softmax first."
    else:
        remedy = "These are not probabilities."
    raise InputError(
        f"Probabilities are outside [0, 1]: {name} holds {array[row, code]:.6g} for "
        f"{shown(classes[code])} in row {row}. {remedy}"
    )
