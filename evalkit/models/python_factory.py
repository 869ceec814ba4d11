"""``python:package.module:factory``: the user's own code, named by the user, makes the model."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from evalkit.errors import FileFormatError
from evalkit.models.estimator import EstimatorPredictor
from evalkit.models.predictor import ModelCard

PREFIX = "python:"


def load_factory(spec: str) -> EstimatorPredictor:
    """Return the model that a function of the user's makes.

    The module is looked for in the current folder first. The function takes nothing and returns
    an object with ``predict_proba(X)`` and ``classes_``.

    Raises
    ------
    FileFormatError
        If there is no such module or function, or it makes something else.
    """
    module_name, colon, name = spec.removeprefix(PREFIX).partition(":")
    if not (colon and module_name and name):
        raise FileFormatError(f"a factory is named python:package.module:function; got {spec}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        factory = getattr(import_module(module_name), name)
    except ImportError as error:
        raise FileFormatError(f"a factory's module must be importable; {spec}: {error}") from error
    except AttributeError:
        raise FileFormatError(
            f"a factory must be in its module; {module_name} has no {name}"
        ) from None
    return EstimatorPredictor(factory(), ModelCard("Python factory", Path(spec), ""))
