"""Logits, and what Hugging Face's trainers return: ``predictions`` with ``label_ids``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalkit.errors import InputError
from evalkit.integrations.answers import Answers, answers_of_scores
from evalkit.integrations.torch import as_array
from evalkit.labels import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

IGNORED = -100
"""The label of a position that is not to be evaluated: padding, or a word's later pieces."""


def is_prediction_output(subject: Any) -> bool:
    """Return whether an object has ``predictions`` and ``label_ids``."""
    return hasattr(subject, "predictions") and hasattr(subject, "label_ids")


def answers_of_output(output: Any, *, classes: Sequence[Any] | None = None) -> Answers:
    """Return the answers in a trainer's output; of several predictions the first are the logits.

    Raises
    ------
    InputError
        If it has no labels.
    """
    if output.label_ids is None:
        raise InputError("predictions are evaluated against labels; label_ids is None")
    predictions, labels = (
        each[0] if isinstance(each, tuple) else each
        for each in (output.predictions, output.label_ids)
    )
    return answers_of_logits(labels, predictions, classes=classes)


def answers_of_logits(labels: Any, logits: Any, *, classes: Sequence[Any] | None = None) -> Answers:
    """Return the answers of logits (n, K), or of (n, T, K) for labels of each of T tokens.

    Labels are positions in the classes, or names of them; where one is −100 the position is left
    out.

    Raises
    ------
    InputError
        If shapes do not fit, or every label is −100.
    """
    scores, targets = as_array(logits), as_array(labels)
    if scores.ndim == 3:
        if targets.shape != scores.shape[:2]:
            raise InputError(
                "labels of tokens must have the shape of their logits but for the classes; got "
                f"{targets.shape} beside {scores.shape}"
            )
        scores, targets = scores.reshape(-1, scores.shape[-1]), targets.reshape(-1)
    if targets.ndim == 1 and len(targets) == len(scores):
        kept = targets != IGNORED
        if not kept.any():
            raise InputError(f"there must be a label that is not {IGNORED}; got none")
        scores, targets = scores[kept], targets[kept]
    if classes is not None and targets.dtype.kind not in "iufb":
        targets = encode(targets, tuple(classes))
    return answers_of_scores(targets, scores, classes)
