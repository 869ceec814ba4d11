"""Metrics of scores and probabilities: targets, ranking and curves."""

from evalkit.metrics.probability.curves import (
    calibration_curve,
    det_curve,
    precision_recall_curve,
    roc_curve,
)

__all__ = ["calibration_curve", "det_curve", "precision_recall_curve", "roc_curve"]
