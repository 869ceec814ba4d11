"""Evaluate objects of other libraries: estimators, PyTorch modules, trainer outputs and logits.

`evalkit.evaluate` calls `classifier_output`. For training loops there are `ConfusionCollector`,
`lightning_callback` and `keras_callback`. A library is imported only if an object of it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalkit.integrations.collector import ConfusionCollector
    from evalkit.integrations.keras import keras_callback
    from evalkit.integrations.lightning import lightning_callback
    from evalkit.models.outputs import classifier_output

__all__ = ["ConfusionCollector", "classifier_output", "keras_callback", "lightning_callback"]

_MODULES = {
    "ConfusionCollector": "integrations.collector",
    "classifier_output": "models.outputs",
    "keras_callback": "integrations.keras",
    "lightning_callback": "integrations.lightning",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _MODULES:
        raise AttributeError(f"module 'evalkit.integrations' has no attribute {name!r}")
    return getattr(import_module(f"evalkit.{_MODULES[name]}"), name)
