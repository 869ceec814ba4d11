"""PyTorch's modules with a loader of batches."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.integrations.answers import Answers, answers_of_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

TARGET_KEYS = ("labels", "label", "targets", "target", "y")


def is_module(subject: Any) -> bool:
    """Return whether an object is a PyTorch module, without importing PyTorch to see."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(subject, torch.nn.Module)


def answers_of_module(module: Any, loader: Any, *, classes: Sequence[Any] | None = None) -> Answers:
    """Return what a module says of every batch of a loader, in evaluation mode, without gradients.

    A batch is ``(inputs, targets)``, or a mapping with its targets under ``labels``, of which the
    rest are the module's keyword arguments. The module returns logits or probabilities, or an
    object or a mapping with ``logits``. It is left in the mode in which it was.

    Raises
    ------
    InputError
        If there is no loader, no batch, or a batch has no targets.
    """
    import torch

    if loader is None:
        raise InputError("a module is evaluated on batches: pass evaluate(module, loader)")
    first = next(module.parameters(), None)
    device = torch.device("cpu") if first is None else first.device
    scores, targets = [], []
    training = {each: each.training for each in module.modules()}
    module.eval()
    try:
        with torch.inference_mode():
            for batch in loader:
                outputs, actual = _asked(module, batch, device)
                scores.append(as_array(outputs))
                targets.append(as_array(actual))
    finally:
        for each, mode in training.items():
            each.training = mode
    if not scores:
        raise InputError("a loader must have at least one batch; this one has none")
    return answers_of_scores(np.concatenate(targets), np.concatenate(scores), classes)


def _asked(module: Any, batch: Any, device: Any) -> tuple[Any, Any]:
    """Return the scores and the targets of a batch."""
    if isinstance(batch, Mapping):
        key = next((key for key in TARGET_KEYS if key in batch), None)
        if key is None:
            raise InputError(f"a batch must hold targets, as 'labels'; it has {', '.join(batch)}")
        inputs = {name: _moved(each, device) for name, each in batch.items() if name != key}
        return scores_of(module(**inputs)), batch[key]
    if not isinstance(batch, list | tuple) or len(batch) < 2:
        raise InputError(
            f"a batch must be (inputs, targets); got {type(batch).__name__}: "
            "give the loader a data set with targets"
        )
    return scores_of(module(*(_moved(each, device) for each in batch[:-1]))), batch[-1]


def scores_of(outputs: Any) -> Any:
    """Return the scores in what a model returns: itself, its ``logits``, or its first part."""
    if isinstance(outputs, Mapping) and "logits" in outputs:
        return outputs["logits"]
    if isinstance(outputs, tuple):
        return outputs[0]
    return getattr(outputs, "logits", outputs)


def as_array(values: Any) -> Any:
    """Return a tensor of any device, or anything like an array, as an array."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        # NumPy knows no bfloat16.
        values = (values.float() if values.is_floating_point() else values).numpy()
    return np.asarray(values)


def _moved(value: Any, device: Any) -> Any:
    return value.to(device) if hasattr(value, "to") else value
