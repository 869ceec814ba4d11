"""Evaluate PyTorch modules on a loader of batches."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.integrations.outputs import ClassifierOutput, output_from_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

TARGET_KEYS = ("labels", "label", "targets", "target", "y")


def is_module(subject: Any) -> bool:
    """Return whether an object is a PyTorch module, without importing PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(subject, torch.nn.Module)


def output_from_module(
    module: Any, loader: Any, *, classes: Sequence[Any] | None = None
) -> ClassifierOutput:
    """Return the output of a module for all batches, in evaluation mode and without gradients.

    A batch is ``(inputs, targets)``, or a mapping with the targets under ``labels``; its other
    items are keyword arguments of the module. The module returns logits or probabilities, or an
    object or mapping with ``logits``. Its training mode is restored afterwards.

    Raises
    ------
    InputError
        If there is no loader, no batch, or a batch without targets.
    """
    import torch

    if loader is None:
        raise InputError("The loader of batches is missing. Call evaluate(module, loader).")
    first = next(module.parameters(), None)
    device = torch.device("cpu") if first is None else first.device
    scores, targets = [], []
    training = {each: each.training for each in module.modules()}
    module.eval()
    try:
        with torch.inference_mode():
            for batch in loader:
                outputs, actual = _scores_and_targets(module, batch, device)
                scores.append(as_array(outputs))
                targets.append(as_array(actual))
    finally:
        for each, mode in training.items():
            each.training = mode
    if not scores:
        raise InputError("The loader has no batches.")
    return output_from_scores(np.concatenate(targets), np.concatenate(scores), classes)


def _scores_and_targets(module: Any, batch: Any, device: Any) -> tuple[Any, Any]:
    """Return the scores and the targets of a batch."""
    if isinstance(batch, Mapping):
        key = next((key for key in TARGET_KEYS if key in batch), None)
        if key is None:
            raise InputError(
                f"A batch has no targets; its keys are {', '.join(batch)}. Name the targets "
                "'labels'."
            )
        inputs = {name: _moved(each, device) for name, each in batch.items() if name != key}
        return model_scores(module(**inputs)), batch[key]
    if not isinstance(batch, list | tuple) or len(batch) < 2:
        raise InputError(
            f"A batch is a {type(batch).__name__}, expected (inputs, targets). "
            "Use a data set with targets."
        )
    return model_scores(module(*(_moved(each, device) for each in batch[:-1]))), batch[-1]


def model_scores(outputs: Any) -> Any:
    """Return the scores of a model: ``logits``, the first item of a tuple, or the object itself."""
    if isinstance(outputs, Mapping) and "logits" in outputs:
        return outputs["logits"]
    if isinstance(outputs, tuple):
        return outputs[0]
    return getattr(outputs, "logits", outputs)


def as_array(values: Any) -> Any:
    """Return a tensor on any device, or any array-like, as an array."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        # NumPy has no bfloat16.
        values = (values.float() if values.is_floating_point() else values).numpy()
    return np.asarray(values)


def _moved(value: Any, device: Any) -> Any:
    return value.to(device) if hasattr(value, "to") else value
