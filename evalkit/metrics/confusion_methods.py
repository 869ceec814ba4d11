"""The count metrics as methods of whatever knows its marginals and cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal

from evalkit.metrics import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.metrics.cells import Cells
    from evalkit.metrics.count.averaging import Average, ZeroDivision
    from evalkit.metrics.count.marginals import FloatArray, Marginals


class CountMetricMethods(ABC):
    """One method a count metric.

    Metrics by class take `average` (None, the default, gives one value a class, in the order of
    the classes) and `zero_division` (an undefined value; the default gives 0.0 and warns).
    """

    @property
    @abstractmethod
    def marginals(self) -> Marginals:
        """True positives, actual and predicted counts of each class, and the total."""

    @property
    @abstractmethod
    def cells(self) -> Cells:
        """The cells that are not zero."""

    def accuracy(self, *, zero_division: ZeroDivision = "warn") -> FloatArray:
        """Return the share of samples that are right."""
        return count.accuracy(self.marginals, zero_division=zero_division)

    def zero_one_loss(self, *, zero_division: ZeroDivision = "warn") -> FloatArray:
        """Return the share of samples that are wrong."""
        return count.zero_one_loss(self.marginals, zero_division=zero_division)

    def balanced_accuracy(
        self, *, adjusted: bool = False, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return the mean recall of the classes that have samples."""
        return count.balanced_accuracy(
            self.marginals, adjusted=adjusted, zero_division=zero_division
        )

    def matthews_corrcoef(self, *, zero_division: ZeroDivision = "warn") -> FloatArray:
        """Return the correlation between the actual and the predicted class."""
        return count.matthews_corrcoef(self.marginals, zero_division=zero_division)

    def cohen_kappa(
        self,
        *,
        weights: Literal["linear", "quadratic"] | None = None,
        zero_division: ZeroDivision = "warn",
    ) -> FloatArray:
        """Return the agreement of actual and predicted classes beyond that of chance."""
        if weights is None:
            return count.cohen_kappa(self.marginals, zero_division=zero_division)
        return count.kappa_of_cells(self.cells, weights, zero_division=zero_division)

    def precision(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return, of all samples predicted as a class, the share that belongs to it."""
        return count.precision(self.marginals, average=average, zero_division=zero_division)

    def recall(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return, of all samples of a class, the share that was predicted as it."""
        return count.recall(self.marginals, average=average, zero_division=zero_division)

    def f1(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return the harmonic mean of precision and recall."""
        return count.f1(self.marginals, average=average, zero_division=zero_division)

    def f_beta(
        self,
        beta: float | Sequence[float] = 1.0,
        average: Average | None = None,
        *,
        zero_division: ZeroDivision = "warn",
    ) -> FloatArray:
        """Return F-β; a sequence of β adds a leading axis."""
        return count.f_beta(self.marginals, beta=beta, average=average, zero_division=zero_division)

    def jaccard(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return the share of a class and its predictions together that is in both."""
        return count.jaccard(self.marginals, average=average, zero_division=zero_division)

    def specificity(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return, of all samples of other classes, the share that was not predicted as this."""
        return count.specificity(self.marginals, average=average, zero_division=zero_division)

    def negative_predictive_value(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return, of all samples not predicted as a class, the share that is not of it."""
        return count.negative_predictive_value(
            self.marginals, average=average, zero_division=zero_division
        )

    def informedness(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return recall + specificity − 1."""
        return count.informedness(self.marginals, average=average, zero_division=zero_division)

    def markedness(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return precision + negative predictive value − 1."""
        return count.markedness(self.marginals, average=average, zero_division=zero_division)

    def positive_likelihood_ratio(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return recall / (1 − specificity)."""
        return count.positive_likelihood_ratio(
            self.marginals, average=average, zero_division=zero_division
        )

    def negative_likelihood_ratio(
        self, average: Average | None = None, *, zero_division: ZeroDivision = "warn"
    ) -> FloatArray:
        """Return (1 − recall) / specificity."""
        return count.negative_likelihood_ratio(
            self.marginals, average=average, zero_division=zero_division
        )
