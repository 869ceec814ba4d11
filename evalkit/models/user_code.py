"""Load models by running code that the user has chosen: factories and trusted pickles.

This is the only module of the package that runs such code.
"""

from __future__ import annotations

import pickle
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from evalkit.errors import FileFormatError, MissingExtraError
from evalkit.models.estimator import EstimatorPredictor
from evalkit.models.predictor import ModelCard
from evalkit.reading.source import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from evalkit.reading.source import Source

PREFIX = "python:"
_JOBLIB = b"joblib.numpy_pickle"
_COMPRESSED = (b"\x1f\x8b", b"x\x01", b"x^", b"x\x9c", b"x\xda", b"BZh", b"\xfd7zXZ", b"]\x00\x00")


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
    MissingExtraError
        If the file is of joblib, which is not installed.
    """
    card = ModelCard("trusted pickle", source.path, source.sha256(), trusted_pickle=True)
    load = _joblib_load(source) if is_joblib(source) else pickle.load
    try:
        estimator = load(cast("BinaryIO", source))
    except Exception as error:
        raise FileFormatError(f"Unpickling {source.path} failed: {shown(error)}.") from error
    return EstimatorPredictor(estimator, card)


def is_joblib(source: Source) -> bool:
    """Return whether a file is compressed as joblib's may be, or a pickle that names joblib."""
    if source.head(6).startswith(_COMPRESSED):
        return True
    found = _JOBLIB in source.read()
    source.seek(0)
    return found


def _joblib_load(source: Source) -> Callable[[BinaryIO], Any]:
    try:
        import joblib  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtraError.for_extra(
            "sklearn", f"reading {source.path}", package="joblib"
        ) from None
    load: Callable[[BinaryIO], Any] = joblib.load
    return load
