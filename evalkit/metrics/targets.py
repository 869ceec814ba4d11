"""Count metrics of labels and of indicator matrices: `labels`, `pos_label` and `average`."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from evalkit.columns import Column
from evalkit.errors import InputError, LabelError
from evalkit.labels import schema
from evalkit.metrics.cells import Cells
from evalkit.metrics.count.averaging import Average, ZeroDivision, class_mean
from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.indicators import indicator_pair
from evalkit.metrics.tabulate import tabulate
from evalkit.metrics.weights import checked_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.metrics.tabulate import Counts

TargetAverage: TypeAlias = Average | Literal["samples"]


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Confusion counts of two columns of labels, with the sorted classes that occur."""

    classes: tuple[Any, ...]
    counts: Counts

    @classmethod
    def of(cls, y_true: Any, y_pred: Any, sample_weight: Any) -> Tally:
        """Return the counts of actual and predicted labels.

        Raises
        ------
        InputError
            If there are no samples or lengths differ.
        LabelError
            If a label is missing, or names and numbers are mixed.
        """
        actual, predicted = Column.of(y_true, "y_true"), Column.of(y_pred, "y_pred")
        if not len(actual) and not len(predicted):
            raise InputError("y_true and y_pred are empty. Pass at least one sample.")
        weights = checked_weights(sample_weight, len(actual))
        classes = None
        if not len(actual) or not len(predicted):
            classes = (0,)  # the error below is then about the different lengths
        return cls(*tabulate(actual, predicted, classes, weights))

    @property
    def marginals(self) -> Marginals:
        """The marginals of every class that occurs."""
        if isinstance(self.counts, Cells):
            return self.counts.marginals()
        return Marginals.of(self.counts)

    def positions(self, labels: Iterable[Any]) -> list[int]:
        """Return the code of each label, or the number of classes if the label does not occur.

        Raises
        ------
        LabelError
            If the labels are names and the classes are numbers, or vice versa.
        """
        chosen = schema(labels)
        if isinstance(chosen[0], str) != isinstance(self.classes[0], str):
            raise LabelError(
                f"labels differ in type from y_true and y_pred: got {chosen[0]!r} for data with "
                f"{self.classes[0]!r}. Pass labels of the same type."
            )
        place = {label: code for code, label in enumerate(self.classes)}
        return [place.get(label, len(self.classes)) for label in chosen]


def score_by_class(
    metric: Callable[..., FloatArray],
    y_true: Any,
    y_pred: Any,
    *,
    labels: Iterable[Any] | None,
    pos_label: Any,
    average: TargetAverage | None,
    sample_weight: Any,
    zero_division: ZeroDivision,
    **options: Any,
) -> FloatArray:
    """Return a metric of marginals for actual and predicted labels, or for indicator matrices.

    Parameters
    ----------
    metric : a function of marginals, `average`, `zero_division` and `options`.
    labels : the classes to score; those that do not occur have no samples and no predictions.
    y_true, y_pred, pos_label, average, sample_weight, zero_division : as in the public metrics.
    """
    if average != "binary" and pos_label not in (None, 1):
        warnings.warn(
            f"pos_label={pos_label!r} is ignored: it is only used with average='binary', got "
            f"average={average!r}. Pass labels=[…] to score one class.",
            UserWarning,
            stacklevel=3,
        )
    pair = indicator_pair(y_true, y_pred, sample_weight)
    if pair is None:
        if average == "samples":
            raise InputError(
                "average='samples' is only for several labels per sample, an (n, L) array of 0 and "
                "1: got one label per sample. Use 'macro', 'micro', 'weighted' or None."
            )
        tally = Tally.of(y_true, y_pred, sample_weight)
        marginals = _chosen(tally, labels, pos_label, average)
    elif average == "samples":
        rows = pair.take(labels).by_sample()
        values = metric(rows, average="micro", zero_division=zero_division, **options)
        return class_mean(values, pair.weights)
    else:
        _refuse_binary_indicators(average)
        marginals = pair.take(labels).by_label()
    pooled: Average | None = "micro" if average == "binary" else average
    return metric(marginals, average=pooled, zero_division=zero_division, **options)


def _chosen(
    tally: Tally, labels: Iterable[Any] | None, pos_label: Any, average: TargetAverage | None
) -> Marginals:
    if average == "binary":
        if len(tally.classes) > 2:
            raise InputError(
                f"average='binary' is only for two classes: got {len(tally.classes)}. Use 'macro', "
                "'micro', 'weighted' or None."
            )
        if pos_label not in tally.classes and len(tally.classes) == 2:
            raise LabelError(
                f"pos_label is not one of the classes: got {pos_label!r}. Use "
                f"{tally.classes[0]!r} or {tally.classes[1]!r}."
            )
        place = dict(zip(tally.classes, range(2), strict=False))
        return padded(tally.marginals).take([place.get(pos_label, len(tally.classes))])
    if labels is None:
        return tally.marginals
    return padded(tally.marginals).take(tally.positions(labels))


def padded(marginals: Marginals) -> Marginals:
    """Return the marginals with one more class, without samples and predictions."""
    return Marginals(
        np.append(marginals.true_positive, 0),
        np.append(marginals.actual, 0),
        np.append(marginals.predicted, 0),
        marginals.total,
    )


def _refuse_binary_indicators(average: TargetAverage | None) -> None:
    if average == "binary":
        raise InputError(
            "average='binary' is only for one label per sample: got indicators of several. Use "
            "'samples', 'macro', 'micro', 'weighted' or None."
        )
