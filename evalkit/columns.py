"""Columns of labels from lists, arrays, pandas, Arrow, polars and torch in one form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError, InputTypeError, LabelError
from evalkit.text import codes_of_objects, codes_of_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


EXACT_FLOAT = 1 << 53
"""Integers below this are exact in double precision."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One label per sample, as numbers or as integer codes into distinct names.

    Attributes
    ----------
    values : (n,) numbers; with `categories`, integer codes into them.
    categories : the distinct names; None if the labels are numbers.
    declared : the ordered classes that the input declares; None for most kinds.
    name : the name of the column in error messages.
    """

    values: NDArray[Any]
    categories: tuple[str, ...] | None = None
    declared: tuple[Any, ...] | None = None
    name: str = "labels"

    @classmethod
    def of(cls, labels: Any, name: str = "labels") -> Column:
        """Return labels of any accepted kind as a column; arrays are not copied if possible.

        Raises
        ------
        InputError
            If the labels have more than one dimension.
        InputTypeError
            If the type of the labels is not supported.
        LabelError
            If a label is missing, or names and numbers are mixed.
        """
        if isinstance(labels, Column):
            return labels
        for ancestor in type(labels).__mro__:
            reader = _READERS.get(ancestor.__module__.partition(".")[0])
            if reader is not None:
                return reader(labels, name)
        if hasattr(labels, "__array__"):
            return _from_numpy(np.asarray(labels), name)
        if isinstance(labels, (str, bytes, dict)) or not hasattr(labels, "__getitem__"):
            raise InputTypeError(
                f"Invalid {name}: got {type(labels).__name__}. Use a list, an array or a column "
                "of labels."
            )
        return _from_sequence(labels, name)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_names(self) -> bool:
        """Whether the labels are names and not numbers."""
        return self.categories is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The distinct names of a column of names."""
        assert self.categories is not None
        return self.categories

    def label(self, position: int) -> Any:
        """Return the label at `position` as a plain string or number."""
        value = self.values[position]
        if self.categories is not None:
            return self.categories[value]
        return _plain_number(value)

    def distinct(self) -> set[Any]:
        """Return the labels that occur."""
        if self.categories is not None:
            used = np.bincount(self.values, minlength=len(self.categories)).nonzero()[0]
            return {self.categories[code] for code in used}
        return {_plain_number(value) for value in np.unique(self.whole_numbers())}

    def distinct_few(self) -> set[Any]:
        """Return the labels that occur; faster than `distinct` for one or two numbers."""
        if self.categories is not None or not len(self):
            return self.distinct()
        ends = {self.values.min(), self.values.max()}
        if sum(int(np.count_nonzero(self.values == end)) for end in ends) == len(self):
            return {_plain_number(value) for value in ends}
        return self.distinct()

    def whole_numbers(self) -> NDArray[Any]:
        """Return the numbers as booleans or integers.

        Raises
        ------
        LabelError
            If a number is NaN, infinite or not whole.
        """
        assert self.categories is None
        if self.values.dtype.kind != "f":
            return self.values
        missing = np.isnan(self.values)
        if missing.any():
            raise missing_labels(int(missing.sum()), int(missing.argmax()), self.name)
        fractional = (self.values != np.floor(self.values)) | np.isinf(self.values)
        if fractional.any():
            position = int(fractional.argmax())
            raise LabelError(
                f"A label is not a whole number: {self.name} holds {self.values[position]} in row "
                f"{position}. Pass classes, not scores or measurements."
            )
        if len(self) and np.abs(self.values).max() >= 2.0**63:
            position = int(np.abs(self.values).argmax())
            raise LabelError(
                f"A label is out of range: {self.name} holds {self.values[position]} in row "
                f"{position}, expected a whole number of 64 bits."
            )
        return self.values.astype(np.int64)


def array_of(values: Any) -> NDArray[Any]:
    """Return numbers from lists, DataFrames, Arrow, polars or torch as a NumPy array.

    Tensors may be on any device, require gradients, or have a type that NumPy lacks.

    Raises
    ------
    InputError
        If rows have different lengths.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":
            values = values.float()
    elif hasattr(values, "column_names") and hasattr(values, "to_pandas"):
        values = values.to_pandas().to_numpy()
    elif hasattr(values, "to_numpy") and not hasattr(values, "dtype"):
        values = values.to_numpy()
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(f"Values do not form an array: {error}") from error


def frame_names(values: Any) -> tuple[Any, ...] | None:
    """Return the column names of a DataFrame or an Arrow table; None for arrays.

    The numbers 0 to K − 1 that pandas gives to unnamed columns, and the names ``column_0`` and so
    on of polars, are no names.

    >>> import pandas as pd
    >>> frame_names(pd.DataFrame([[1, 2]], columns=["cat", "dog"]))
    ('cat', 'dog')
    """
    names = getattr(values, "column_names", None)
    if names is None:
        names = getattr(values, "columns", None)
    if names is None or not hasattr(values, "shape") or len(values.shape) != 2:
        return None
    if type(names).__name__ == "RangeIndex" and list(names) == list(range(len(names))):
        return None
    found = tuple(name.item() if isinstance(name, np.generic) else name for name in names)
    is_unnamed = found == tuple(f"column_{i}" for i in range(len(found)))
    return None if is_unnamed else found


def missing_labels(count: int, first: int, name: str) -> LabelError:
    """Return the error for missing labels."""
    labels = "label" if count == 1 else "labels"
    return LabelError(
        f"Labels are missing: {name} has {count} missing {labels}, the first in row {first}. "
        "Drop these samples or give them a class of their own."
    )


def _plain_number(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return int(plain) if isinstance(plain, float) and plain.is_integer() else plain


def _refuse_missing(missing: NDArray[np.bool_], name: str) -> None:
    if missing.any():
        raise missing_labels(int(missing.sum()), int(missing.argmax()), name)


def _from_sequence(labels: Any, name: str) -> Column:
    if len(labels) and not isinstance(labels[0], str):
        try:
            array = np.asarray(labels)
        except ValueError:  # rows of different lengths
            array = np.empty((0, 0), dtype=object)
        # Integers of which some fit only an unsigned type become floats, and lose digits.
        is_rounded = (
            array.dtype.kind == "f"
            and array.ndim == 1
            and bool((np.abs(array) >= EXACT_FLOAT).any())
            and all(isinstance(label, int) for label in labels)
        )
        if not is_rounded and (array.dtype.kind not in "USOT" or array.ndim != 1):
            return _from_numpy(array, name)
    return _from_objects(labels, name)


def _from_numpy(array: NDArray[Any], name: str) -> Column:
    if np.ma.isMaskedArray(array):
        _refuse_missing(np.ma.getmaskarray(array), name)
        array = np.ma.getdata(array)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(
            f"Labels are not one-dimensional: {name} has shape {array.shape}. Pass one label per "
            "sample."
        )
    kind = array.dtype.kind
    if kind in "biuf":
        return Column(array, name=name)
    if kind == "U":
        codes, categories = codes_of_text(array)
        return Column(codes, categories, name=name)
    if kind in "OT":
        return _from_objects(array, name)
    raise InputTypeError(
        f"Invalid labels: {name} holds {array.dtype}. Use strings, whole numbers or booleans."
    )


def _from_objects(labels: Any, name: str) -> Column:
    try:
        codes, objects = codes_of_objects(labels)
    except TypeError:
        raise InputTypeError(
            f"Invalid labels: {name} holds an unhashable value. Use strings, whole numbers or "
            "booleans."
        ) from None
    return _from_codes(codes, objects, name)


def _from_codes(
    codes: NDArray[Any], objects: list[Any], name: str, *, is_declared: bool = False
) -> Column:
    """Return the column of labels ``objects[codes]``; codes below zero are missing."""
    lost = [code for code, label in enumerate(objects) if is_missing(label)]
    _refuse_missing(np.isin(codes, lost) | (codes < 0) if lost else codes < 0, name)
    plain = [label.item() if isinstance(label, np.generic) else label for label in objects]
    names = [isinstance(label, str) for label in plain]
    if all(names):
        distinct = tuple(dict.fromkeys(plain))
        if len(distinct) < len(plain):
            position = {label: code for code, label in enumerate(distinct)}
            codes = np.asarray([position[label] for label in plain])[codes]
        return Column(codes, distinct, distinct if is_declared else None, name)
    for code, label in enumerate(plain):
        if not isinstance(label, (str, int, float)):
            raise InputTypeError(
                f"Invalid labels: {name} holds {label!r} in row {int(np.argmax(codes == code))}. "
                "Use strings, whole numbers or booleans."
            )
    if any(names):
        text, number = names.index(True), names.index(False)
        raise LabelError(
            f"Labels mix names and numbers: {name} holds {plain[text]!r} in row "
            f"{int(np.argmax(codes == text))} and {plain[number]!r} in row "
            f"{int(np.argmax(codes == number))}. Convert one of them."
        )
    are_large = any(isinstance(label, int) and abs(label) >= EXACT_FLOAT for label in plain)
    numbers = np.array(plain, dtype=object if are_large else None)
    if are_large and all(isinstance(label, int) and label < 2**63 for label in plain):
        numbers = numbers.astype(np.int64) if min(plain) >= -(2**63) else numbers
    values = numbers[codes] if plain else codes
    return Column(values, None, tuple(plain) if is_declared else None, name)


def is_missing(label: Any) -> bool:
    """Return whether a value is None, NaN, ``pd.NA`` or ``pd.NaT``."""
    if label is None or type(label).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(label, (float, np.floating)) and bool(label != label)


def _from_pandas(labels: Any, name: str) -> Column:
    if getattr(labels, "ndim", 1) != 1:
        return _from_numpy(labels.to_numpy(), name)
    dtype = labels.dtype
    array = getattr(labels, "array", labels)
    if hasattr(dtype, "categories"):
        return _from_codes(np.asarray(array.codes), list(dtype.categories), name, is_declared=True)
    if isinstance(dtype, np.dtype):
        return _from_numpy(labels.to_numpy(), name)
    missing = np.asarray(array.isna())
    _refuse_missing(missing, name)
    if dtype.kind in "biuf":
        return _from_numpy(array.to_numpy(dtype=dtype.numpy_dtype), name)
    codes, categories = array.factorize()
    return _from_codes(codes, list(categories), name)


def _from_arrow(labels: Any, name: str) -> Column:
    if labels.null_count:
        _refuse_missing(labels.is_null().to_numpy(zero_copy_only=False), name)
    if hasattr(labels, "combine_chunks"):
        chunked = labels.unify_dictionaries()
        labels = chunked.combine_chunks() if chunked.num_chunks != 1 else chunked.chunk(0)
    is_text = any(kind in str(labels.type) for kind in ("string", "utf8"))
    if is_text and not hasattr(labels, "indices"):
        labels = labels.dictionary_encode()
    if hasattr(labels, "indices"):
        codes = labels.indices.to_numpy(zero_copy_only=False)
        return _from_codes(
            codes, labels.dictionary.to_pylist(), name, is_declared=labels.type.ordered
        )
    return _from_numpy(labels.to_numpy(zero_copy_only=False), name)


def _from_polars(labels: Any, name: str) -> Column:
    if not hasattr(labels, "null_count") or len(getattr(labels, "shape", ())) != 1:
        return _from_numpy(labels.to_numpy(), name)
    if labels.null_count():
        _refuse_missing(labels.is_null().to_numpy(), name)
    kind = str(labels.dtype).partition("(")[0]
    if kind == "Enum":
        categories = list(labels.dtype.categories)
        return _from_codes(labels.to_physical().to_numpy(), categories, name, is_declared=True)
    if kind in ("Int128", "UInt128"):
        return _from_objects(labels.to_list(), name)
    if kind in ("Categorical", "String"):
        distinct = labels.unique()
        codes = labels.replace_strict(distinct, range(len(distinct))).to_numpy()
        return _from_codes(codes, distinct.to_list(), name)
    return _from_numpy(labels.to_numpy(), name)


def _from_torch(labels: Any, name: str) -> Column:
    return _from_numpy(array_of(labels), name)


# A reader is found by the package name of a type, so that no package is imported.
_READERS: dict[str, Callable[[Any, str], Column]] = {
    "numpy": lambda labels, name: _from_numpy(np.asanyarray(labels), name),
    "pandas": _from_pandas,
    "pyarrow": _from_arrow,
    "polars": _from_polars,
    "torch": _from_torch,
}
