"""Load models by running code that the user has chosen: factories and trusted pickles.

This is the only module of the package that runs such code.
"""

from __future__ import annotations

import pickle
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from evalkit.errors import FileFormatError
from evalkit.models.estimator import EstimatorPredictor
from evalkit.models.predictor import ModelCard
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from typing import BinaryIO

    from evalkit.reading.source import Source

PREFIX = "python:"


def load_factory(spec: str) -> EstimatorPredictor:
    """Return the model created by a function, given as ``python:package.module:function``.

    The module is searched for in the current folder first. The function takes no arguments and
    returns an object with ``predict_proba(X)`` and ``classes_``.

    Raises
    ------
    FileFormatError
        If the module or function does not exist, or the function returns another object.
    """
    module_name, colon, name = spec.removeprefix(PREFIX).partition(":")
    if not (colon and module_name and name):
        raise FileFormatError(
            f"Invalid factory: {spec}. The format is python:package.module:function."
        )
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        factory = getattr(import_module(module_name), name)
    except ImportError as error:
        raise FileFormatError(f"Cannot import the module of {spec}: {error}.") from error
    except AttributeError:
        raise FileFormatError(f"Module {module_name} has no function {name}.") from None
    return EstimatorPredictor(factory(), ModelCard("Python factory", Path(spec), ""))


def load_trusted_pickle(source: Source) -> EstimatorPredictor:
    """Unpickle a file that the user trusts, and return the model; its card records the trust.

    Raises
    ------
    FileFormatError
        If unpickling fails, or gives no object with ``predict_proba`` and ``classes_``.
    """
    card = ModelCard("trusted pickle", source.path, source.sha256(), trusted_pickle=True)
    try:
        estimator = pickle.load(cast("BinaryIO", source))  # noqa: S301  requested by the user
    except Exception as error:
        raise FileFormatError(f"Unpickling {source.path} failed: {shown(error)}.") from error
    return EstimatorPredictor(estimator, card)
