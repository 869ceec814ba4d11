"""What other libraries' objects answer: estimators, modules with their loaders, logits.

`evalkit.evaluate` asks `answers_of`. For training loops there are `ConfusionCollector`,
`lightning_callback` and `keras_callback`. No library is imported before an object of it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.integrations.answers import Answers
    from evalkit.integrations.collector import ConfusionCollector
    from evalkit.integrations.keras import keras_callback
    from evalkit.integrations.lightning import lightning_callback

__all__ = ["ConfusionCollector", "answers_of", "keras_callback", "lightning_callback"]

_PLACES = {
    "ConfusionCollector": "collector",
    "keras_callback": "keras",
    "lightning_callback": "lightning",
}


def answers_of(
    subject: Any,
    data: Any = None,
    targets: Any = None,
    *,
    logits: Any = None,
    classes: Sequence[Any] | None = None,
) -> Answers | None:
    """Return what a model, or what another library made of one, says of samples.

    Parameters
    ----------
    subject : a PyTorch module, with `data` a loader of its batches; a fitted scikit-learn
        classifier, with `data` its inputs and `targets` their labels; an object with
        ``predictions`` and ``label_ids``, as Hugging Face's trainers return; or actual labels, with
        `logits`.
    classes : the ordered classes; positions, or what the estimator knows, if absent.

    Returns
    -------
    None where the subject is none of these, but labels.
    """
    from evalkit.integrations import huggingface, sklearn, torch

    if logits is not None:
        return huggingface.answers_of_logits(subject, logits, classes=classes)
    if huggingface.is_prediction_output(subject):
        return huggingface.answers_of_output(subject, classes=classes)
    if torch.is_module(subject):
        return torch.answers_of_module(subject, data, classes=classes)
    if sklearn.is_estimator(subject):
        return sklearn.answers_of_estimator(subject, data, targets, classes=classes)
    return None


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PLACES:
        raise AttributeError(f"module 'evalkit.integrations' has no attribute {name!r}")
    return getattr(import_module(f"evalkit.integrations.{_PLACES[name]}"), name)
