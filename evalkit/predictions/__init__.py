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

_NAMES = {
    "addresses": ("Address", "parse_address", "parse_group"),
    "files": ("align_classes", "is_predictions_file", "read_predictions", "write_predictions"),
    "predictions": ("ModelPredictions", "Predictions", "Sampling"),
    "slices": ("SliceValues",),
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
    for module, names in _NAMES.items():
        if name in names:
            return getattr(import_module(f"evalkit.predictions.{module}"), name)
    raise AttributeError(f"module 'evalkit.predictions' has no attribute {name!r}")
