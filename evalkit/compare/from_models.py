"""From a loaded model to its evaluation: run it on the test split that it remembers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from evalkit.compare.evaluation import Evaluation, evaluation_of
from evalkit.errors import DataError, IncompatibleError
from evalkit.models.perceptron import PerceptronPredictor
from evalkit.predictions import Predictions
from evalkit.training.landscape import measure_landscape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.datasets.dataset import Dataset
    from evalkit.models.predictor import ModelCard, Predictor
    from evalkit.training.landscape import Landscape

LANDSCAPE_ROWS = 1_000
"""The landscape is that of the loss on so many of the first training rows."""


def evaluate_predictor(
    predictor: Predictor, dataset: Dataset, *, name: str, given: str | None = None
) -> Evaluation:
    """Return what a loaded model does on the test split of `dataset`.

    `given` is the data spec that the user named; without one, the split must be the one the
    model remembers.
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
    """Return what the end of the report says of a model file, label → text."""
    told = {"File": card.path.name, "Format": card.format, "SHA-256": card.sha256}
    if card.architecture is not None:
        shape = card.architecture
        widths = (shape.inputs, *shape.hidden, shape.outputs)
        told["Network"] = f"{'–'.join(map(str, widths))}, {shape.activation}"
    if card.settings:
        told["Training"] = ", ".join(
            f"{name.replace('_', ' ')} {card.settings[name]}"
            for name in ("optimizer", "learning_rate", "batch_size", "epochs")
            if name in card.settings
        )
    if card.seed is not None:
        told["Seed"] = str(card.seed)
    if card.dataset is not None:
        told["Trained beside"] = f"{card.dataset.name}, test split {card.dataset.fingerprint[:12]}"
    if card.versions:
        told["Written with"] = ", ".join(f"{k} {v}" for k, v in card.versions.items())
    if not card.complete:
        told["Unfinished"] = card.ending or "training was interrupted; the best epoch is kept"
    if card.trusted_pickle:
        told["Trusted"] = "this file was run as a pickle because the user said so"
    return told


def remembered_spec(name: str, card: ModelCard) -> str:
    """Return the data spec that a model remembers.

    Raises
    ------
    DataError
        If it remembers none.
    """
    if card.dataset is None:
        raise DataError(f"{name} does not say which data it is for: pass --data SPEC")
    return card.dataset.spec


def predictions_of(
    predictor: Predictor, dataset: Dataset, *, name: str, given: str | None = None
) -> Predictions:
    """Return what a model says of the test split of a data set, ready to be written.

    `given` is as for `evaluate_predictor`.
    """
    card = predictor.card
    if tuple(predictor.classes) != dataset.classes:
        raise IncompatibleError(
            f"model and data must have the same classes; {name} has "
            f"{_brief(predictor.classes)}, {dataset.name} has {_brief(dataset.classes)}: "
            "pass the data the model was made for with --data"
        )
    remembered = card.dataset
    if given is None and remembered and remembered.fingerprint != dataset.fingerprint:
        raise DataError(
            f"the test split of {dataset.spec} must be the one {name} was trained beside; its "
            f"fingerprint is {dataset.fingerprint[:12]}, not {remembered.fingerprint[:12]}: "
            "pass --data to evaluate on it all the same"
        )
    return Predictions.from_codes(
        dataset.y_test,
        y_proba=predictor.predict_proba(dataset.X_test),
        classes=dataset.classes,
        name=name,
    )


def landscape_of(predictor: Predictor, dataset: Dataset) -> Landscape | None:
    """Return the loss around a network's weights on the first training rows, None of others."""
    if not isinstance(predictor, PerceptronPredictor):
        return None
    rows = slice(LANDSCAPE_ROWS)
    return measure_landscape(predictor.checkpoint, dataset.X_train[rows], dataset.y_train[rows])


def require_one_split(loaded: Sequence[tuple[str, Predictor]]) -> None:
    """Refuse models that remember different test splits."""
    remembered = [(name, p.card.dataset) for name, p in loaded if p.card.dataset is not None]
    for name, identity in remembered[1:]:
        first_name, first = remembered[0]
        if identity.fingerprint != first.fingerprint:
            raise IncompatibleError(
                f"models must be evaluated on the same test split; {first_name} was trained on "
                f"{first.spec} (fingerprint {first.fingerprint[:12]}), {name} on {identity.spec} "
                f"({identity.fingerprint[:12]}): pass --data SPEC to evaluate both on one"
            )


def _brief(classes: Sequence[object]) -> str:
    shown = ", ".join(str(name) for name in list(classes)[:4])
    return f"{len(classes)} ({shown}{', …' if len(classes) > 4 else ''})"
