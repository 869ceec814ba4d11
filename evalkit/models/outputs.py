"""Outputs of other libraries' objects: estimators, PyTorch modules, trainer outputs, logits."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.columns import Column, array_of, frame_names
from evalkit.errors import InputError
from evalkit.labels import encode, keys_and_names, observed_classes, schema, scores_by_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray

SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class ClassifierOutput:
    """Actual and predicted classes of n samples.

    Attributes
    ----------
    actual : (n,) indices into the classes.
    predicted : (n,) indices into the classes, or None for the class of the highest probability.
    probabilities : (n, K) or None.
    classes : the ordered classes.
    """

    actual: NDArray[np.integer[Any]]
    predicted: NDArray[np.integer[Any]] | None
    probabilities: FloatArray | None
    classes: tuple[Any, ...]


def scores_to_probabilities(scores: Any) -> FloatArray:
    """Return the probabilities (n, K) of scores: the softmax of each row of logits.

    A single score per sample is the logit of the second of two classes. If all rows are
    probabilities, with values between 0 and 1 and sums of one, they are returned unchanged.
    Logarithms of probabilities are valid logits.

    Parameters
    ----------
    scores : (n, K), (n, 1) or (n,) finite numbers.

    Raises
    ------
    InputError
        If the scores have another shape or are not finite.

    Examples
    --------
    >>> scores_to_probabilities([[0.0, 0.0], [100.0, 0.0]]).round(6).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    values: FloatArray = np.asarray(scores, dtype=np.float64)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 1:
        values = np.stack([np.zeros_like(values), values], axis=1)
    if values.ndim != 2 or not values.shape[1]:
        raise InputError(
            f"The scores have shape {np.shape(scores)}, expected (n, K), (n, 1) or (n,)."
        )
    if not np.isfinite(values).all():
        row = int((~np.isfinite(values).all(axis=1)).argmax())
        raise InputError(f"The scores of sample {row} are not finite.")
    if len(values) and _are_probabilities(values):
        return values
    shifted = np.exp(values - values.max(axis=1, keepdims=True))
    softmax: FloatArray = shifted / shifted.sum(axis=1, keepdims=True)
    return softmax


def _are_probabilities(values: FloatArray) -> bool:
    if np.ndim(values) != 2 or (values < 0).any() or (values > 1).any():
        return False
    return bool((np.abs(values.sum(axis=1) - 1) <= SUM_TOLERANCE).all())


def class_indices(values: Any, classes: Sequence[Any], what: str) -> NDArray[np.int64]:
    """Return `values` as indices into the classes.

    Parameters
    ----------
    values : (n,) integers.
    classes : the ordered classes.
    what : the name of the values, for error messages.

    Raises
    ------
    InputError
        If a value is not an integer, or is out of range.
    """
    codes = np.asarray(values)
    if codes.ndim != 1:
        raise InputError(f"The {what} have shape {codes.shape}, expected one per sample.")
    indices = codes.astype(np.int64)
    if codes.dtype.kind not in "iufb" or (indices != codes).any():
        raise InputError(
            f"The {what} have dtype {codes.dtype}, expected integer indices into the classes."
        )
    if len(indices) and (indices.min() < 0 or indices.max() >= len(classes)):
        sample = int(((indices < 0) | (indices >= len(classes))).argmax())
        raise InputError(
            f"The {what} contain {indices[sample]} for sample {sample}, expected a value between "
            f"0 and {len(classes) - 1}. Pass classes=[…] in the order of the columns of the scores."
        )
    return indices


def output_from_scores(
    targets: Any, scores: Any, classes: Iterable[Any] | None
) -> ClassifierOutput:
    """Return the output for scores (n, K) and targets (n,), which are indices into the classes.

    Raises
    ------
    InputError
        If the number of classes differs from the number of columns, or the number of targets
        from the number of rows.
    """
    probabilities = scores_to_probabilities(scores)
    declared: tuple[Any, ...] = tuple(range(probabilities.shape[1]))
    if isinstance(classes, Mapping):
        # Targets are positions, so that the order of the keys is that of the columns.
        declared = schema([classes[key] for key in sorted(classes)])
    elif classes is not None:
        declared = schema(classes)
    if len(declared) != probabilities.shape[1]:
        raise InputError(
            f"The scores have {probabilities.shape[1]} columns for {len(declared)} classes, "
            "expected one column per class."
        )
    actual = class_indices(targets, declared, "targets")
    if len(actual) != len(probabilities):
        raise InputError(
            f"There are {len(actual)} targets for {len(probabilities)} rows of scores, expected "
            "one target per row."
        )
    return ClassifierOutput(actual, None, probabilities, declared)


IGNORED = -100
"""The label of tokens that are not evaluated: padding, and all but the first token of a word."""


def is_prediction_output(subject: Any) -> bool:
    """Return whether an object has ``predictions`` and ``label_ids``."""
    return hasattr(subject, "predictions") and hasattr(subject, "label_ids")


def output_from_trainer(output: Any, *, classes: Iterable[Any] | None = None) -> ClassifierOutput:
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
    return output_from_logits(labels, predictions, classes=classes, labels_are_positions=True)


def output_from_logits(
    labels: Any,
    logits: Any,
    *,
    classes: Iterable[Any] | None = None,
    labels_are_positions: bool = False,
) -> ClassifierOutput:
    """Return the output for logits (n, K), or (n, T, K) with labels for T tokens per sample.

    Samples with the label −100 are omitted.

    Parameters
    ----------
    labels_are_positions : whether whole-number labels are positions of columns, whatever the
        classes. Otherwise labels are looked up in `classes`; whole numbers are positions only where
        no classes are declared and all fit 0 to K − 1.

    Raises
    ------
    InputError
        If shapes do not match, or every label is −100.
    """
    targets = array_of(labels)
    if targets.ndim == 1 and frame_names(logits) is not None:
        logits, classes = scores_by_class(logits, classes, Column.of(labels, "y_true"), "logits")
    scores = array_of(logits)
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
    if not labels_are_positions:
        return _output_from_labels(targets, scores, classes)
    if classes is not None and targets.dtype.kind not in "iufb":
        targets = encode(targets, classes)
    return output_from_scores(targets, scores, classes)


def _output_from_labels(
    labels: Any, scores: Any, classes: Iterable[Any] | None
) -> ClassifierOutput:
    """Return the output for labels that are looked up in the classes.

    Whole numbers are positions where no classes are declared and all fit 0 to K − 1, or where the
    classes are names.
    """
    column = Column.of(labels, "y_true")
    probabilities = scores_to_probabilities(scores)
    n_classes = probabilities.shape[1]
    if classes is None:
        if not column.is_names:
            return output_from_scores(column.whole_numbers(), scores, None)
        classes = observed_classes(column)
        if len(classes) != n_classes:
            raise InputError(
                f"The classes are unknown: the logits have {n_classes} columns, and y_true has "
                f"{len(classes)} distinct labels. Pass classes=[…] in the order of the columns."
            )
    keys, names = keys_and_names(classes)
    if isinstance(keys[0], str) and not column.is_names:
        return output_from_scores(column.whole_numbers(), scores, names)
    return output_from_scores(encode(column, classes), scores, names)


def is_estimator(subject: Any) -> bool:
    """Return whether an object has a method ``predict``."""
    return callable(getattr(subject, "predict", None)) and not isinstance(subject, type)


def output_from_estimator(
    estimator: Any, inputs: Any, targets: Any, *, classes: Iterable[Any] | None = None
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
    keys, names = (learned, learned) if classes is None else keys_and_names(classes)
    if set(keys) != set(learned):
        raise InputError(
            f"The given classes differ from those of {kind}: "
            f"{', '.join(map(str, learned[:6]))}. Pass the same classes in any order."
        )
    predicted = encode(np.asarray(estimator.predict(inputs)), keys)
    probabilities = None
    if hasattr(estimator, "predict_proba"):
        columns = [learned.index(key) for key in keys]
        probabilities = np.asarray(estimator.predict_proba(inputs), np.float64)[:, columns]
    return ClassifierOutput(encode(targets, keys), predicted, probabilities, names)


TARGET_KEYS = ("labels", "label", "targets", "target", "y")


def is_module(subject: Any) -> bool:
    """Return whether an object is a PyTorch module, without importing PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(subject, torch.nn.Module)


def output_from_module(
    module: Any, loader: Any, *, classes: Iterable[Any] | None = None
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
                scores.append(array_of(outputs))
                targets.append(array_of(actual))
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


def _moved(value: Any, device: Any) -> Any:
    return value.to(device) if hasattr(value, "to") else value


def classifier_output(
    subject: Any,
    data: Any = None,
    targets: Any = None,
    *,
    logits: Any = None,
    classes: Iterable[Any] | None = None,
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
    if logits is not None:
        return output_from_logits(subject, logits, classes=classes)
    if is_prediction_output(subject):
        return output_from_trainer(subject, classes=classes)
    if is_module(subject):
        return output_from_module(subject, data, classes=classes)
    if is_estimator(subject):
        return output_from_estimator(subject, data, targets, classes=classes)
    return None
