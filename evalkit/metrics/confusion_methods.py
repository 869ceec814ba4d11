"""The metrics of counts as methods of a confusion matrix."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol

from evalkit.metrics.catalog import CATALOG, Metric
from evalkit.metrics.catalog.balanced_accuracy import of_counts as balanced_accuracy
from evalkit.metrics.catalog.cohen_kappa import KappaWeights, of_counts as cohen_kappa
from evalkit.metrics.catalog.f_beta import of_counts as f_beta

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalkit.metrics.cells import Cells
    from evalkit.metrics.count.averaging import Average, ZeroDivision
    from evalkit.metrics.count.marginals import FloatArray, Marginals


class ClassMethod(Protocol):
    """A method with one value per class, and averages."""

    def __call__(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return the metric of these counts.

        Parameters
        ----------
        average : ``None``, one value per class in the order of the classes; ``"micro"``,
            ``"macro"``, ``"weighted"`` or ``"binary"``.
        zero_division : the value where undefined; ``"warn"`` is 0.0 with
            `UndefinedMetricWarning`.
        """
        ...


class ModelMethod(Protocol):
    """A method with one value."""

    def __call__(self, *, zero_division: ZeroDivision = "warn") -> FloatArray:
        """Return the metric of these counts.

        Parameters
        ----------
        zero_division : the value where undefined; ``"warn"`` is 0.0 with
            `UndefinedMetricWarning`.
        """
        ...


class CountMetricMethods(ABC):
    """One method per metric of counts, made from the catalog.

    Metrics by class take `average` (None, the default, gives one value per class, in the order of
    the classes). All take `zero_division`, the value where undefined (the default gives 0.0 and
    warns).
    """

    if TYPE_CHECKING:  # for type checkers; a test compares them with the catalog
        accuracy: ModelMethod
        f1: ClassMethod
        informedness: ClassMethod
        jaccard: ClassMethod
        markedness: ClassMethod
        matthews_corrcoef: ModelMethod
        negative_likelihood_ratio: ClassMethod
        negative_predictive_value: ClassMethod
        positive_likelihood_ratio: ClassMethod
        precision: ClassMethod
        recall: ClassMethod
        specificity: ClassMethod
        zero_one_loss: ModelMethod

    @property
    @abstractmethod
    def marginals(self) -> Marginals:
        """True positives, actual and predicted counts of each class, and the total."""

    @property
    @abstractmethod
    def cells(self) -> Cells:
        """The cells that are not zero."""

    def balanced_accuracy(
        self, *, adjusted: bool = False, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return the mean recall over the classes that have samples."""
        return balanced_accuracy(self.marginals, adjusted=adjusted, zero_division=zero_division)

    def cohen_kappa(
        self, *, weights: KappaWeights | None = None, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return the agreement of actual and predicted classes, corrected for chance."""
        counts = self.marginals if weights is None else self.cells
        return cohen_kappa(counts, weights=weights, zero_division=zero_division)

    def f_beta(
        self,
        beta: float | Sequence[float] = 1.0,
        average: Average | None = None,
        *,
        zero_division: ZeroDivision = "warn",
    ) -> FloatArray:
        """Return F-β; a sequence of β adds a leading axis."""
        return f_beta(self.marginals, beta=beta, average=average, zero_division=zero_division)


def _method(metric: Metric) -> Callable[..., FloatArray]:
    """Return the method of a metric that has no options of its own."""
    of_counts: Callable[..., FloatArray] | None = metric.of_counts
    assert of_counts is not None

    def class_method(
        self: CountMetricMethods,
        average: Average | None = None,
        *,
        zero_division: ZeroDivision = "warn",
    ) -> FloatArray:
        return of_counts(self.marginals, average=average, zero_division=zero_division)

    def model_method(
        self: CountMetricMethods, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        return of_counts(self.marginals, zero_division=zero_division)

    method = class_method if metric.by_class else model_method
    method.__doc__ = (metric.function.__doc__ or "").partition("\n")[0]
    method.__name__ = metric.key
    method.__qualname__ = f"{CountMetricMethods.__qualname__}.{metric.key}"
    return method


for _metric in CATALOG.values():
    if _metric.of_counts is not None and not hasattr(CountMetricMethods, _metric.key):
        setattr(CountMetricMethods, _metric.key, _method(_metric))
