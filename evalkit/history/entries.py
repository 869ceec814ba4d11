"""The models of one results file, groups of seeds by their means, and their metrics."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.metric_set import overall_metrics, undefined_reason
from evalkit.gate.estimates import metric_at
from evalkit.gate.models import GateModel
from evalkit.history.metrics import by_class
from evalkit.metrics.catalog import lookup
from evalkit.metrics.quantities import COST
from evalkit.statistics.blocks import block_interval
from evalkit.statistics.estimates import Estimate, ModelEstimator, known_estimate

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import GroupResult, ModelResult, SummaryMetric
    from evalkit.metrics.quantities import Quantity

OVER_RUNS = "mean over runs, without interval"


@dataclass(frozen=True, eq=False)
class Entry:
    """One model of a results file, or one group of runs with different seeds.

    Attributes
    ----------
    name : of the model or of the group.
    result : the comparison in the file.
    runs : the positions of the runs in the comparison; one for a model.
    group : the group of these runs, None for a model.
    """

    name: str
    result: Comparison
    runs: tuple[int, ...]
    group: GroupResult | None = None

    @cached_property
    def models(self) -> tuple[GateModel, ...]:
        """The runs, each with its counts and what the file says of it."""
        return tuple(GateModel.of_comparison(self.result, run) for run in self.runs)

    @cached_property
    def _estimators(self) -> tuple[ModelEstimator, ...]:
        settings = self.result.settings
        return tuple(
            ModelEstimator(each.counts, replicates=settings.replicates, seed=settings.seed)
            for each in self.models
        )

    def estimate(self, metric: Quantity) -> Estimate | None:
        """Return a metric as the file holds it, or from its counts; None if neither is possible."""
        if metric.of_class is not None and metric.of_class not in self.result.classes:
            return None
        position = None
        if metric.of_class is not None:
            position = self.result.classes.index(metric.of_class)
        if self.group is not None:
            stored = self._of_group(self.group, metric.metric, position)
            if stored is not None:
                return stored
        found = [self._of_run(i, metric.metric, position) for i in range(len(self.runs))]
        known = [each for each in found if each is not None]
        if len(known) < len(found):
            return None
        return known[0] if self.group is None else _mean(known)

    def _in_summary(self, key: str, position: int | None) -> SummaryMetric | None:
        """Return a metric of the summary, which may hold what only the samples could answer."""
        for each in self.result.summary_metrics:
            if (_as_f_beta(each.metric), each.of_class) == (_as_f_beta(key), position):
                return each
        return None

    def _of_group(self, group: GroupResult, key: str, position: int | None) -> Estimate | None:
        summary = self._in_summary(key, position)
        if summary is not None and summary.groups:
            return summary.groups[self.result.groups.index(group)]
        names = overall_metrics(self.result.settings.betas).items()
        shown = next((shown for shown, name in names if name == _as_f_beta(key)), "")
        return group.metrics[shown].mean if position is None and shown in group.metrics else None

    def _of_run(self, run: int, key: str, position: int | None) -> Estimate | None:
        model, settings = self.models[run], self.result.settings
        if key == COST:
            costs = self.result.costs
            return None if costs is None else costs.models[self.runs[run]].expected
        summary = self._in_summary(key, position)
        if summary is not None:
            return summary.models[self.runs[run]]
        if lookup(key).of_counts is None:
            return _of_probabilities(self.result.models[self.runs[run]], key, position)
        stored = model.stored(key, position)
        if stored is not None:
            return stored
        marginals = self._estimators[run].marginals
        metric = metric_at(key, position)
        value, low, high, method = float(metric(marginals)), np.nan, np.nan, ""
        if model.counts.sampling.simple or model.counts.is_paired:
            limits = self._estimators[run].limits(key, settings.confidence, position)
            low, high, method = float(limits.low), float(limits.high), limits.method
        elif model.blocks is not None and np.isfinite(value):
            interval = block_interval(
                metric,
                model.blocks,
                confidence=settings.confidence,
                sample_weight=model.mean_weight,
            )
            low, high, method = float(interval.low), float(interval.high), "by block"
        undefined = "undefined for every class"
        if position is not None:
            actual, predicted = marginals.actual[position], marginals.predicted[position]
            undefined = undefined_reason(key, actual=actual, predicted=predicted)
        return known_estimate(value, low, high, method, undefined=undefined)


def entries(result: Comparison) -> list[Entry]:
    """Return the groups of runs of a comparison, and the models that are in no group."""
    grouped = {run: group for group in result.groups for run in group.runs}
    found: dict[str, Entry] = {}
    for i, model in enumerate(result.models):
        group = grouped.get(i)
        runs = (i,) if group is None else group.runs
        name = model.name if group is None else group.name
        if name in found and found[name].runs != tuple(runs):
            name += " (model)" if group is None else " (group)"
        found.setdefault(name, Entry(name, result, tuple(runs), group))
    return list(found.values())


def _of_probabilities(model: ModelResult, key: str, position: int | None) -> Estimate | None:
    base = key.removesuffix("_macro")
    if model.probability is None:
        return None
    if position is None:
        return model.probability.overall.get(base)
    areas = by_class(model.probability)
    return areas[base][position] if base in areas else None


def _as_f_beta(key: str) -> str:
    """Return a metric with F1 written as F-β, as the records hold it."""
    return re.sub(r"^f1(?=_|$)", "f_beta[1.0]", key)


def _mean(runs: list[Estimate]) -> Estimate:
    values = [each.value for each in runs if each.value is not None]
    if len(values) < len(runs):
        return Estimate(None, undefined="undefined for a run")
    return Estimate(float(np.mean(values)), method=OVER_RUNS)
