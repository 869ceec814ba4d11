"""The confusion matrix, from which all count metrics are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from evalkit.columns import Column, array_of, frame_names
from evalkit.errors import IncompatibleError, InputError
from evalkit.labels import infer_classes, keys_and_names, schema
from evalkit.metrics.cells import Cells
from evalkit.metrics.confusion_methods import CountMetricMethods
from evalkit.metrics.confusion_tables import MatrixTables
from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.matrices import normalized
from evalkit.metrics.tabulate import DENSE_CLASSES, Counts, empty_counts, tabulate
from evalkit.metrics.weights import checked_weights

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from evalkit.metrics.count.marginals import FloatArray


class ConfusionMatrix(CountMetricMethods, MatrixTables):
    """The number of samples of each class predicted as each class.

    Parameters
    ----------
    counts : (K, K) finite numbers of zero or more, rows actual, columns predicted. The names of
        the rows and columns of a DataFrame, such as a ``crosstab``, are the classes; a class that
        only one of them names has no counts in the other.
    classes : the ordered names of the K classes; if absent, those of the DataFrame, or 0 to K − 1.

    Raises
    ------
    InputError
        If the counts are not square, are negative or not finite, or do not match the classes.
    LabelError
        If a class is declared twice.

    Examples
    --------
    >>> ConfusionMatrix([[3, 1], [0, 2]], classes=("cat", "dog")).recall().tolist()
    [0.75, 1.0]
    """

    def __init__(self, counts: ArrayLike, classes: Iterable[Any] | None = None) -> None:
        named, classes = counts_by_class(counts, classes)
        matrix = _checked_counts(named)
        self._classes = tuple(range(len(matrix))) if classes is None else schema(classes)
        if len(self._classes) != len(matrix):
            raise InputError(
                f"Counts do not match the classes: got shape {matrix.shape} for "
                f"{len(self._classes)} classes. Pass one row and one column per class."
            )
        self._counts: Counts = matrix

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        classes: Iterable[Any] | None = None,
        sample_weight: Any = None,
    ) -> ConfusionMatrix:
        """Return the counts of actual and predicted labels.

        Parameters
        ----------
        y_true, y_pred : (n,) labels of any kind: lists, arrays, pandas, Arrow, polars, torch.
        classes : the ordered classes, or a mapping of labels to names. If absent, the declared
            categories of the labels, or the sorted labels that occur.
        sample_weight : (n,) weights of zero or more. Integers keep the counts integers.

        Raises
        ------
        InputError
            If there are no samples, or the lengths differ.
        LabelError
            If a label is missing or is not among the classes; the message gives its row.

        Examples
        --------
        >>> ConfusionMatrix.from_predictions(["cat", "dog"], ["dog", "dog"]).counts.tolist()
        [[0, 1], [0, 1]]
        """
        actual, predicted = Column.of(y_true, "y_true"), Column.of(y_pred, "y_pred")
        if not len(actual) and not len(predicted):
            raise InputError("y_true and y_pred are empty. Pass at least one sample.")
        names = None
        if classes is not None:
            keys, names = keys_and_names(classes)
            # Labels of a mapping of numbers to names may be the names already.
            are_names = actual.is_names and not isinstance(keys[0], str)
            classes = names if are_names else keys
        elif actual.declared or predicted.declared:
            classes = infer_classes(actual, predicted)
        declared, counts = _counted(actual, predicted, classes, sample_weight)
        return cls._of(counts, names or declared)

    @classmethod
    def from_codes(
        cls,
        actual: ArrayLike,
        predicted: ArrayLike,
        *,
        classes: Iterable[Any],
        sample_weight: Any = None,
    ) -> ConfusionMatrix:
        """Return the counts of labels that are given as positions in `classes`.

        Raises
        ------
        LabelError
            If a code is not one of 0 to K − 1.

        Examples
        --------
        >>> ConfusionMatrix.from_codes([0, 1], [1, 1], classes=("cat", "dog")).counts.tolist()
        [[0, 1], [0, 1]]
        """
        declared = schema(classes)
        codes = Column.of(actual, "actual codes"), Column.of(predicted, "predicted codes")
        _, counts = _counted(*codes, tuple(range(len(declared))), sample_weight)
        return cls._of(counts, declared)

    @classmethod
    def empty(cls, classes: Iterable[Any]) -> ConfusionMatrix:
        """Return zero counts of the classes, to be filled by `update`.

        Examples
        --------
        >>> ConfusionMatrix.empty(("cat", "dog")).counts.tolist()
        [[0, 0], [0, 0]]
        """
        declared = schema(classes)
        return cls._of(empty_counts(len(declared), np.int64), declared)

    @classmethod
    def _of(cls, counts: Counts, classes: tuple[Any, ...]) -> ConfusionMatrix:
        self = cls.__new__(cls)
        self._counts, self._classes = counts, classes
        return self

    @property
    def classes(self) -> tuple[Any, ...]:
        """The ordered names of the K classes."""
        return self._classes

    @property
    def counts(self) -> NDArray[Any]:
        """(K, K) counts, rows actual, columns predicted: ``int64``, or ``float64`` if weighted.

        Raises
        ------
        InputError
            If there are more than 4,096 classes. Then only the cells that occur are stored.
        """
        if isinstance(self._counts, Cells):
            raise InputError(
                f"Too many classes for dense counts: got {len(self._classes)}, the limit is "
                f"{DENSE_CLASSES}. Use cells or marginals."
            )
        view = self._counts.view()
        view.flags.writeable = False
        return view

    @property
    def cells(self) -> Cells:
        """The cells that are not zero, the storage of counts of many classes."""
        if isinstance(self._counts, Cells):
            return self._counts
        keys = np.flatnonzero(self._counts)
        return Cells(keys, self._counts.ravel()[keys], len(self._classes))

    @property
    def marginals(self) -> Marginals:
        """True positives, actual and predicted counts of each class, and the total."""
        if isinstance(self._counts, Cells):
            return self._counts.marginals()
        return Marginals.of(self._counts)

    @property
    def total(self) -> int | float:
        """The number of samples, or their summed weight."""
        counts = self._counts.counts if isinstance(self._counts, Cells) else self._counts
        total: int | float = counts.sum().item()
        return total

    def update(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the counts of more samples in place; the classes do not change.

        Raises
        ------
        InputError, LabelError
            As for `from_predictions`. The counts are then unchanged.
        """
        columns = Column.of(y_true, "y_true"), Column.of(y_pred, "y_pred")
        _, counts = _counted(*columns, self._classes, sample_weight)
        self._counts = self._counts + counts

    def __add__(self, other: object) -> ConfusionMatrix:
        if not isinstance(other, ConfusionMatrix):
            return NotImplemented
        if self._classes != other._classes:
            raise IncompatibleError(
                "Confusion matrices to add do not have the same classes in the same order: got "
                f"{_some(self._classes)} and {_some(other._classes)}. Pass classes=… for both."
            )
        return self._of(self._counts + other._counts, self._classes)

    def __radd__(self, other: object) -> ConfusionMatrix:
        # sum() starts with zero.
        return self if other == 0 else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ConfusionMatrix):
            return NotImplemented
        mine, others = self.cells, other.cells
        return (
            self._classes == other._classes
            and np.array_equal(mine.keys, others.keys)
            and np.array_equal(mine.counts, others.counts)
        )

    # update() changes the counts, so a hash would change too.
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # marks the class as unhashable

    def __repr__(self) -> str:
        return (
            f"ConfusionMatrix({len(self._classes)} classes: {_some(self._classes)}; "
            f"total {self.total:,})"
        )

    def normalized(
        self, over: Literal["true", "pred", "all"], *, zero_division: float = np.nan
    ) -> FloatArray:
        """Return (K, K) counts divided by their sums over rows, over columns or over all cells.

        Parameters
        ----------
        over : ``"true"``, each row sums to 1; ``"pred"``, each column; ``"all"``, the whole matrix.
        zero_division : the value in a row or column without samples.

        Examples
        --------
        >>> ConfusionMatrix([[3, 1], [0, 2]]).normalized("true").tolist()
        [[0.75, 0.25], [0.0, 1.0]]
        """
        return normalized(self.counts, over, zero_division=zero_division)

    def to_frame(self) -> pd.DataFrame:
        """Return the counts as a DataFrame, index actual, columns predicted."""
        import pandas as pd

        return pd.DataFrame(
            self.counts.copy(),
            index=pd.Index(self._classes, name="actual"),
            columns=pd.Index(self._classes, name="predicted"),
        )


def _counted(
    actual: Column, predicted: Column, classes: tuple[Any, ...] | None, sample_weight: Any
) -> tuple[tuple[Any, ...], Counts]:
    weights = checked_weights(sample_weight, len(actual))
    return tabulate(actual, predicted, classes, weights)


def counts_by_class(counts: Any, classes: Iterable[Any] | None) -> tuple[Any, Iterable[Any] | None]:
    """Return counts with rows and columns in the order of the classes, and the classes.

    The names of a DataFrame decide. A polars frame or an Arrow table has the actual classes in a
    first column of text, or its rows are in the order of its columns.

    Raises
    ------
    InputError
        If rows and columns name other classes than `classes`, or one of them holds totals.
    """
    columns = frame_names(counts)
    if columns is None:
        return counts, classes
    array: NDArray[Any] = array_of(counts)
    index = getattr(counts, "index", None)
    if array.dtype.kind == "O" and array.shape[1] > 1 and isinstance(array[0, 0], str):
        rows, columns, array = tuple(array[:, 0]), columns[1:], array[:, 1:].astype(np.float64)
    elif index is None or type(index).__name__ == "RangeIndex":
        rows = columns
    else:
        rows = tuple(index.tolist())
    if len(rows) != len(array):
        raise InputError(
            f"Invalid counts: {len(array)} rows for {len(rows)} named columns. Name the rows too."
        )
    known = tuple(dict.fromkeys((*rows, *columns)))
    if rows != columns and all(list(names) == sorted(names, key=str) for names in (rows, columns)):
        known = tuple(sorted(known, key=str))
    _refuse_totals(rows, columns, array)
    declared = known if classes is None else schema(classes)
    foreign = next((name for name in known if name not in declared), None)
    if foreign is not None:
        raise InputError(
            f"The counts name a class that is not among the classes: {foreign!r}. The classes are "
            f"{_some(declared)}."
        )
    for names in (rows, columns):
        if len(set(names)) < len(names):
            raise InputError("The counts name a class twice. Name each row and column once.")
    full = np.zeros((len(declared), len(declared)), array.dtype)
    place = {name: position for position, name in enumerate(declared)}
    full[np.ix_([place[name] for name in rows], [place[name] for name in columns])] = array
    return full, declared


def _refuse_totals(rows: tuple[Any, ...], columns: tuple[Any, ...], array: NDArray[Any]) -> None:
    """Refuse a last row and column of totals, as ``margins=True`` of pandas writes them."""
    if rows[-1] != columns[-1] or min(array.shape) < 3 or array.dtype.kind not in "iuf":
        return
    inner = array[:-1, :-1]
    sums = (inner.sum(axis=0) == array[-1, :-1]).all() and (inner.sum(axis=1) == array[:-1, -1])
    if np.all(sums) and array[-1, -1] == inner.sum() and inner.any():
        raise InputError(
            f"The last row and column hold totals: {rows[-1]!r}. Leave them out, as with "
            "margins=False."
        )


def _checked_counts(counts: ArrayLike) -> NDArray[Any]:
    matrix: NDArray[Any] = np.array(counts)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise InputError(
            f"Invalid counts: got shape {matrix.shape}. Use shape (K, K) with K at least 1."
        )
    if matrix.dtype.kind not in "biuf":
        raise InputError(f"Counts are not numbers: got {matrix.dtype}.")
    for bad, fault in ((~np.isfinite(matrix), "not finite"), (matrix < 0, "negative")):
        if bad.any():
            row, column = (int(axis[0]) for axis in np.nonzero(bad))
            raise InputError(
                f"A count is {fault}: got {matrix[row, column]} in row {row}, column {column}. "
                "Use finite numbers of zero or more."
            )
    return matrix.astype(np.float64 if matrix.dtype.kind == "f" else np.int64, copy=False)


def _some(classes: tuple[Any, ...], most: int = 6) -> str:
    listed = ", ".join(str(label) for label in classes[:most])
    return f"{listed}, …" if len(classes) > most else listed
