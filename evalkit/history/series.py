"""Series of each model and metric over results.json files, with their change points."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalkit import views
from evalkit.compare.json import read_results
from evalkit.compare.metric_set import overall_metrics
from evalkit.errors import InputError
from evalkit.metrics.catalog import CATALOG
from evalkit.nearest import suggestion
from evalkit.statistics.blocks import block_values
from evalkit.statistics.change_points import (
    change_points_of_blocks,
    change_points_of_counts,
    change_points_of_estimates,
)
from evalkit.statistics.estimates import Estimate
from evalkit.statistics.intervals import critical_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import ModelResult
    from evalkit.metrics.count.marginals import FloatArray
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
    alpha : the probability that any series shows a change where there is none.
    sequential : whether that holds for looks after every run, or for one look at all runs.
    notes : remarks on the runs for the reader.
    """

    runs: tuple[str, ...]
    metrics: tuple[str, ...]
    models: tuple[str, ...]
    series: tuple[Series, ...]
    confidence: float
    alpha: float
    sequential: bool
    notes: tuple[str, ...]

    def of_metric(self, metric: str) -> tuple[Series, ...]:
        """Return the series of one metric, one per model."""
        return tuple(one for one in self.series if one.metric == metric)

    def __rich__(self) -> TerminalTable:
        table: TerminalTable = views.view("history", self)
        return table


def read_history(
    files: Sequence[str | Path],
    *,
    metrics: Sequence[str] = (),
    alpha: float = 0.05,
    sequential: bool = True,
    seed: int = 0,
) -> History:
    """Return the history in results.json files, one run per file, in the order given.

    Models are matched by name. If every file holds one model, all of them form one series, because
    models are often named after their run. Runs on the same samples are compared in pairs, by their
    blocks of samples; other runs are compared as independent samples.

    Parameters
    ----------
    files : results.json files.
    metrics : keys of overall metrics; accuracy and macro F1 if absent.
    alpha : the probability that any series shows a change where there is none; the series share it
        (Bonferroni).
    sequential : whether α holds for the whole history although it is looked at after every run.
        Otherwise it holds for one look at all runs.
    seed : the seed of the simulation for one look.

    Raises
    ------
    InputError
        If there is no file, confidence levels differ, or a metric is in none of the files.
    FileFormatError
        If a file is damaged or not a results file.
    """
    if not files:
        raise InputError("A history needs at least one results.json, and none was given.")
    paths = [Path(file) for file in files]
    results = [read_results(path) for path in paths]
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
    models = tuple(dict.fromkeys(name for run in seen for name in run))
    test = Test(alpha / (len(chosen) * len(models)), sequential, seed)
    return History(
        runs=_run_names(paths),
        metrics=chosen,
        models=models,
        series=tuple(
            _series(model, metric, [run.get(model) for run in seen], results, test)
            for metric in chosen
            for model in models
        ),
        confidence=confidence,
        alpha=alpha,
        sequential=sequential,
        notes=_notes(paths, results),
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


class Test(NamedTuple):
    """How one series is tested for changes: its share of α, and the arguments of the tests."""

    alpha: float
    sequential: bool
    seed: int


def _series(
    model: str,
    metric: str,
    seen: Sequence[ModelResult | None],
    results: Sequence[Comparison],
    test: Test,
) -> Series:
    estimates = [UNDEFINED if one is None else one.overall.get(metric, UNDEFINED) for one in seen]
    places = [i for i, one in enumerate(estimates) if one.value is not None]
    there = [(results[i], one) for i in places if (one := seen[i]) is not None]
    changes = {
        places[change.position]: change
        for change in _change_points(metric, there, [estimates[i] for i in places], test)
    }
    return Series(
        model, metric, tuple(Point(each, changes.get(i)) for i, each in enumerate(estimates))
    )


def _change_points(
    metric: str,
    runs: Sequence[tuple[Comparison, ModelResult]],
    estimates: Sequence[Estimate],
    test: Test,
) -> tuple[ChangePoint, ...]:
    """Return the changes of one series, from the most powerful tests that the files allow.

    The accuracy of runs on the same samples has two tests with half of α each. The one by blocks
    finds small changes in many samples, the one of counts large changes in few.
    """
    alpha, sequential, seed = test
    blocks = _shared_blocks(metric, runs)
    has_counts = metric == "accuracy" and all(result.sampling.simple for result, _ in runs)
    paired: tuple[ChangePoint, ...] | None = None
    if blocks is not None:
        alpha = alpha / 2 if has_counts else alpha
        paired = change_points_of_blocks(blocks, alpha=alpha, sequential=sequential)
        if not has_counts:
            return paired
    if has_counts:
        right = [float(np.trace(one.counts)) for _, one in runs]
        total = [float(one.counts.sum()) for _, one in runs]
        found = change_points_of_counts(right, total, alpha=alpha, seed=seed, sequential=sequential)
        if paired is None:
            return found
        more = paired if len(paired) >= len(found) else found
        return tuple(replace(each, p_value=min(1.0, 2 * each.p_value)) for each in more)
    errors = [
        _standard_error(estimate, result.settings.confidence)
        for estimate, (result, _) in zip(estimates, runs, strict=True)
    ]
    if not all(error > 0 for error in errors):
        return ()
    values = [value for one in estimates if (value := one.value) is not None]
    return change_points_of_estimates(values, errors, alpha=alpha, seed=seed, sequential=sequential)


def _shared_blocks(
    metric: str, runs: Sequence[tuple[Comparison, ModelResult]]
) -> list[FloatArray] | None:
    """Return the metric of each run in each block; None unless all runs have the same blocks."""
    if len(runs) < 2:
        return None
    name = overall_metrics(runs[0][0].settings.betas).get(metric)
    fingerprints = {result.samples.fingerprint for result, _ in runs}
    blocks = [
        one for result, model in runs for one in [result.samples.blocks[result.models.index(model)]]
    ]
    first = blocks[0]
    if name is None or first is None or len(fingerprints) > 1 or None in fingerprints:
        return None
    if any(each is None or not np.array_equal(each.actual, first.actual) for each in blocks):
        return None
    values = [block_values(name, each) for each in blocks if each is not None]
    return values if np.isfinite(values).all() else None


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
