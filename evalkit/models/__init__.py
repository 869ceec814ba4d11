"""Load models from files as `Predictor` objects, without running code from the files."""

from evalkit.models.predictor import Adapter, ModelCard, Predictor
from evalkit.models.registry import (
    export_checkpoint,
    load_checkpoint,
    load_model,
    save_checkpoint,
)

__all__ = [
    "Adapter",
    "ModelCard",
    "Predictor",
    "export_checkpoint",
    "load_checkpoint",
    "load_model",
    "save_checkpoint",
]
