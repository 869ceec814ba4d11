"""A foreign pickle, run because the user said that its author is trusted. Nothing implies it."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, cast

from evalkit.errors import FileFormatError
from evalkit.models.estimator import EstimatorPredictor
from evalkit.models.predictor import ModelCard
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from typing import BinaryIO

    from evalkit.reading.source import Source


def run_pickle(source: Source) -> EstimatorPredictor:
    """Run a pickle and return the model that it makes; its card says so.

    Raises
    ------
    FileFormatError
        If it fails, or makes no object with ``predict_proba`` and ``classes_``.
    """
    card = ModelCard("trusted pickle", source.path, source.sha256(), trusted_pickle=True)
    try:
        made = pickle.load(cast("BinaryIO", source))  # noqa: S301  the user's explicit order
    except Exception as error:
        raise FileFormatError(
            f"the pickle {source.path} was run as asked, and failed: {shown(error)}"
        ) from error
    return EstimatorPredictor(made, card)
