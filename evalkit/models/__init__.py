"""Models from files, each behind the one `Predictor` protocol; nothing in a file is run."""

from evalkit.models.adapter import Adapter
from evalkit.models.exporting import export_checkpoint
from evalkit.models.predictor import ModelCard, Predictor
from evalkit.models.registry import load_checkpoint, load_model, save_checkpoint

__all__ = [
    "Adapter",
    "ModelCard",
    "Predictor",
    "export_checkpoint",
    "load_checkpoint",
    "load_model",
    "save_checkpoint",
]
