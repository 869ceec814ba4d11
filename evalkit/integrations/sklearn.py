"""Evaluate classifiers of scikit-learn, and objects with the same interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.errors import InputError
from evalkit.integrations.outputs import ClassifierOutput
from evalkit.labels import encode

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_estimator(subject: Any) -> bool:
    """Return whether an object has a method ``predict``."""
    return callable(getattr(subject, "predict", None)) and not isinstance(subject, type)


def output_from_estimator(
    estimator: Any, inputs: Any, targets: Any, *, classes: Sequence[Any] | None = None
) -> ClassifierOutput:
    """Return the predictions of a fitted classifier, with probabilities if it provides them.

    Predictions are those of ``predict``, which may differ from the class of highest probability.

    Raises
    ------
    InputError
        If the object is not a fitted classifier, inputs or targets are missing, or `classes`
        differ from the classes of the classifier.
    """
    kind = type(estimator).__name__
    if inputs is None or targets is None:
        raise InputError(
            f"Inputs or labels are missing for {kind}. Call evaluate(estimator, X, y)."
        )
    known = getattr(estimator, "classes_", None)
    if known is None or isinstance(known, list):
        raise InputError(
            f"{kind} has no classes_, so it is not a fitted classifier. Fit it first."
            if known is None
            else f"{kind} has {len(known)} targets, expected one."
        )
    learned = tuple(np.asarray(known).tolist())
    if classes is not None and set(classes) != set(learned):
        raise InputError(
            f"The given classes differ from those of {kind}: "
            f"{', '.join(map(str, learned[:6]))}. Pass the same classes in any order."
        )
    declared = learned if classes is None else tuple(classes)
    predicted = encode(np.asarray(estimator.predict(inputs)), declared)
    probabilities = None
    if hasattr(estimator, "predict_proba"):
        columns = [learned.index(name) for name in declared]
        probabilities = np.asarray(estimator.predict_proba(inputs), np.float64)[:, columns]
    return ClassifierOutput(encode(targets, declared), predicted, probabilities, declared)
