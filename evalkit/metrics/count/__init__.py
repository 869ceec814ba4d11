"""Count metrics: pure functions of confusion counts (..., K, K) or of their marginals."""

from evalkit.metrics.count.accuracy import accuracy
from evalkit.metrics.count.balanced_accuracy import balanced_accuracy
from evalkit.metrics.count.cohen_kappa import cohen_kappa, kappa_of_cells
from evalkit.metrics.count.f_beta import f1, f_beta
from evalkit.metrics.count.informedness import informedness
from evalkit.metrics.count.jaccard import jaccard
from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.count.markedness import markedness
from evalkit.metrics.count.matthews_corrcoef import matthews_corrcoef
from evalkit.metrics.count.negative_likelihood_ratio import negative_likelihood_ratio
from evalkit.metrics.count.negative_predictive_value import negative_predictive_value
from evalkit.metrics.count.positive_likelihood_ratio import positive_likelihood_ratio
from evalkit.metrics.count.precision import precision
from evalkit.metrics.count.recall import recall
from evalkit.metrics.count.specificity import specificity
from evalkit.metrics.count.zero_one_loss import zero_one_loss

__all__ = [
    "Marginals",
    "accuracy",
    "balanced_accuracy",
    "cohen_kappa",
    "f1",
    "f_beta",
    "informedness",
    "jaccard",
    "kappa_of_cells",
    "markedness",
    "matthews_corrcoef",
    "negative_likelihood_ratio",
    "negative_predictive_value",
    "positive_likelihood_ratio",
    "precision",
    "recall",
    "specificity",
    "zero_one_loss",
]
