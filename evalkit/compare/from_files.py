"""From file names to evaluations: run each model on its test split, read predictions, count."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.compare.evaluation import Evaluation, evaluation_from_codes
from evalkit.datasets import load_dataset
from evalkit.errors import DataError, IncompatibleError, InputError
from evalkit.models import load_model
from evalkit.models.predictions import (
    Predictions,
    align_classes,
    is_predictions_file,
    read_predictions,
)
from evalkit.models.python_factory import PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.datasets.dataset import Dataset
    from evalkit.models.predictor import ModelCard, Predictor


@dataclass(frozen=True)
class DrawnBy:
    """The columns of prediction files that say how samples were drawn."""

    groups: str | None = None
    strata: str | None = None


NOTHING = DrawnBy()


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


def grouped_files(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the name and the files of ``NAME=GLOB``, the files sorted by name.

    Raises
    ------
    InputError
        If there is no name, or no file fits.
    """
    name, equals, pattern = text.partition("=")
    if not (name and equals and pattern):
        raise InputError(f"a group is NAME=GLOB, as in numpy='runs/numpy-*.pkl'; got {text!r}")
    files = tuple(sorted(glob(pattern)))  # noqa: PTH207  the pattern may be absolute
    if not files:
        raise InputError(f"a group needs at least one file; none fits {pattern!r} of group {name}")
    return name, files


def evaluations_of_groups(
    groups: Sequence[str],
    *,
    data: str | None = None,
    target: str | None = None,
    columns: Mapping[str, str] | None = None,
    trusted: Sequence[str] = (),
    drawn_by: DrawnBy = NOTHING,
) -> list[Evaluation]:
    """Return the evaluations of every run of ``NAME=GLOB`` groups, each with its group.

    Raises
    ------
    InputError
        If a group has no name or no files, or two have one name.
    """
    named = [grouped_files(text) for text in groups]
    names = [name for name, _ in named]
    if len(set(names)) < len(names):
        raise InputError(f"groups must have different names; got {', '.join(names)}")
    files = [(name, file) for name, found in named for file in found]
    evaluations = evaluations_from_files(
        [file for _, file in files],
        data=data,
        target=target,
        columns=columns,
        trusted=trusted,
        drawn_by=drawn_by,
    )
    if len(evaluations) != len(files):
        raise InputError("a file of a group must hold one model; a table here holds several")
    return [
        replace(evaluation, group=name)
        for evaluation, (name, _) in zip(evaluations, files, strict=True)
    ]


def evaluations_from_files(
    models: Sequence[str],
    *,
    data: str | None = None,
    target: str | None = None,
    columns: Mapping[str, str] | None = None,
    trusted: Sequence[str] = (),
    drawn_by: DrawnBy = NOTHING,
) -> list[Evaluation]:
    """Return the evaluations in model and prediction files, in the order given.

    A model runs on `data`, or on the test split that it remembers; predictions are what they are.

    Parameters
    ----------
    models : files as `named_file` takes them; a prediction file may hold several models.
    data, target : a data spec for all models, and its column of actual classes.
    columns : evalkit's names of prediction columns → the files'.
    trusted : files that may be run as pickles, because the user named them.
    drawn_by : which columns of prediction files hold groups and strata.

    Raises
    ------
    FileFormatError
        If a file is missing, damaged or unsafe.
    DataError
        If no data is known, it cannot be read, or it is not what the model was trained on.
    IncompatibleError
        If two models remember different test splits.
    """
    named = [named_file(text) for text in models]
    is_table = [not str(path).startswith(PREFIX) and is_predictions_file(path) for _, path in named]
    loaded = {
        i: load_model(path, trust_pickle=str(path) in trusted)
        for i, ((_, path), table) in enumerate(zip(named, is_table, strict=True))
        if not table
    }
    if data is None:
        _require_one_split([(named[i][0], predictor) for i, predictor in loaded.items()])
    datasets: dict[str, Dataset] = {}
    found: list[Evaluation | Predictions] = []
    for i, (name, path) in enumerate(named):
        if i not in loaded:
            found += _named(read_predictions(path, columns=columns), name)
            continue
        spec = data or remembered_spec(name, loaded[i].card)
        if spec not in datasets:
            datasets[spec] = load_dataset(spec, target=target)
        found.append(evaluate_predictor(loaded[i], datasets[spec], name=name, given=data))
    aligned = iter(align_classes([one for one in found if isinstance(one, Predictions)]))
    return [
        _refused_columns(one, drawn_by)
        if isinstance(one, Evaluation)
        else _of_predictions(next(aligned), drawn_by)
        for one in found
    ]


def predictions_of(
    predictor: Predictor, dataset: Dataset, *, name: str, given: str | None = None
) -> Predictions:
    """Return what a model says of the test split of a data set, ready to be written.

    `given` is as for `evaluate_predictor`.
    """
    evaluation = evaluate_predictor(predictor, dataset, name=name, given=given)
    samples = evaluation.samples
    assert samples is not None
    return Predictions(
        y_true=samples.actual,
        y_pred=samples.predicted,
        classes=dataset.classes,
        name=name,
        y_proba=samples.probabilities,
        is_declared=True,
    )


def _named(predictions: list[Predictions], name: str) -> list[Predictions]:
    """Give a single model the name that the file was given; several keep their own."""
    return [replace(predictions[0], name=name)] if len(predictions) == 1 else predictions


def _refused_columns(evaluation: Evaluation, drawn_by: DrawnBy) -> Evaluation:
    """Return the evaluation of a model, whose data has no further columns to be drawn by."""
    column = drawn_by.groups or drawn_by.strata
    if column is not None:
        raise DataError(
            f"groups and strata are columns of prediction files; {evaluation.name} is a model and "
            f"has no column {column}: write its predictions with evalkit predict and add the column"
        )
    return evaluation


def _column(predictions: Predictions, name: str | None) -> Any:
    if name is None or name in predictions.slices:
        return None if name is None else predictions.slices[name]
    near = get_close_matches(name, predictions.slices, n=1)
    others = ", ".join(predictions.slices) or "no other column"
    raise DataError(
        f"a named column must be there; {predictions.name} has no column {name}: "
        + (f"did you mean {near[0]}?" if near else f"there is {others}")
    )


def _of_predictions(predictions: Predictions, drawn_by: DrawnBy) -> Evaluation:
    return evaluation_from_codes(
        predictions.y_true,
        predictions.y_pred,
        y_proba=predictions.y_proba,
        classes=predictions.classes,
        name=predictions.name,
        sample_weight=predictions.sample_weight,
        ids=predictions.ids,
        groups=_column(predictions, drawn_by.groups),
        strata=_column(predictions, drawn_by.strata),
        notes=predictions.notes,
    )


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
