"""Series of each model and metric over results.json files, with their change points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit import views
from evalkit.compare.json import read_results
from evalkit.errors import InputError
from evalkit.metrics.catalog import CATALOG
from evalkit.nearest import suggestion
from evalkit.statistics.change_points import (
    change_points_of_counts,
    change_points_of_estimates,
)
from evalkit.statistics.estimates import Estimate
from evalkit.statistics.intervals import critical_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import ModelResult
    from evalkit.statistics.change_points import ChangePoint
    from evalkit.terminal_tables import TerminalTable

DEFAULT_METRICS = ("accuracy", "f_beta_macro[1]")
UNDEFINED = Estimate(None, undefined="not in this run")


@dataclass(frozen=True)
class Point:
    """A metric of a model in one run; `change` is set where the level changes."""

    estimate: Estimate
    change: ChangePoint | None = None


@dataclass(frozen=True)
class Series:
    """A metric of a model over all runs, with one point per run."""

    model: str
    metric: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class History:
    """All series of a history.

    Attributes
    ----------
    runs : the names of the runs, in the order given.
    metrics : the keys of the metrics, in the order shown.
    models : the names of the models, in the order of their first run.
    series : one per metric and model.
    confidence : the confidence level of the intervals.
    alpha : the level of the tests for changes.
    notes : remarks on the runs for the reader.
    """

    runs: tuple[str, ...]
    metrics: tuple[str, ...]
    models: tuple[str, ...]
    series: tuple[Series, ...]
    confidence: float
    alpha: float
    notes: tuple[str, ...]

    def of_metric(self, metric: str) -> tuple[Series, ...]:
        """Return the series of one metric, one per model."""
        return tuple(one for one in self.series if one.metric == metric)

    def __rich__(self) -> TerminalTable:
        table: TerminalTable = views.view("history", self)
        return table


def read_history(
    files: Sequence[Path], *, metrics: Sequence[str] = (), alpha: float = 0.05, seed: int = 0
) -> History:
    """Return the history in results.json files, one run per file, in the order given.

    Models are matched by name. If every file holds one model, all of them form one series, because
    models are often named after their run.

    Parameters
    ----------
    files : results.json files.
    metrics : keys of overall metrics; accuracy and macro F1 if absent.
    alpha : the level of the tests for changes.
    seed : the seed of their simulation.

    Raises
    ------
    InputError
        If there is no file, confidence levels differ, or a metric is in none of the files.
    FileFormatError
        If a file is damaged or not a results file.
    """
    if not files:
        raise InputError("A history needs at least one results.json, and none was given.")
    results = [read_results(path) for path in files]
    seen = [{model.name: model for model in result.models} for result in results]
    confidences = {result.settings.confidence for result in results}
    if len(confidences) > 1:
        raise InputError(
            "The confidence levels of the files differ: "
            f"{', '.join(f'{each:g}' for each in sorted(confidences))}. Write them with one level."
        )
    confidence = confidences.pop()
    if all(len(run) == 1 for run in seen):
        names = list(dict.fromkeys(name for run in seen for name in run))
        name = names[0] if len(names) == 1 else "model"
        seen = [dict.fromkeys([name], *run.values()) for run in seen]
    chosen = _chosen(metrics, seen)
    is_simple = [result.sampling.simple for result in results]
    models = tuple(dict.fromkeys(name for run in seen for name in run))
    return History(
        runs=_run_names(files),
        metrics=chosen,
        models=models,
        series=tuple(
            _series(
                model, metric, [run.get(model) for run in seen], is_simple, confidence, alpha, seed
            )
            for metric in chosen
            for model in models
        ),
        confidence=confidence,
        alpha=alpha,
        notes=_notes(files, results),
    )


def _chosen(metrics: Sequence[str], seen: Sequence[Mapping[str, ModelResult]]) -> tuple[str, ...]:
    written = dict.fromkeys(k for run in seen for model in run.values() for k in model.overall)
    known = [key for key in written if _is_metric(key)]
    if not metrics:
        return tuple(key for key in DEFAULT_METRICS if key in known) or tuple(known[:1])
    for key in metrics:
        if key not in known:
            raise InputError(f"The metric {key} is in none of the files: {suggestion(key, known)}")
    return tuple(dict.fromkeys(metrics))


def _is_metric(key: str) -> bool:
    """Return whether a key is a metric of the catalog, with an average and a β if it has them."""
    parts = re.fullmatch(r"(\w+?)(_macro)?(\[[\d.e+-]+\])?", key)
    return parts is not None and parts[1] in CATALOG


def _run_names(files: Sequence[Path]) -> tuple[str, ...]:
    """Return the stems of the files, or their whole paths if stems are equal."""
    stems = [path.stem for path in files]
    return tuple(stems if len(set(stems)) == len(stems) else map(str, files))


def _series(
    model: str,
    metric: str,
    seen: Sequence[ModelResult | None],
    is_simple: Sequence[bool],
    confidence: float,
    alpha: float,
    seed: int,
) -> Series:
    estimates = [UNDEFINED if one is None else one.overall.get(metric, UNDEFINED) for one in seen]
    places = [i for i, one in enumerate(estimates) if one.value is not None]
    there = [one for i in places if (one := seen[i]) is not None]
    found: tuple[ChangePoint, ...] = ()
    if metric == "accuracy" and all(is_simple[i] for i in places):
        right = [float(np.trace(one.counts)) for one in there]
        total = [float(one.counts.sum()) for one in there]
        found = change_points_of_counts(right, total, alpha=alpha, seed=seed)
    else:
        known = [estimates[i] for i in places]
        errors = [_standard_error(estimate, confidence) for estimate in known]
        if all(error > 0 for error in errors):
            values = [value for one in known if (value := one.value) is not None]
            found = change_points_of_estimates(values, errors, alpha=alpha, seed=seed)
    changes = {places[change.position]: change for change in found}
    return Series(
        model, metric, tuple(Point(each, changes.get(i)) for i, each in enumerate(estimates))
    )


def _standard_error(estimate: Estimate, confidence: float) -> float:
    if estimate.low is None or estimate.high is None:
        return 0.0
    return (estimate.high - estimate.low) / (2 * critical_value(confidence))


def _notes(files: Sequence[Path], results: Sequence[Comparison]) -> tuple[str, ...]:
    fingerprints = [result.samples.fingerprint for result in results]
    notes = [
        f"{path.stem} was evaluated on other samples than {before.stem}: a change there may be one "
        "of the samples."
        for before, path, old, new in zip(
            files, files[1:], fingerprints, fingerprints[1:], strict=False
        )
        if old != new
    ]
    return tuple(notes)
