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
    with_columns,
)
from evalkit.predictions.slices import DEPTH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    columns: Mapping[str, str] | None = None,
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
        columns=columns,
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
    columns: Mapping[str, str] | None = None,
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
    columns : evalkit's name of a column → name in the prediction files.
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
    loaded = {
        i: load_model(path, trust_pickle=path in trusted)
        for i, (path, *_) in enumerate(named)
        if path.startswith(PREFIX) or not is_predictions_file(path)
    }
    if data is None:
        require_one_split([(named[i].name, predictor) for i, predictor in loaded.items()])
    tables = {i: _read(address, columns) for i, address in enumerate(named) if i not in loaded}
    aligned = with_columns(
        align_classes(list(tables.values())),
        groups=drawn_by.groups,
        strata=drawn_by.strata,
        slices=drawn_by.slices,
        slice_depth=drawn_by.slice_depth,
    )
    tables = dict(zip(tables, aligned, strict=True))
    datasets: dict[str, Dataset] = {}
    found: list[Evaluation] = []
    for i, address in enumerate(named):
        if i in tables:
            found += [evaluation_of(tables[i].select(k)) for k in range(len(tables[i].models))]
            continue
        spec = data or remembered_spec(address.name, loaded[i].card)
        if spec not in datasets:
            datasets[spec] = load_dataset(spec, target=target)
        evaluation = evaluate_predictor(loaded[i], datasets[spec], name=address.name, given=data)
        around = landscape_of(loaded[i], datasets[spec]) if landscape else None
        found.append(_model_columns(replace(evaluation, landscape=around), drawn_by))
    return found


def _read(address: Address, columns: Mapping[str, str] | None) -> Predictions:
    """Return the predictions in a file; a single model is named after the address."""
    predictions = read_predictions(address.path, columns=columns)
    return predictions.renamed(address.name) if len(predictions.models) == 1 else predictions


def _model_columns(evaluation: Evaluation, drawn_by: DrawnBy) -> Evaluation:
    """Return the evaluation of a model file; refuse groups, strata and slices."""
    wanted = (drawn_by.groups, drawn_by.strata, *drawn_by.slices)
    column = next((name for name in wanted if name is not None), None)
    if column is not None:
        raise DataError(
            f"{evaluation.name} is a model and has no column {column}. Groups, strata and slices "
            "are columns of prediction files. Write its predictions with evalkit predict and add "
            "the column."
        )
    return evaluation
