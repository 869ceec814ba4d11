"""The count metrics as functions of actual and predicted labels, with scikit-learn's arguments."""

from evalkit.metrics.predictions.agreement import (
    accuracy,
    balanced_accuracy,
    cohen_kappa,
    hamming_loss,
    matthews_corrcoef,
    zero_one_loss,
)
from evalkit.metrics.predictions.evidence import (
    informedness,
    markedness,
    negative_likelihood_ratio,
    negative_predictive_value,
    positive_likelihood_ratio,
    specificity,
)
from evalkit.metrics.predictions.matrices import confusion_matrix, multilabel_confusion_matrix
from evalkit.metrics.predictions.rates import f1, f_beta, jaccard, precision, recall

__all__ = [
    "accuracy",
    "balanced_accuracy",
    "cohen_kappa",
    "confusion_matrix",
    "f1",
    "f_beta",
    "hamming_loss",
    "informedness",
    "jaccard",
    "markedness",
    "matthews_corrcoef",
    "multilabel_confusion_matrix",
    "negative_likelihood_ratio",
    "negative_predictive_value",
    "positive_likelihood_ratio",
    "precision",
    "recall",
    "specificity",
    "zero_one_loss",
]
