"""Metrics of scores and probabilities, with scikit-learn's arguments."""

from evalkit.metrics.probability.average_precision import average_precision
from evalkit.metrics.probability.brier_score import brier_score
from evalkit.metrics.probability.calibration_curve import calibration_curve
from evalkit.metrics.probability.det_curve import det_curve
from evalkit.metrics.probability.expected_calibration_error import expected_calibration_error
from evalkit.metrics.probability.log_loss import log_loss
from evalkit.metrics.probability.precision_recall_curve import precision_recall_curve
from evalkit.metrics.probability.roc_auc import roc_auc
from evalkit.metrics.probability.roc_curve import roc_curve
from evalkit.metrics.probability.top_k_accuracy import top_k_accuracy

__all__ = [
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
]
