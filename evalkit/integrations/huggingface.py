"""Evaluate logits, and trainer outputs of Hugging Face: ``predictions`` with ``label_ids``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError
from evalkit.integrations.outputs import ClassifierOutput, output_from_scores
from evalkit.integrations.torch import as_array
from evalkit.labels import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

IGNORED = -100
"""The label of tokens that are not evaluated: padding, and all but the first token of a word."""


def is_prediction_output(subject: Any) -> bool:
    """Return whether an object has ``predictions`` and ``label_ids``."""
    return hasattr(subject, "predictions") and hasattr(subject, "label_ids")


def output_from_trainer(output: Any, *, classes: Sequence[Any] | None = None) -> ClassifierOutput:
    """Return the output of a trainer; if ``predictions`` is a tuple, its first item is the logits.

    Raises
    ------
    InputError
        If there are no labels.
    """
    if output.label_ids is None:
        raise InputError(
            "The output has no labels: label_ids is None. Predict on a data set with labels."
        )
    predictions, labels = (
        each[0] if isinstance(each, tuple) else each
        for each in (output.predictions, output.label_ids)
    )
    return output_from_logits(labels, predictions, classes=classes)


def output_from_logits(
    labels: Any, logits: Any, *, classes: Sequence[Any] | None = None
) -> ClassifierOutput:
    """Return the output for logits (n, K), or (n, T, K) with labels for T tokens per sample.

    Labels are class indices or class names. Samples with the label −100 are omitted.

    Raises
    ------
    InputError
        If shapes do not match, or every label is −100.
    """
    scores, targets = as_array(logits), as_array(labels)
    if scores.ndim == 3:
        if targets.shape != scores.shape[:2]:
            raise InputError(
                f"The labels of tokens have shape {targets.shape}, expected {scores.shape[:2]} "
                f"for logits of shape {scores.shape}."
            )
        scores, targets = scores.reshape(-1, scores.shape[-1]), targets.reshape(-1)
    if targets.ndim == 1 and len(targets) == len(scores):
        kept = targets != IGNORED
        if not kept.any():
            raise InputError(f"All labels are {IGNORED}, so no sample can be evaluated.")
        scores, targets = scores[kept], targets[kept]
    if classes is not None and targets.dtype.kind not in "iufb":
        targets = encode(targets, tuple(classes))
    return output_from_scores(targets, scores, classes)
