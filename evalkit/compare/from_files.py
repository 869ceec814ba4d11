"""From file names to evaluations: run each model on its test split, read predictions, count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.compare.evaluation import Evaluation, evaluation_from_codes
from evalkit.compare.from_models import (
    evaluate_predictor,
    landscape_of,
    remembered_spec,
    require_one_split,
)
from evalkit.compare.slice_counts import SliceLabels, slice_labels, slice_spec
from evalkit.datasets import load_dataset
from evalkit.errors import DataError, InputError
from evalkit.models import load_model
from evalkit.models.predictions import (
    Predictions,
    align_classes,
    is_predictions_file,
    read_predictions,
)
from evalkit.models.user_code import PREFIX
from evalkit.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.datasets.dataset import Dataset


@dataclass(frozen=True)
class DrawnBy:
    """The columns of prediction files that say how samples were drawn, and what sets them apart.

    `slices` are columns to slice by, as `slice_spec` reads them.
    """

    groups: str | None = None
    strata: str | None = None
    slices: tuple[str, ...] = ()


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
    landscape: bool = False,
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
        landscape=landscape,
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
    landscape: bool = False,
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
    named = [named_file(text) for text in models]
    is_table = [not str(path).startswith(PREFIX) and is_predictions_file(path) for _, path in named]
    loaded = {
        i: load_model(path, trust_pickle=str(path) in trusted)
        for i, ((_, path), table) in enumerate(zip(named, is_table, strict=True))
        if not table
    }
    if data is None:
        require_one_split([(named[i][0], predictor) for i, predictor in loaded.items()])
    datasets: dict[str, Dataset] = {}
    found: list[Evaluation | Predictions] = []
    for i, (name, path) in enumerate(named):
        if i not in loaded:
            found += _named(read_predictions(path, columns=columns), name)
            continue
        spec = data or remembered_spec(name, loaded[i].card)
        if spec not in datasets:
            datasets[spec] = load_dataset(spec, target=target)
        evaluation = evaluate_predictor(loaded[i], datasets[spec], name=name, given=data)
        around = landscape_of(loaded[i], datasets[spec]) if landscape else None
        found.append(replace(evaluation, landscape=around))
    tables = align_classes([one for one in found if isinstance(one, Predictions)])
    _require_slices(tables, drawn_by)
    aligned = iter(tables)
    return [
        _refused_columns(one, drawn_by)
        if isinstance(one, Evaluation)
        else _of_predictions(next(aligned), drawn_by)
        for one in found
    ]


def _named(predictions: list[Predictions], name: str) -> list[Predictions]:
    """Give a single model the name that the file was given; several keep their own."""
    return [replace(predictions[0], name=name)] if len(predictions) == 1 else predictions


def _refused_columns(evaluation: Evaluation, drawn_by: DrawnBy) -> Evaluation:
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


def _require_slices(tables: Sequence[Predictions], drawn_by: DrawnBy) -> None:
    """Refuse a column to slice by that no table has; one is enough, since samples are the same."""
    for text in drawn_by.slices:
        name, _ = slice_spec(text)
        if tables and not any(name in table.slices for table in tables):
            _column(tables[0], name)


def _slices(predictions: Predictions, drawn_by: DrawnBy) -> dict[str, SliceLabels]:
    specs = dict(slice_spec(text) for text in drawn_by.slices)
    return {
        name: slice_labels(predictions.slices[name], name, len(predictions), edges)
        for name, edges in specs.items()
        if name in predictions.slices
    }


def _column(predictions: Predictions, name: str | None) -> Any:
    if name is None or name in predictions.slices:
        return None if name is None else predictions.slices[name]
    near = nearest(name, predictions.slices)
    others = ", ".join(predictions.slices) or "no other column"
    raise DataError(
        f"a named column must be there; {predictions.name} has no column {name}: "
        + (f"did you mean {near}?" if near else f"there is {others}")
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
        slices=_slices(predictions, drawn_by),
        notes=predictions.notes,
    )
