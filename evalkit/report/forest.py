"""The picture of the summary: for each of its metrics, a dot with whiskers for every model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalkit.metrics.quantities import COST
from evalkit.report.axis import Axis, Baseline, axis_of, baseline_on
from evalkit.report.names import shortened, visible
from evalkit.report.printed import (
    Printed,
    decimals_for,
    p_text,
    printed_difference,
    printed_estimate,
)
from evalkit.report.terms import Term, summary_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evalkit.compare.records import SummaryMetric
    from evalkit.report.subject import ShownModel, Subject
    from evalkit.statistics.estimates import Difference, Estimate

SMALL_PANELS = 3
BESIDE = (
    COST,
    "accuracy",
    "recall",
    "precision",
    "average_precision",
    "f1",
    "f1_macro",
    "log_loss",
)
"""Metrics that are drawn beside the primary one, the first ones first."""
UNFOLDED = 12
"""Rows beyond this many are folded."""
COMPACT = 8
"""Rows are lower where there are more than this many."""
TICKS, SMALL_TICKS = 5, 3


@dataclass(frozen=True)
class Gap:
    """The difference of a row from the leader, with its p-value; empty for the leader itself."""

    figure: Printed
    p: str


@dataclass(frozen=True)
class Lane:
    """One row of a panel: a model or a group, and the places of its dot and whiskers.

    `runs` are the places of the runs of a group.
    """

    shown: ShownModel
    figure: Printed
    told: str
    value: float | None
    low: float | None
    high: float | None
    runs: tuple[float, ...]
    gap: Gap | None


@dataclass(frozen=True)
class Measure:
    """What a metric of the summary is called: its term, and the class that it is of."""

    term: Term
    of_class: str | None = None

    @property
    def plain(self) -> str:
        """The name in one string, with the unit."""
        of = "" if self.of_class is None else f' of "{self.of_class}"'
        return f"{self.term.plain}{of}{self.term.unit_suffix}"


def measure_of(metric: SummaryMetric, subject: Subject) -> Measure:
    """Return what a metric of the summary is called."""
    whole = summary_term(replace(metric, of_class=None), subject.classes)
    return Measure(whole, None if metric.of_class is None else subject.classes[metric.of_class])


@dataclass(frozen=True)
class Panel:
    """One metric: its axis and its rows, the best in the primary metric first."""

    measure: Measure
    axis: Axis
    base: Baseline | None
    lanes: tuple[Lane, ...]

    @property
    def direction(self) -> str:
        """What the reader has to know where lower values are better."""
        return "" if self.measure.term.higher_is_better else "lower is better"


@dataclass(frozen=True)
class Forest:
    """The panels of the picture, that of the primary metric first.

    `reference` is what the differences are from, `gap_unit` their unit.
    """

    panels: tuple[Panel, ...]
    reference: str
    gap_unit: str
    of_groups: bool
    methods: tuple[str, ...]

    @property
    def is_compact(self) -> bool:
        """Whether there are so many rows that they are lower."""
        return len(self.panels[0].lanes) > COMPACT

    @property
    def folded(self) -> int:
        """The number of rows that are folded."""
        return max(0, len(self.panels[0].lanes) - UNFOLDED)

    @property
    def shapes(self) -> tuple[str, ...]:
        """The shapes of the marks that are drawn."""
        return tuple(dict.fromkeys(lane.shown.mark.shape for lane in self.panels[0].lanes))


def forest(subject: Subject) -> Forest:
    """Return the picture of a comparison: its groups of runs, or else its models."""
    comparison = subject.comparison
    primary, *others = comparison.summary_metrics
    of_groups = bool(comparison.group_ranking and primary.groups)
    drawn = [primary, *_beside(primary, others, of_groups=of_groups)]
    order = comparison.group_ranking if of_groups else comparison.ranking
    panels = tuple(
        _panel(subject, metric, order, of_groups=of_groups, with_gaps=metric is primary)
        for metric in drawn
    )
    estimates = primary.groups if of_groups else primary.models
    leader = (subject.groups if of_groups else subject.models)[order[0]].name
    if len(order) == 1:
        leader = "" if comparison.baseline is None else "majority class"
        if primary.metric == COST and leader:
            leader = "cheapest class"
    return Forest(
        panels=panels,
        reference=leader,
        gap_unit="points" if panels[0].measure.term.unit == "percent" else "",
        of_groups=of_groups,
        methods=tuple(dict.fromkeys(each.method for each in estimates if each.method)),
    )


def _beside(
    primary: SummaryMetric, others: Sequence[SummaryMetric], *, of_groups: bool
) -> list[SummaryMetric]:
    """Return the few metrics that are drawn beside the primary one."""
    known = [
        metric
        for metric in others
        if metric.metric in BESIDE
        and (metric.groups if of_groups else metric.models)
        and (metric.metric, metric.of_class) != (primary.metric, primary.of_class)
    ]
    return sorted(known, key=lambda metric: BESIDE.index(metric.metric))[:SMALL_PANELS]


def _panel(
    subject: Subject,
    metric: SummaryMetric,
    order: Sequence[int],
    *,
    of_groups: bool,
    with_gaps: bool,
) -> Panel:
    comparison = subject.comparison
    measure = measure_of(metric, subject)
    term = measure.term
    estimates = metric.groups if of_groups else metric.models
    runs = {
        i: tuple(v for run in group.runs if (v := metric.models[run].value) is not None)
        for i, group in enumerate(comparison.groups if of_groups else ())
    }
    decimals = decimals_for(term.unit, [each.value for each in estimates])
    bounds = [*_bounds(estimates), *(value for values in runs.values() for value in values)]
    axis = axis_of(bounds, metric.baseline, term, TICKS if with_gaps else SMALL_TICKS)
    gaps = _gaps(subject, metric, order, of_groups=of_groups) if with_gaps else {}
    lanes = []
    for position in order:
        estimate = estimates[position]
        shown = (subject.groups if of_groups else subject.models)[position]
        gap = gaps.get(position)
        figure = printed_estimate(estimate, term.unit, decimals=decimals)
        lanes.append(
            Lane(
                shown=shown,
                figure=figure,
                told=_told(shown.name, figure, estimate, subject.confidence),
                value=_place(axis, estimate.value),
                low=_place(axis, estimate.low),
                high=_place(axis, estimate.high),
                runs=tuple(axis.place(value) for value in runs.get(position, ())),
                gap=None
                if gap is None
                else Gap(printed_difference(gap, term.unit, decimals=decimals), p_text(gap)),
            )
        )
    return Panel(
        measure=measure,
        axis=axis,
        base=baseline_on(metric.baseline, axis, term, decimals),
        lanes=tuple(lanes),
    )


def _gaps(
    subject: Subject, metric: SummaryMetric, order: Sequence[int], *, of_groups: bool
) -> dict[int, Difference]:
    """Return the difference of each model or group from the first of the order."""
    comparison = subject.comparison
    leader = order[0]
    ends = (
        [(pair.first, pair.second) for pair in comparison.group_pairs]
        if of_groups
        else [(pair.first, pair.second) for pair in comparison.pairs]
    )
    differences = metric.group_pairs if of_groups else metric.pairs
    if len(order) == 1:
        return {} if comparison.baseline is None else {leader: comparison.baseline.gaps[0]}
    gaps = {}
    for (first, second), difference in zip(ends, differences, strict=True):
        if first == leader:
            gaps[second] = difference
        elif second == leader:
            gaps[first] = reversed_difference(difference)
    return gaps


def reversed_difference(difference: Difference) -> Difference:
    """Return a difference with the two models exchanged.

    >>> from evalkit.statistics.estimates import Difference
    >>> reversed_difference(Difference(0.2, 0.1, 0.4)).low
    -0.4
    """
    value, low, high = difference.value, difference.low, difference.high
    return replace(
        difference,
        value=None if value is None else -value,
        low=None if high is None else -high,
        high=None if low is None else -low,
    )


def _bounds(estimates: Iterable[Estimate]) -> list[float]:
    return [
        bound
        for estimate in estimates
        for bound in (estimate.low, estimate.value, estimate.high)
        if bound is not None
    ]


def _place(axis: Axis, value: float | None) -> float | None:
    return None if value is None else axis.place(value)


def _told(name: str, figure: Printed, estimate: Estimate, confidence: str) -> str:
    """Return what a dot says when it is pointed at."""
    name = shortened(visible(name))
    if not figure.is_defined:
        return f"{name}: {figure.value}, {figure.reason}"
    if not figure.interval:
        return f"{name}: {figure.value}"
    method = f" ({estimate.method})" if estimate.method else ""
    return f"{name}: {figure.value}, {confidence} interval {figure.interval}{method}"
