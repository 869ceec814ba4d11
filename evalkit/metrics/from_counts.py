"""Decorators that make a metric of labels and of counts from one function of marginals.

A new metric is one module in `evalkit.metrics.catalog`::

    @class_metric(label="Precision", formula="TP / (TP + FP)", use="…", undefined="…")
    def precision(marginals: Marginals) -> FloatArray:
        '''Return the share of the samples predicted as a class that belong to it. …'''
        return ratio(marginals.true_positive, marginals.predicted)

``precision`` is then a function of labels with scikit-learn's arguments, ``precision.of_counts`` a
function of counts, and the metric is registered. Type checkers see the protocols below.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

import numpy as np

from evalkit.metrics.catalog import Texts, metric
from evalkit.metrics.count.averaging import average_classes, defined, ratio
from evalkit.metrics.count.marginals import CountArray, CountsLike, FloatArray, Marginals
from evalkit.metrics.targets import Tally, score_by_class

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Unpack

    from evalkit.metrics.count.averaging import Average, ZeroDivision
    from evalkit.metrics.targets import TargetAverage

Rate: TypeAlias = "Callable[[Marginals], FloatArray]"
Shares: TypeAlias = "Callable[[Marginals], tuple[CountArray, CountArray]]"


class ClassCounts(Protocol):
    """A metric of counts with one value per class."""

    def __call__(
        self,
        counts: CountsLike,
        *,
        average: Average | None = None,
        zero_division: ZeroDivision = np.nan,
    ) -> FloatArray:
        """Return the metric of confusion counts.

        Parameters
        ----------
        counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
        average : ``None``, ``"micro"``, ``"macro"``, ``"weighted"`` or ``"binary"``.
        zero_division : the value where undefined; with NaN, averages cover the other classes.

        Returns
        -------
        (..., K) values, or (...) averages.
        """
        ...


class ModelCounts(Protocol):
    """A metric of counts with one value per model."""

    def __call__(self, counts: CountsLike, *, zero_division: ZeroDivision = np.nan) -> FloatArray:
        """Return the metric of confusion counts.

        Parameters
        ----------
        counts : (..., K, K) confusion counts, rows actual, columns predicted, or `Marginals`.
        zero_division : the value where undefined.

        Returns
        -------
        (...) values.
        """
        ...


class ClassMetric(Protocol):
    """A metric of labels with one value per class, and averages."""

    @property
    def of_counts(self) -> ClassCounts:
        """The same metric of confusion counts."""

    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        *,
        labels: Iterable[Any] | None = None,
        pos_label: Any = 1,
        average: TargetAverage | None = None,
        sample_weight: Any = None,
        zero_division: ZeroDivision = "warn",
    ) -> FloatArray:
        """Return the metric of actual and predicted labels.

        Parameters
        ----------
        y_true, y_pred : (n,) labels of any kind, or (n, L) indicators of 0 and 1.
        labels : the classes to score, in this order; the sorted labels that occur if absent.
        pos_label : the class that ``average="binary"`` scores.
        average : ``None``, one value per class; ``"macro"``, their mean; ``"weighted"``, their
            mean weighted by support; ``"micro"``, of the pooled classes; ``"binary"``, of
            `pos_label`; ``"samples"``, the mean over the rows of indicators.
        sample_weight : (n,) weights of zero or more.
        zero_division : the value where undefined; ``"warn"`` is 0.0 with
            `UndefinedMetricWarning`. With NaN, averages cover the other classes.

        Returns
        -------
        (K,) values, or one value if averaged.

        Raises
        ------
        InputError, LabelError
            If there are no samples, the lengths differ, labels are missing or mix names and
            numbers, or the average does not suit the targets.
        """
        ...


class ModelMetric(Protocol):
    """A metric of labels with one value per model."""

    @property
    def of_counts(self) -> ModelCounts:
        """The same metric of confusion counts."""

    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        *,
        sample_weight: Any = None,
        zero_division: ZeroDivision = "warn",
    ) -> FloatArray:
        """Return the metric of actual and predicted labels.

        Parameters
        ----------
        y_true, y_pred : (n,) labels of any kind.
        sample_weight : (n,) weights of zero or more.
        zero_division : the value where undefined; ``"warn"`` is 0.0 with
            `UndefinedMetricWarning`.

        Raises
        ------
        InputError, LabelError
            If there are no samples, the lengths differ, or labels are missing or mix names and
            numbers.
        """
        ...


def class_metric(**texts: Unpack[Texts]) -> Callable[[Rate], ClassMetric]:
    """Return a decorator that makes and registers a metric with one value per class.

    It takes a function from marginals to (..., K) values, NaN where undefined. Its name is the
    key; its docstring becomes that of the public function, with the arguments and errors added.

    Parameters
    ----------
    texts : the fields of `evalkit.metrics.catalog.Metric` that are not functions.
    """
    return lambda rate: _class_metric(rate, rate, None, texts)


def class_proportion(**texts: Unpack[Texts]) -> Callable[[Shares], ClassMetric]:
    """Return a decorator that makes and registers a proportion per class.

    As `class_metric`, from a function of marginals to (..., K) successes and (..., K) trials.
    """
    return lambda shares: _class_metric(lambda m: ratio(*shares(m)), shares, shares, texts)


def model_metric(**texts: Unpack[Texts]) -> Callable[[Rate], ModelMetric]:
    """Return a decorator that makes and registers a metric with one value per model.

    As `class_metric`, from a function of marginals to (...) values.
    """

    def decorate(value: Rate) -> ModelMetric:
        def of_counts(counts: CountsLike, *, zero_division: ZeroDivision = np.nan) -> FloatArray:
            return defined(value(Marginals.of(counts)), zero_division, texts["label"])

        def of_labels(
            y_true: Any,
            y_pred: Any,
            *,
            sample_weight: Any = None,
            zero_division: ZeroDivision = "warn",
        ) -> FloatArray:
            marginals = Tally.of(y_true, y_pred, sample_weight).marginals
            return of_counts(marginals, zero_division=zero_division)

        describe(of_counts, value, ModelCounts)
        describe(of_labels, value, ModelMetric, of_counts=of_counts)
        return cast("ModelMetric", metric(of_counts=of_counts, **texts)(of_labels))

    return decorate


def _class_metric(
    rate: Rate, described: Callable[..., Any], proportion: Shares | None, texts: Texts
) -> ClassMetric:
    def of_counts(
        counts: CountsLike,
        *,
        average: Average | None = None,
        zero_division: ZeroDivision = np.nan,
    ) -> FloatArray:
        return average_classes(
            rate, counts, average=average, zero_division=zero_division, name=texts["label"]
        )

    def of_labels(
        y_true: Any,
        y_pred: Any,
        *,
        labels: Iterable[Any] | None = None,
        pos_label: Any = 1,
        average: TargetAverage | None = None,
        sample_weight: Any = None,
        zero_division: ZeroDivision = "warn",
    ) -> FloatArray:
        return score_by_class(
            of_counts,
            y_true,
            y_pred,
            labels=labels,
            pos_label=pos_label,
            average=average,
            sample_weight=sample_weight,
            zero_division=zero_division,
        )

    describe(of_counts, described, ClassCounts)
    describe(of_labels, described, ClassMetric, of_counts=of_counts)
    entry = metric(of_counts=of_counts, proportion=proportion, by_class=True, **texts)
    return cast("ClassMetric", entry(of_labels))


def describe(
    made: Any, written: Callable[..., Any], protocol: type, *, of_counts: Any = None
) -> None:
    """Copy the name and the docstring of the written function to the made one, in place.

    The sections of the protocol's docstring (parameters, errors) are put before the notes and the
    examples. A function of counts belongs to `evalkit.metrics.count` and has no examples, because
    the examples use labels.
    """
    made.__name__ = made.__qualname__ = written.__name__
    made.__module__ = "evalkit.metrics.count" if of_counts is None else written.__module__
    if of_counts is not None:
        made.of_counts = of_counts
    if written.__doc__ is None:  # python -OO
        return
    text = inspect.cleandoc(written.__doc__)
    heading = re.search(r"^\w+\n-{3,}$", text, flags=re.MULTILINE)
    end = heading.start() if heading else len(text)
    # The summary of the metric replaces the less specific summary of the protocol.
    sections = inspect.cleandoc(protocol.__call__.__doc__ or "").partition("\n\n")[2]
    rest = text[end:] if of_counts is not None else text[end:].partition("Examples\n---")[0]
    made.__doc__ = f"{text[:end].rstrip()}\n\n{sections}\n\n{rest}".rstrip() + "\n"
