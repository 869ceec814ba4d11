"""From file names to evaluations: load each model, run it on its test split, count."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.compare.evaluation import evaluation_from_codes
from evalkit.datasets import load_dataset
from evalkit.errors import DataError, IncompatibleError
from evalkit.models import load_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.evaluation import Evaluation
    from evalkit.datasets.dataset import Dataset
    from evalkit.models.predictor import ModelCard, Predictor


def named_file(text: str) -> tuple[str, Path]:
    """Return the name and the path of ``[NAME=]FILE``; the name of a bare file is its stem.

    A file whose own name holds an equals sign is taken as it is.

    >>> named_file("runs/numpy.pkl")[0], named_file("mine=runs/numpy.pkl")[0]
    ('numpy', 'mine')
    """
    name, equals, file = text.partition("=")
    if equals and name and file and not Path(text).exists():
        return name, Path(file)
    return Path(text).stem, Path(text)


def evaluations_from_files(
    models: Sequence[str], *, data: str | None = None, target: str | None = None
) -> list[Evaluation]:
    """Return one evaluation a model file, on `data` or on the test split that it remembers.

    Raises
    ------
    FileFormatError
        If a file is missing, damaged or unsafe.
    DataError
        If no data is known, it cannot be read, or it is not what the model was trained on.
    IncompatibleError
        If two models remember different test splits.
    """
    loaded = [(name, load_model(path)) for name, path in map(named_file, models)]
    if data is None:
        _require_one_split(loaded)
    datasets: dict[str, Dataset] = {}
    evaluations = []
    for name, predictor in loaded:
        spec = data or _remembered(name, predictor.card)
        if spec not in datasets:
            datasets[spec] = load_dataset(spec, target=target)
        evaluations.append(evaluate_predictor(predictor, datasets[spec], name=name, given=data))
    return evaluations


def evaluate_predictor(
    predictor: Predictor, dataset: Dataset, *, name: str, given: str | None = None
) -> Evaluation:
    """Return what a loaded model does on the test split of `dataset`.

    `given` is the data spec that the user named; without one, the split must be the one the
    model remembers.
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
    return evaluation_from_codes(
        dataset.y_test,
        y_proba=predictor.predict_proba(dataset.X_test),
        classes=dataset.classes,
        name=name,
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


def _remembered(name: str, card: ModelCard) -> str:
    if card.dataset is None:
        raise DataError(f"{name} does not say which data it is for: pass --data SPEC")
    return card.dataset.spec


def _require_one_split(loaded: Sequence[tuple[str, Predictor]]) -> None:
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
