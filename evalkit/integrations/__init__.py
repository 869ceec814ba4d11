"""Evaluate objects of other libraries: estimators, PyTorch modules, trainer outputs and logits.

`evalkit.evaluate` calls `classifier_output`. For training loops there are `ConfusionCollector`,
`lightning_callback` and `keras_callback`. A library is imported only if an object of it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.integrations.collector import ConfusionCollector
    from evalkit.integrations.keras import keras_callback
    from evalkit.integrations.lightning import lightning_callback
    from evalkit.integrations.outputs import ClassifierOutput

__all__ = ["ConfusionCollector", "classifier_output", "keras_callback", "lightning_callback"]

_MODULES = {
    "ConfusionCollector": "collector",
    "keras_callback": "keras",
    "lightning_callback": "lightning",
}


def classifier_output(
    subject: Any,
    data: Any = None,
    targets: Any = None,
    *,
    logits: Any = None,
    classes: Sequence[Any] | None = None,
) -> ClassifierOutput | None:
    """Return the actual classes, predicted classes and probabilities of a model or its output.

    Parameters
    ----------
    subject : a PyTorch module, with `data` a loader of batches; a fitted scikit-learn classifier,
        with `data` its inputs and `targets` their labels; an object with ``predictions`` and
        ``label_ids``, as returned by trainers of Hugging Face; or actual labels, with `logits`.
    classes : the ordered classes; by default the classes of the estimator, or the column numbers.

    Returns
    -------
    None if the subject is none of these.
    """
    from evalkit.integrations import huggingface, sklearn, torch

    if logits is not None:
        return huggingface.output_from_logits(subject, logits, classes=classes)
    if huggingface.is_prediction_output(subject):
        return huggingface.output_from_trainer(subject, classes=classes)
    if torch.is_module(subject):
        return torch.output_from_module(subject, data, classes=classes)
    if sklearn.is_estimator(subject):
        return sklearn.output_from_estimator(subject, data, targets, classes=classes)
    return None


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _MODULES:
        raise AttributeError(f"module 'evalkit.integrations' has no attribute {name!r}")
    return getattr(import_module(f"evalkit.integrations.{_MODULES[name]}"), name)
