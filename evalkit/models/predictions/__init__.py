"""Prediction files: CSV, Parquet, Arrow and Feather, NPZ, JSON lines; read, checked and written."""

from evalkit.models.predictions.classes import align_classes
from evalkit.models.predictions.predictions import Predictions
from evalkit.models.predictions.reading import is_predictions_file, read_predictions
from evalkit.models.predictions.writing import write_predictions

__all__ = [
    "Predictions",
    "align_classes",
    "is_predictions_file",
    "read_predictions",
    "write_predictions",
]
