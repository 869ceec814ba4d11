"""Counting, and every metric of counts, probabilities and label sets.

`PUBLIC` says where each public name lives; the package `evalkit` loads them from it when they are
first used, so that importing it stays cheap.
"""

_PREDICTIONS = (
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
)
_PROBABILITY = (
    "average_precision",
    "brier_score",
    "calibration_curve",
    "det_curve",
    "expected_calibration_error",
    "log_loss",
    "precision_recall_curve",
    "roc_auc",
    "roc_curve",
    "top_k_accuracy",
)

PUBLIC: dict[str, str] = {
    "CATALOG": "evalkit.metrics.catalog",
    "ConfusionMatrix": "evalkit.metrics.confusion",
    **dict.fromkeys(_PREDICTIONS, "evalkit.metrics.predictions"),
    **dict.fromkeys(_PROBABILITY, "evalkit.metrics.probability"),
}
