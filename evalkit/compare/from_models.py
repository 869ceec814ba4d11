"""Evaluate a loaded model on a test split."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from evalkit.compare.evaluation import Evaluation, evaluation_of
from evalkit.errors import DataError, IncompatibleError
from evalkit.models.perceptron import PerceptronPredictor
from evalkit.predictions import Predictions
from evalkit.predictions.inputs import Inputs
from evalkit.training.landscape import measure_landscape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.datasets.dataset import Dataset
    from evalkit.models.predictor import ModelCard, Predictor
    from evalkit.training.landscape import Landscape

LANDSCAPE_ROWS = 1_000
"""Number of training rows, from the first, on which the loss landscape is computed."""


def evaluate_predictor(
    predictor: Predictor, dataset: Dataset, *, name: str, given: str | None = None
) -> Evaluation:
    """Return the evaluation of a loaded model on the test split of `dataset`.

    `given` is the data spec that the user passed. If it is None, the split must be the one named in
    the model file.
    """
    card = predictor.card
    return evaluation_of(
        predictions_of(predictor, dataset, name=name, given=given),
        dataset=dataset.identity,
        parameters=card.parameters,
        history=tuple(asdict(record) for record in card.history),
        best_epoch=card.best_epoch,
        provenance=_provenance(card),
    )


def _provenance(card: ModelCard) -> dict[str, str]:
    """Return the provenance of a model file, label → text."""
    found = {"File": card.path.name, "Format": card.format, "SHA-256": card.sha256}
    if card.architecture is not None:
        shape = card.architecture
        widths = (shape.inputs, *shape.hidden, shape.outputs)
        found["Network"] = f"{'–'.join(map(str, widths))}, {shape.activation}"
    if card.settings:
        found["Training"] = ", ".join(
            f"{name.replace('_', ' ')} {card.settings[name]}"
            for name in ("optimizer", "learning_rate", "batch_size", "epochs")
            if name in card.settings
        )
    if card.seed is not None:
        found["Seed"] = str(card.seed)
    if card.dataset is not None:
        found["Test split"] = f"{card.dataset.name}, fingerprint {card.dataset.fingerprint[:12]}"
    if card.versions:
        found["Written with"] = ", ".join(f"{k} {v}" for k, v in card.versions.items())
    if not card.complete:
        found["Unfinished"] = card.ending or "training was interrupted; the best epoch is kept"
    if card.trusted_pickle:
        found["Trusted"] = "loaded as a pickle because the user trusts the file"
    return found


def remembered_spec(name: str, card: ModelCard) -> str:
    """Return the data spec named in a model file.

    Raises
    ------
    DataError
        If it names none.
    """
    if card.dataset is None:
        raise DataError(f"{name} names no data set. Use --data SPEC.")
    return card.dataset.spec


def predictions_of(
    predictor: Predictor, dataset: Dataset, *, name: str, given: str | None = None
) -> Predictions:
    """Return the predictions of a model for the test split of a data set.

    `given` is as in `evaluate_predictor`.
    """
    card = predictor.card
    if tuple(predictor.classes) != dataset.classes:
        raise IncompatibleError(
            f"Classes differ: {name} has {_brief(predictor.classes)}, {dataset.name} has "
            f"{_brief(dataset.classes)}. Use --data to pass data with the classes of the model."
        )
    remembered = card.dataset
    if given is None and remembered and remembered.fingerprint != dataset.fingerprint:
        raise DataError(
            f"The test split of {dataset.spec} is not the one {name} was trained with: its "
            f"fingerprint is {dataset.fingerprint[:12]}, expected {remembered.fingerprint[:12]}. "
            "Use --data to evaluate on it anyway."
        )
    return Predictions.from_codes(
        dataset.y_test,
        y_proba=predictor.predict_proba(dataset.X_test),
        classes=dataset.classes,
        name=name,
        inputs=_images_of(dataset),
    )


def _images_of(dataset: Dataset) -> dict[str, Inputs] | None:
    """Return the test images of a data set, or None if its rows are no images."""
    layout = dataset.images
    if layout is None:
        return None
    return {"image": Inputs.of_array(dataset.X_test, layout.shape, layout.white)}


def landscape_of(predictor: Predictor, dataset: Dataset) -> Landscape | None:
    """Return the loss near the weights of a network, or None for other models."""
    if not isinstance(predictor, PerceptronPredictor):
        return None
    rows = slice(LANDSCAPE_ROWS)
    return measure_landscape(predictor.checkpoint, dataset.X_train[rows], dataset.y_train[rows])


def require_one_split(loaded: Sequence[tuple[str, Predictor]]) -> None:
    """Refuse models that were trained with different test splits."""
    remembered = [(name, p.card.dataset) for name, p in loaded if p.card.dataset is not None]
    for name, identity in remembered[1:]:
        first_name, first = remembered[0]
        if identity.fingerprint != first.fingerprint:
            raise IncompatibleError(
                f"Test splits differ: {first_name} was trained on {first.spec} (fingerprint "
                f"{first.fingerprint[:12]}), {name} on {identity.spec} "
                f"({identity.fingerprint[:12]}). Use --data SPEC to evaluate both on the same data."
            )


def _brief(classes: Sequence[object]) -> str:
    shown = ", ".join(str(name) for name in list(classes)[:4])
    return f"{len(classes)} ({shown}{', …' if len(classes) > 4 else ''})"
