"""Columns to slice by: their specification, the bins of numbers, the names of other values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.labels import code_dtype
from evalkit.text import codes_of_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

MISSING = "missing"
DEPTH = 2
"""So many columns are crossed unless more are asked for."""
MOST_DEPTH = 3
BINS = 5
FEW_VALUES = 20
"""Numbers of more distinct values than this are binned."""
FIRST_VALUES = 1 << 17
"""Whether numbers are binned, and where, is decided by so many first values."""
MOST_VALUES = 1_000
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, eq=False)
class SliceValues:
    """A column to slice by: (n,) codes, and the value that each code stands for."""

    codes: NDArray[np.integer[Any]]
    values: tuple[str, ...]

    def take(self, rows: NDArray[np.intp]) -> SliceValues:
        """Return the values at `rows`, in that order."""
        return SliceValues(self.codes[rows], self.values)

    @classmethod
    def of(
        cls,
        column: Any,
        name: str,
        n_samples: int,
        edges: Sequence[float] = (),
        *,
        is_text: bool = False,
    ) -> SliceValues:
        """Return a column's values as codes, in order; numbers of more than 20 values are binned.

        Parameters
        ----------
        column : (n,) names or numbers; missing ones are the value ``"missing"``.
        name, n_samples : the name of the column for messages, and n.
        edges : of the bins; if absent, the quintiles of the first 131,072 values.
        is_text : whether text may be numbers, as in CSV.

        Raises
        ------
        InputError
            If lengths differ, a value to bin is no number, or there are more than 1,000 values.

        Examples
        --------
        >>> SliceValues.of([3, 40, 70], "age", 3, edges=[18, 65]).values
        ('< 18', '18 to < 65', '≥ 65')
        >>> SliceValues.of(["01", "1", None], "site", 3).values
        ('01', '1', 'missing')
        """
        declared = declared_values(column)
        array = np.asarray(column)
        if array.shape != (n_samples,):
            raise InputError(
                f"The slice column {name} has shape {array.shape}. It needs one value per sample, "
                f"shape ({n_samples},)."
            )
        if edges:
            return _binned(_numbers(array, name), edges)
        if not declared and (array.dtype.kind in "iuf" or (is_text and _are_numbers(array))):
            first = _numbers(array[:FIRST_VALUES], name)
            if len(np.unique(first[~np.isnan(first)])) > FEW_VALUES:
                return _binned(_numbers(array, name), quantile_edges(first))
        codes, distinct = _distinct(array)
        is_whole = are_whole(array)
        names = [value_name(each, is_whole=is_whole) for each in distinct]
        ordered = [value_name(each, is_whole=is_whole) for each in declared]
        values = sorted_values(names, ordered)
        require_few_values(len(values), name)
        place = {value: code for code, value in enumerate(values)}
        codes_of_names = np.array([place[each] for each in names], code_dtype(len(values)))
        return cls(codes_of_names[codes], values)


def declared_values(column: Any) -> tuple[Any, ...]:
    """Return the values of an ordered column in their order: of pandas, polars' Enum or Arrow.

    An unordered pandas column declares an order too, unless it is the alphabetical one, which
    pandas makes itself.

    >>> declared_values(["small", "large"])
    ()
    """
    kind: Any = getattr(column, "dtype", getattr(column, "type", None))
    if type(kind).__name__ == "DictionaryType":
        parts = column.chunks if hasattr(column, "chunks") else [column]
        found = dict.fromkeys(value for part in parts for value in part.dictionary.to_pylist())
        return tuple(found) if kind.ordered else ()
    if type(kind).__name__ not in ("CategoricalDtype", "Enum"):
        return ()
    values = list(kind.categories)
    if not getattr(kind, "ordered", True):
        try:
            is_alphabetical = values == sorted(values)
        except TypeError:
            is_alphabetical = False
        if is_alphabetical:
            return ()
    return tuple(values)


def sorted_values(names: Iterable[str], declared: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the distinct names of values in order: declared ones as declared, and before others.

    Numbers follow by size, and other names by the numbers in them, so that ISO dates are in order
    of time; no value comes last.

    >>> sorted_values(["10", "9.5", "missing", "-2"])
    ('-2', '9.5', '10', 'missing')
    >>> sorted_values(["week 10", "week 9", "2024-02-01", "2023-12-31"])
    ('2023-12-31', '2024-02-01', 'week 9', 'week 10')
    >>> sorted_values(["large", "small", "medium"], ["small", "medium", "large"])
    ('small', 'medium', 'large')
    """
    distinct = set(names)
    rank = {name: place for place, name in enumerate(declared)}
    others = distinct.difference(rank, [MISSING])
    are_numbers = all(_NUMBER.fullmatch(name) for name in others)

    def place(name: str) -> tuple[Any, ...]:
        if name in rank:
            return 0, rank[name]
        if name == MISSING:
            return (2,)
        return 1, float(name) if are_numbers else _parts(name), name

    return tuple(sorted(distinct, key=place))


def _parts(name: str) -> tuple[str | tuple[int, str], ...]:
    """Return text and digits in turn; of two numbers the one with more digits is larger."""
    digits = (part.lstrip("0") for part in _DIGITS.findall(name))
    texts = _DIGITS.split(name)
    numbers = [(len(each), each) for each in digits]
    return tuple(part for pair in zip_longest(texts, numbers) for part in pair if part is not None)


def slice_spec(text: str) -> tuple[str, tuple[float, ...]]:
    """Return the column and the bin edges of ``COLUMN`` or ``COLUMN:EDGE,EDGE``.

    >>> slice_spec("age:18,65"), slice_spec("region")
    (('age', (18.0, 65.0)), ('region', ()))
    """
    name, colon, edges = text.partition(":")
    try:
        return name, tuple(sorted({float(edge) for edge in edges.split(",")})) if colon else ()
    except ValueError:
        raise InputError(
            f"Not a slice: {text!r}. Write COLUMN or COLUMN:EDGE,EDGE, as in age:18,40,65."
        ) from None


def checked_depth(depth: int) -> int:
    """Return how many columns to cross; raise `InputError` unless it is 1, 2 or 3."""
    if depth not in range(1, MOST_DEPTH + 1):
        raise InputError(f"Invalid slice depth {depth}. Pass 1, 2 or 3.")
    return depth


def are_whole(column: Any) -> bool:
    """Return whether no number among the first 131,072 values has a fraction.

    >>> are_whole([1.0, float("nan")]), are_whole([1.0, 2.5]), are_whole(["a"])
    (True, False, True)
    """
    first = np.asarray(column)[:FIRST_VALUES]
    if first.dtype.kind == "f":
        known = first[np.isfinite(first)]
        return bool((known == np.floor(known)).all())
    return first.dtype.kind != "O" or all(
        float(value).is_integer()
        for value in first.tolist()
        if isinstance(value, (float, Decimal)) and np.isfinite(float(value))
    )


def value_name(value: Any, *, is_whole: bool = True) -> str:
    """Return the name of a value, ``"missing"`` for no value.

    In a column of whole numbers their names have no fraction. A value that is the text "missing"
    is put in quotation marks, so that it differs from no value.

    >>> value_name(3.0), value_name(2.5), value_name("03"), value_name(float("nan"))
    ('3', '2.5', '03', 'missing')
    >>> value_name(3.0, is_whole=False), value_name("missing")
    ('3.0', '"missing"')
    """
    if isinstance(value, str):
        # One more pair of marks each, so that no two texts have one name.
        return f'"{value}"' if value.strip('"') == MISSING else value or MISSING
    if isinstance(value, (float, Decimal)):
        number = float(value)
        if number != number:
            return MISSING
        return str(int(number)) if is_whole and number.is_integer() else str(number)
    is_missing = value is None or type(value).__name__ in ("NAType", "NaTType")
    return MISSING if is_missing else str(value)


def require_few_values(count: int, what: str) -> None:
    """Raise `InputError` for more than 1,000 values to slice by."""
    if count > MOST_VALUES:
        raise InputError(
            f"Too many slices: {what} has {count:,} values, the most is {MOST_VALUES:,}. Bin it, "
            "as in --slice-by age:18,40,65."
        )


def quantile_edges(numbers: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the quintiles of numbers, to three significant digits, each once."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return (0.0,)
    inner = np.quantile(known, np.arange(1, BINS) / BINS)
    return tuple(sorted({float(f"{edge:.3g}") for edge in inner}))


def bin_labels(edges: Sequence[float]) -> list[str]:
    """Return the names of bins: below the first edge, from each to the next, from the last on.

    >>> bin_labels([18.0, 65.0])
    ['< 18', '18 to < 65', '≥ 65']
    """
    shown = [f"{edge:g}" for edge in edges]
    between = [f"{low} to < {high}" for low, high in pairwise(shown)]
    return [f"< {shown[0]}", *between, f"≥ {shown[-1]}"]


def _binned(numbers: NDArray[np.float64], edges: Sequence[float]) -> SliceValues:
    codes = np.searchsorted(np.array(edges), numbers, side="right")
    missing = np.isnan(numbers)
    codes[missing] = len(edges) + 1
    return SliceValues(codes, (*bin_labels(edges), *([MISSING] if missing.any() else [])))


def _distinct(array: NDArray[Any]) -> tuple[NDArray[np.intp], list[Any]]:
    if array.dtype.kind in "biuf":
        distinct, codes = np.unique(array, return_inverse=True)
        return codes, distinct.tolist()
    return codes_of_objects(array.tolist())


def _are_numbers(texts: NDArray[Any]) -> bool:
    """Return whether all texts are numbers, apart from missing ones."""
    known = (text for text in dict.fromkeys(texts.tolist()) if text is not None)
    return all(_NUMBER.fullmatch(text.strip()) for text in known)


def _numbers(array: NDArray[Any], name: str) -> NDArray[np.float64]:
    if array.dtype.kind in "biuf":
        return array.astype(np.float64)
    codes, distinct = _distinct(array)
    numbers = []
    for code, value in enumerate(distinct):
        try:
            numbers.append(np.nan if value_name(value) == MISSING else float(value))
        except (TypeError, ValueError):
            row = int(np.argmax(codes == code))
            raise InputError(
                f"A value to bin is not a number: {name} holds {value!r} in row {row}."
            ) from None
    return np.array(numbers, dtype=np.float64)[codes]
