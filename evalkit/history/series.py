"""Series of each model and metric over results.json files, with their changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit import views
from evalkit.compare.json import read_results
from evalkit.errors import InputError
from evalkit.history.changes import Change, Step, Test, change_points, changes_of
from evalkit.history.entries import entries
from evalkit.history.metrics import metrics_of, missing
from evalkit.metrics.quantities import Quantity
from evalkit.phrasing import joined
from evalkit.statistics.estimates import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.compare.comparison import Comparison
    from evalkit.history.entries import Entry
    from evalkit.statistics.change_points import ChangePoint
    from evalkit.terminal_tables import TerminalTable

MOST_NAMED = 3
"""More runs on other samples than the run before are only counted."""
UNDEFINED = Estimate(None, undefined="not in this run")


@dataclass(frozen=True)
class Point:
    """A metric of a model in one run; `change` is set where the level changes."""

    estimate: Estimate
    change: ChangePoint | None = None


@dataclass(frozen=True)
class Series:
    """A metric of a model over all runs, with one point per run.

    `is_tested` is false where the files hold no intervals, so that no change can be found.
    """

    model: str
    metric: str
    points: tuple[Point, ...]
    is_tested: bool = True


@dataclass(frozen=True)
class History:
    """All series of a history.

    Attributes
    ----------
    runs : the names of the runs, in the order given.
    metrics : the names of the metrics as in rules of the gate, in the order shown.
    models : the names of the models and of the groups of runs, in the order of their first run.
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

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """The changes in the order of the runs; what several metrics of a model show is one."""
        found = [
            change
            for model in self.models
            for change in changes_of(
                model,
                (
                    Step(one.metric, run, point.change)
                    for one in self.series
                    if one.model == model
                    for run, point in enumerate(one.points)
                    if point.change is not None
                ),
            )
        ]
        return tuple(sorted(found, key=lambda change: change.run))

    def __rich__(self) -> TerminalTable:
        table: TerminalTable = views.view("history", self)
        return table

    def _repr_html_(self) -> str:
        view: str = views.view("history_html", self)
        return view


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
    blocks of samples; other runs are compared as independent samples. A group of runs with
    different seeds is one model, by its mean over the runs.

    Parameters
    ----------
    files : results.json files.
    metrics : names of metrics as in rules of the gate: ``"accuracy"``, ``"f1_macro"``,
        ``"recall[cat]"``, ``"recall[*]"``, ``"log_loss"``, ``"expected_cost"``. The primary metric
        of the newest file if absent. Metrics of counts that a file does not hold are computed from
        its confusion matrix.
    alpha : the probability that any series shows a change where there is none; the series share it
        (Bonferroni).
    sequential : whether α holds for the whole history although it is looked at after every run.
        Otherwise it holds for one look at all runs.
    seed : the seed of the simulation for one look.

    Raises
    ------
    InputError
        If there is no file, confidence levels differ, or a metric is unknown or in no file.
    FileFormatError
        If a file is damaged or not a results file.
    """
    if not files:
        raise InputError("A history needs at least one results.json, and none was given.")
    paths = [Path(file) for file in files]
    results = [read_results(path) for path in paths]
    seen = [{entry.name: entry for entry in entries(result)} for result in results]
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
    chosen = [
        metric
        for name in metrics or (_primary(results[-1]),)
        for metric in metrics_of(name, results[-1])
    ]
    chosen = list(dict.fromkeys(chosen))
    models = tuple(dict.fromkeys(name for run in seen for name in run))
    test = Test(alpha / (len(chosen) * len(models)), sequential, seed)
    return History(
        runs=_run_names(paths),
        metrics=tuple(map(str, chosen)),
        models=models,
        series=tuple(
            one for metric in chosen for one in _series_of(metric, models, seen, results, test)
        ),
        confidence=confidence,
        alpha=alpha,
        sequential=sequential,
        notes=_notes(paths, results, seen),
    )


def _primary(result: Comparison) -> str:
    """Return the name of the primary metric of a comparison."""
    primary = result.primary
    of_class = None if primary.of_class is None else result.classes[primary.of_class]
    return str(Quantity(primary.metric, of_class))


def _run_names(files: Sequence[Path]) -> tuple[str, ...]:
    """Return the stems of the files, or their whole paths if stems are equal."""
    stems = [path.stem for path in files]
    return tuple(stems if len(set(stems)) == len(stems) else map(str, files))


def _series_of(
    metric: Quantity,
    models: Sequence[str],
    seen: Sequence[Mapping[str, Entry]],
    results: Sequence[Comparison],
    test: Test,
) -> list[Series]:
    """Return the series of a metric, one per model.

    Raises
    ------
    InputError
        If no file has the metric.
    """
    found = [
        [None if model not in run else run[model].estimate(metric) for run in seen]
        for model in models
    ]
    if all(each is None for estimates in found for each in estimates):
        raise InputError(missing(metric, results))
    return [
        _series(metric, model, [run.get(model) for run in seen], estimates, test)
        for model, estimates in zip(models, found, strict=True)
    ]


def _series(
    metric: Quantity,
    model: str,
    seen: Sequence[Entry | None],
    found: Sequence[Estimate | None],
    test: Test,
) -> Series:
    estimates = [each or UNDEFINED for each in found]
    there = [
        (i, entry, estimate)
        for i, (entry, estimate) in enumerate(zip(seen, estimates, strict=True))
        if entry is not None and estimate.value is not None
    ]
    changes: dict[int, ChangePoint] = {}
    is_tested = True
    if len(there) > 1:
        places, runs, known = zip(*there, strict=True)
        found_changes = change_points(metric, runs, known, test)
        is_tested = found_changes is not None
        changes = {places[one.position]: one for one in found_changes or ()}
    points = (Point(each, changes.get(i)) for i, each in enumerate(estimates))
    return Series(model, str(metric), tuple(points), is_tested)


def _notes(
    files: Sequence[Path], results: Sequence[Comparison], seen: Sequence[Mapping[str, Entry]]
) -> tuple[str, ...]:
    groups = dict.fromkeys(
        entry.name for run in seen for entry in run.values() if entry.group is not None
    )
    notes = []
    if groups:
        verb = "is a mean" if len(groups) == 1 else "are means"
        notes.append(f"{joined(list(groups))} {verb} over runs with different seeds.")
    fingerprints = [result.samples.fingerprint for result in results]
    other = [
        (before.stem, path.stem)
        for before, path, old, new in zip(
            files, files[1:], fingerprints, fingerprints[1:], strict=False
        )
        if old != new
    ]
    if len(other) > MOST_NAMED:
        notes.append(
            f"{len(other)} of {len(files)} runs were evaluated on other samples than the run "
            "before: a change there may be one of the samples."
        )
    else:
        notes += [
            f"{after} was evaluated on other samples than {before}: a change there may be one of "
            "the samples."
            for before, after in other
        ]
    return tuple(notes)
