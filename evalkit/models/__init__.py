"""Models from files, each behind the one `Predictor` protocol; nothing in a file is run."""

from evalkit.models.predictor import ModelCard, Predictor
from evalkit.models.registry import load_checkpoint, load_model, save_checkpoint

__all__ = ["ModelCard", "Predictor", "load_checkpoint", "load_model", "save_checkpoint"]
