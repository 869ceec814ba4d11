"""Evaluate model files and prediction files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalkit.compare.evaluation import Evaluation, evaluation_of
from evalkit.compare.from_models import (
    evaluate_predictor,
    landscape_of,
    remembered_spec,
    require_one_split,
)
from evalkit.datasets import load_dataset
from evalkit.errors import DataError, InputError
from evalkit.models import load_model
from evalkit.models.user_code import PREFIX
from evalkit.predictions.addresses import Address, parse_address, parse_group, stem_of
from evalkit.predictions.files import (
    align_classes,
    is_predictions_file,
    read_predictions,
    require_shown,
    with_columns,
)
from evalkit.predictions.matrix_files import MatrixFile, read_confusion_matrix
from evalkit.predictions.options import DEFAULT, ReadOptions
from evalkit.predictions.pairing import with_common_ids
from evalkit.predictions.slices import DEPTH
from evalkit.predictions.truth import read_with_truth
from evalkit.progress import track

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evalkit.datasets.dataset import Dataset
    from evalkit.predictions import Predictions


@dataclass(frozen=True)
class DrawnBy:
    """Columns of prediction files with groups, strata and slices.

    `slices` are columns to slice by, as in `slice_spec`; up to `slice_depth` of them are crossed.
    """

    groups: str | None = None
    strata: str | None = None
    slices: tuple[str, ...] = ()
    slice_depth: int = DEPTH


NOTHING = DrawnBy()


def evaluations_of_groups(
    groups: Sequence[str],
    *,
    data: str | None = None,
    target: str | None = None,
    reading: ReadOptions = DEFAULT,
    trusted: Sequence[str] = (),
    drawn_by: DrawnBy = NOTHING,
    landscape: bool = False,
) -> list[Evaluation]:
    """Return the evaluations of all runs of ``NAME=GLOB`` groups.

    Raises
    ------
    InputError
        If a group has no name or no files, or two groups have the same name.
    """
    named = [parse_group(text) for text in groups]
    names = [name for name, _ in named]
    if len(set(names)) < len(names):
        raise InputError(f"Group names are not unique: {', '.join(names)}. Use different names.")
    files = [(name, file) for name, found in named for file in found]
    evaluations = evaluations_from_files(
        [Address(file, stem_of(file)) for _, file in files],
        data=data,
        target=target,
        reading=reading,
        trusted=trusted,
        drawn_by=drawn_by,
        landscape=landscape,
    )
    if len(evaluations) != len(files):
        raise InputError("A file of a group holds several models. Use one file per model.")
    return [
        replace(evaluation, group=name)
        for evaluation, (name, _) in zip(evaluations, files, strict=True)
    ]


def evaluations_from_files(
    models: Sequence[str | Address],
    *,
    data: str | None = None,
    target: str | None = None,
    reading: ReadOptions = DEFAULT,
    trusted: Sequence[str] = (),
    drawn_by: DrawnBy = NOTHING,
    landscape: bool = False,
) -> list[Evaluation]:
    """Return the evaluations of model and prediction files, in the order given.

    A model is evaluated on `data`, or on the test split named in its file.

    Parameters
    ----------
    models : ``[NAME=]FILE``, or results of `parse_address`; a prediction file may hold several
        models.
    data, target : data spec for all models, and its column of actual classes.
    reading : how prediction files are read.
    trusted : files that may be loaded as pickles.
    drawn_by : columns of prediction files with groups, strata and slices.
    landscape : compute the loss near the weights of each network trained by evalkit.

    Raises
    ------
    FileFormatError
        If a file is missing, damaged or unsafe.
    DataError
        If no data is known, it cannot be read, or it is not the data the model was trained on.
    IncompatibleError
        If two models were trained with different test splits.
    """
    named = [parse_address(each) if isinstance(each, str) else each for each in models]
    matrices, loaded, tables = {}, {}, {}
    for i, address in enumerate(track(named, "Reading", unit="files")):
        if address.path.startswith(PREFIX) or not is_predictions_file(address.path, reading):
            loaded[i] = load_model(address.path, trust_pickle=address.path in trusted)
        elif found := None if reading.truth else read_confusion_matrix(address.path):
            matrices[i] = found
        else:
            tables[i] = _read(address, reading)
    if data is None:
        require_one_split([(named[i].name, predictor) for i, predictor in loaded.items()])
    aligned = align_classes(_under_classes_of(matrices.values(), list(tables.values())))
    if "id" not in reading.columns:
        aligned = with_common_ids(aligned)
    aligned = with_columns(
        aligned,
        groups=drawn_by.groups,
        strata=drawn_by.strata,
        slices=drawn_by.slices,
        slice_depth=drawn_by.slice_depth,
    )
    if reading.show and named and not tables:
        raise DataError(
            f"{named[0].name} is no prediction file, which --show names columns of. Leave out "
            "--show; the images of data sets are shown without it."
        )
    require_shown(aligned, reading)
    tables = dict(zip(tables, aligned, strict=True))
    datasets: dict[str, Dataset] = {}
    evaluations: list[Evaluation] = []
    for i, address in enumerate(track(named, "Evaluating", unit="files")):
        if i in tables:
            evaluations += [
                evaluation_of(tables[i].select(k)) for k in range(len(tables[i].models))
            ]
            continue
        if i in matrices:
            evaluations.append(_of_matrix(address.name, matrices[i], drawn_by))
            continue
        spec = data or remembered_spec(address.name, loaded[i].card)
        if spec not in datasets:
            datasets[spec] = load_dataset(spec, target=target)
        evaluation = evaluate_predictor(loaded[i], datasets[spec], name=address.name, given=data)
        around = landscape_of(loaded[i], datasets[spec]) if landscape else None
        evaluations.append(_without_columns(replace(evaluation, landscape=around), drawn_by))
    return evaluations


def _read(address: Address, reading: ReadOptions) -> Predictions:
    """Return the predictions in a file; a single model is named after the address."""
    read = read_predictions if reading.truth is None else read_with_truth
    predictions = read(address.path, reading)
    return predictions.renamed(address.name) if len(predictions.models) == 1 else predictions


def _under_classes_of(
    matrices: Iterable[MatrixFile], tables: list[Predictions]
) -> list[Predictions]:
    """Return tables that declare no classes under those of a confusion matrix, if it has them."""
    classes = next((file.matrix.classes for file in matrices), None)
    return [
        table
        if classes is None or table.is_declared or set(table.classes) - set(classes)
        else replace(table.under(classes), is_declared=True)
        for table in tables
    ]


def _of_matrix(name: str, file: MatrixFile, drawn_by: DrawnBy) -> Evaluation:
    found = Evaluation(name, file.matrix, notes=file.notes)
    return _without_columns(found, drawn_by, "a confusion matrix")


def _without_columns(
    evaluation: Evaluation, drawn_by: DrawnBy, what: str = "a model"
) -> Evaluation:
    """Return the evaluation of a file without rows; refuse groups, strata and slices."""
    wanted = (drawn_by.groups, drawn_by.strata, *drawn_by.slices)
    column = next((name for name in wanted if name is not None), None)
    if column is not None:
        remedy = " Write its predictions with evalkit predict and add the column."
        raise DataError(
            f"{evaluation.name} is {what} and has no column {column}. Groups, strata and slices "
            f"are columns of prediction files.{remedy if what == 'a model' else ''}"
        )
    return evaluation
