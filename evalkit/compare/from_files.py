"""From file names to evaluations: run each model on its test split, read predictions, count."""

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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.datasets.dataset import Dataset
    from evalkit.predictions import Predictions


@dataclass(frozen=True)
class DrawnBy:
    """The columns of prediction files that say how samples were drawn, and what sets them apart.

    `slices` are columns to slice by, as `slice_spec` reads them.
    """

    groups: str | None = None
    strata: str | None = None
    slices: tuple[str, ...] = ()


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
    """Return the evaluations of every run of ``NAME=GLOB`` groups, each with its group.

    Raises
    ------
    InputError
        If a group has no name or no files, or two have one name.
    """
    named = [parse_group(text) for text in groups]
    names = [name for name, _ in named]
    if len(set(names)) < len(names):
        raise InputError(f"groups must have different names; got {', '.join(names)}")
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
        raise InputError("a file of a group must hold one model; a table here holds several")
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
    """Return the evaluations in model and prediction files, in the order given.

    A model runs on `data`, or on the test split that it remembers; predictions are what they are.

    Parameters
    ----------
    models : ``[NAME=]FILE``, or what `parse_address` made of it; a prediction file may hold
        several models.
    data, target : a data spec for all models, and its column of actual classes.
    columns : evalkit's names of prediction columns → the files'.
    trusted : files that may be run as pickles, because the user named them.
    drawn_by : which columns of prediction files hold groups and strata.
    landscape : measure the loss around the weights of each network that evalkit trained.

    Raises
    ------
    FileFormatError
        If a file is missing, damaged or unsafe.
    DataError
        If no data is known, it cannot be read, or it is not what the model was trained on.
    IncompatibleError
        If two models remember different test splits.
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
    """Return the predictions in a file; a single model takes the name that the file was given."""
    predictions = read_predictions(address.path, columns=columns)
    return predictions.renamed(address.name) if len(predictions.models) == 1 else predictions


def _model_columns(evaluation: Evaluation, drawn_by: DrawnBy) -> Evaluation:
    """Return the evaluation of a model, whose data has no further columns to be drawn by."""
    wanted = (drawn_by.groups, drawn_by.strata, *drawn_by.slices)
    column = next((name for name in wanted if name is not None), None)
    if column is not None:
        raise DataError(
            f"groups, strata and slices are columns of prediction files; {evaluation.name} is a "
            f"model and has no column {column}: write its predictions with evalkit predict and add "
            "the column"
        )
    return evaluation
