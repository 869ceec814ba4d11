"""Tests of one series of a history for changes, and the changes of all its metrics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evalkit.gate.estimates import metric_at
from evalkit.metrics.catalog import lookup
from evalkit.metrics.quantities import COST
from evalkit.statistics.blocks import block_values
from evalkit.statistics.change_points import (
    change_points_of_blocks,
    change_points_of_counts,
    change_points_of_estimates,
)
from evalkit.statistics.intervals import critical_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evalkit.history.entries import Entry
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.metrics.quantities import Quantity
    from evalkit.statistics.change_points import ChangePoint
    from evalkit.statistics.estimates import Estimate

COUNTED = ("accuracy", "recall")
"""Shares of samples whose number does not depend on the model."""


class Test(NamedTuple):
    """How one series is tested for changes: its share of α, and the arguments of the tests."""

    alpha: float
    sequential: bool
    seed: int


@dataclass(frozen=True)
class Step:
    """A metric whose level changes at a run."""

    metric: str
    run: int
    point: ChangePoint


@dataclass(frozen=True)
class Change:
    """A change of one model, which one or several metrics show.

    Attributes
    ----------
    model : the name of the model.
    run : the position of the first run after the change.
    steps : one per metric that shows it, at this run or the next one.
    """

    model: str
    run: int
    steps: tuple[Step, ...]


def changes_of(model: str, steps: Iterable[Step]) -> list[Change]:
    """Return the changes of a model, with the steps of different metrics that are one change.

    Metrics of the same predictions change together, and where a change is found varies by a run.
    """
    found: list[list[Step]] = []
    for step in sorted(steps, key=lambda each: each.run):  # stable: metrics stay in their order
        together = found[-1] if found else []
        is_same = (
            together
            and step.run - together[0].run <= 1
            and step.metric not in {each.metric for each in together}
        )
        if is_same:
            together.append(step)
        else:
            found.append([step])
    return [Change(model, together[0].run, tuple(together)) for together in found]


def change_points(
    metric: Quantity, runs: Sequence[Entry], estimates: Sequence[Estimate], test: Test
) -> tuple[ChangePoint, ...] | None:
    """Return the changes of one series, from the most powerful tests that the files allow.

    None if the files allow no test, because a value has no interval.

    The accuracy of runs on the same samples has two tests with half of α each. The one by blocks
    finds small changes in many samples, the one of counts large changes in few.

    Parameters
    ----------
    metric : of the series.
    runs, estimates : the runs in which the metric has a value, and these values.
    test : the share of α of this series.
    """
    alpha, sequential, seed = test
    blocks = shared_blocks(metric, runs)
    shares = _shares(metric, runs)
    paired: tuple[ChangePoint, ...] | None = None
    if blocks is not None:
        alpha = alpha if shares is None else alpha / 2
        paired = change_points_of_blocks(blocks, alpha=alpha, sequential=sequential)
        if shares is None:
            return paired
    if shares is not None:
        found = change_points_of_counts(*shares, alpha=alpha, seed=seed, sequential=sequential)
        if paired is None:
            return found
        more = paired if len(paired) >= len(found) else found
        return tuple(replace(each, p_value=min(1.0, 2 * each.p_value)) for each in more)
    errors = [
        _standard_error(estimate, run.result.settings.confidence)
        for estimate, run in zip(estimates, runs, strict=True)
    ]
    if not all(error > 0 for error in errors):
        return None
    values = [value for one in estimates if (value := one.value) is not None]
    return change_points_of_estimates(values, errors, alpha=alpha, seed=seed, sequential=sequential)


def _shares(
    metric: Quantity, runs: Sequence[Entry]
) -> tuple[Sequence[float], Sequence[float]] | None:
    """Return the numbers of successes and of trials of each run, None for other metrics."""
    simple = all(run.group is None and run.result.sampling.simple for run in runs)
    if metric.metric not in COUNTED or not simple:
        return None
    matrices = [run.models[0].counts.matrices[0] for run in runs]
    if metric.of_class is None:
        return [float(np.trace(each)) for each in matrices], [
            float(each.sum()) for each in matrices
        ]
    places = [run.result.classes.index(metric.of_class) for run in runs]
    right = [float(each[k, k]) for k, each in zip(places, matrices, strict=True)]
    return right, [float(each[k].sum()) for k, each in zip(places, matrices, strict=True)]


def shared_blocks(metric: Quantity, runs: Sequence[Entry]) -> list[FloatArray] | None:
    """Return the metric of each run in each block; None unless all runs have the same blocks."""
    if len(runs) < 2 or any(run.group is not None for run in runs):
        return None
    models = [run.models[0] for run in runs]
    fingerprints = {model.identity.fingerprint for model in models}
    blocks = [model.blocks for model in models]
    first = blocks[0]
    if first is None or len(fingerprints) > 1 or None in fingerprints:
        return None
    if any(each is None or not np.array_equal(each.actual, first.actual) for each in blocks):
        return None
    if not _is_of_counts(metric) or len({run.result.classes for run in runs}) > 1:
        return None
    place = None if metric.of_class is None else runs[0].result.classes.index(metric.of_class)
    function = metric_at(metric.metric, place)
    values = [block_values(function, each) for each in blocks if each is not None]
    return values if np.isfinite(values).all() else None


def _is_of_counts(metric: Quantity) -> bool:
    return metric.metric != COST and lookup(metric.metric).of_counts is not None


def _standard_error(estimate: Estimate, confidence: float) -> float:
    if estimate.low is None or estimate.high is None:
        return 0.0
    return (estimate.high - estimate.low) / (2 * critical_value(confidence))
