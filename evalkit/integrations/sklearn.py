"""Scikit-learn's classifiers, and whatever keeps their protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.integrations.answers import Answers
from evalkit.labels import encode

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_estimator(subject: Any) -> bool:
    """Return whether an object predicts, rather than being labels."""
    return callable(getattr(subject, "predict", None)) and not isinstance(subject, type)


def answers_of_estimator(
    estimator: Any, inputs: Any, targets: Any, *, classes: Sequence[Any] | None = None
) -> Answers:
    """Return what a fitted classifier predicts for inputs, with probabilities where it has them.

    Predictions are those of ``predict``, which need not be the class of highest probability.

    Raises
    ------
    InputError
        If it is not a fitted classifier, inputs or targets are missing, or `classes` are others.
    """
    kind = type(estimator).__name__
    if inputs is None or targets is None:
        raise InputError(
            f"an estimator is evaluated on inputs and labels; {kind} got one or none of them: "
            "pass evaluate(estimator, X, y)"
        )
    known = getattr(estimator, "classes_", None)
    if known is None or isinstance(known, list):
        raise InputError(
            f"an estimator must be a fitted classifier of one target; {kind} has no classes_"
            if known is None
            else f"an estimator must have one target; {kind} has {len(known)}"
        )
    learned = tuple(np.asarray(known).tolist())
    if classes is not None and set(classes) != set(learned):
        raise InputError(
            f"classes must be those that the estimator knows, in any order; {kind} knows "
            f"{', '.join(map(str, learned[:6]))}"
        )
    declared = learned if classes is None else tuple(classes)
    predicted = encode(np.asarray(estimator.predict(inputs)), declared)
    probabilities = None
    if hasattr(estimator, "predict_proba"):
        columns = [learned.index(name) for name in declared]
        probabilities = np.asarray(estimator.predict_proba(inputs), np.float64)[:, columns]
    return Answers(encode(targets, declared), predicted, probabilities, declared)
