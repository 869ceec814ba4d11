"""What models predicted on aligned samples: one type, from arrays, files or models.

The names load when they are first used, so that importing the package loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.predictions.addresses import Address, parse_address, parse_group
    from evalkit.predictions.files import (
        align_classes,
        is_predictions_file,
        read_predictions,
        write_predictions,
    )
    from evalkit.predictions.predictions import ModelPredictions, Predictions, Sampling
    from evalkit.predictions.slices import SliceValues

_MODULES = {
    "Address": "addresses",
    "ModelPredictions": "predictions",
    "Predictions": "predictions",
    "Sampling": "predictions",
    "SliceValues": "slices",
    "align_classes": "files",
    "is_predictions_file": "files",
    "parse_address": "addresses",
    "parse_group": "addresses",
    "read_predictions": "files",
    "write_predictions": "files",
}

__all__ = [
    "Address",
    "ModelPredictions",
    "Predictions",
    "Sampling",
    "SliceValues",
    "align_classes",
    "is_predictions_file",
    "parse_address",
    "parse_group",
    "read_predictions",
    "write_predictions",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'evalkit.predictions' has no attribute {name!r}")
    return getattr(import_module(f"evalkit.predictions.{_MODULES[name]}"), name)
