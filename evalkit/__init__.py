"""Which classifier is better, by how much, on which classes, and could it be luck?

>>> import evalkit
>>> float(evalkit.accuracy(["cat", "dog", "cat"], ["cat", "dog", "dog"]).round(3))
0.667

Everything named in `__all__` loads when it is first used; importing the package loads NumPy alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from evalkit import renderers
from evalkit.compare import compare, evaluate
from evalkit.errors import EvalkitError, UndefinedMetricWarning
from evalkit.metrics import PUBLIC as _METRICS
from evalkit.version import __version__

renderers.register("html", "evalkit.report:render_html")
renderers.register("notebook", "evalkit.report:render_notebook")

_LAZY = {
    **_METRICS,
    "Comparison": "evalkit.compare.comparison",
    "Dataset": "evalkit.datasets.dataset",
    "Evaluation": "evalkit.compare.evaluation",
    "load_dataset": "evalkit.datasets",
    "load_model": "evalkit.models",
}
_MODULES = {"statistics"}

__all__ = [
    "EvalkitError",
    "UndefinedMetricWarning",
    "__version__",
    "compare",
    "evaluate",
    *sorted(_LAZY),
    *sorted(_MODULES),
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"evalkit.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module 'evalkit' has no attribute {name!r}")
    value = getattr(import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
