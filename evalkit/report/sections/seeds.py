"""Seeds: runs of one configuration, their spread, and which configuration is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.compare.phrasing import count, percent
from evalkit.report.names import shown_names
from evalkit.report.printed import Printed, printed_difference, printed_estimate
from evalkit.report.terms import Term, term

if TYPE_CHECKING:
    from evalkit.compare.results import GroupResult
    from evalkit.report.subject import Subject


@dataclass(frozen=True)
class GroupCell:
    """One metric of a group: the mean with its interval, and the spread over runs."""

    mean: Printed
    spread: str


@dataclass(frozen=True)
class GroupRow:
    """One configuration."""

    name: str
    runs: str
    cells: tuple[GroupCell, ...]


@dataclass(frozen=True)
class PairCell:
    """The difference of two configurations in one metric, and how often a run of second wins."""

    figure: Printed
    improvement: str


@dataclass(frozen=True)
class PairRow:
    """Second configuration minus first."""

    first: str
    second: str
    cells: tuple[PairCell, ...]


@dataclass(frozen=True)
class CurveRow:
    """One epoch of a configuration's mean curves, accuracies in percent, losses in nats."""

    epoch: str
    train_loss: str
    validation_loss: str
    train_accuracy: str
    validation_accuracy: str


@dataclass(frozen=True)
class GroupCurves:
    """The mean curves of one configuration."""

    name: str
    rows: tuple[CurveRow, ...]


@dataclass(frozen=True)
class Seeds:
    """The section's content."""

    terms: tuple[Term, ...]
    rows: tuple[GroupRow, ...]
    pairs: tuple[PairRow, ...]
    curves: tuple[GroupCurves, ...]
    factor: str
    confidence: str
    warnings: tuple[str, ...]


def collect(subject: Subject) -> Seeds | None:
    """Return the section, or None where no runs are grouped."""
    groups = subject.comparison.groups
    if not groups:
        return None
    names = shown_names([group.name for group in groups])
    keys = [key for key in groups[0].metrics if key != "matthews_corrcoef"]
    terms = tuple(term(key) for key in keys)
    return Seeds(
        terms=terms,
        rows=tuple(
            GroupRow(name, count(len(group.runs)), _cells(group, keys, terms))
            for name, group in zip(names, groups, strict=True)
        ),
        pairs=tuple(
            PairRow(
                first=names[pair.first],
                second=names[pair.second],
                cells=tuple(
                    PairCell(
                        printed_difference(pair.differences[key], unit.unit),
                        percent(pair.probability_of_improvement[key], decimals=0),
                    )
                    for key, unit in zip(keys, terms, strict=True)
                ),
            )
            for pair in subject.comparison.group_pairs
        ),
        curves=tuple(
            GroupCurves(name, _curve_rows(group))
            for name, group in zip(names, groups, strict=True)
            if group.curves
        ),
        factor=f"{groups[0].factor:g}",
        confidence=subject.confidence,
        warnings=tuple(
            f"{name}: {group.warning}."
            for name, group in zip(names, groups, strict=True)
            if group.warning
        ),
    )


def _cells(group: GroupResult, keys: list[str], terms: tuple[Term, ...]) -> tuple[GroupCell, ...]:
    cells = []
    for key, unit in zip(keys, terms, strict=True):
        metric = group.metrics[key]
        spread = ""
        if metric.standard_deviation is not None:
            spread = f"±{percent(group.factor * metric.standard_deviation)}"
        cells.append(GroupCell(printed_estimate(metric.mean, unit.unit), spread))
    return tuple(cells)


def _curve_rows(group: GroupResult) -> tuple[CurveRow, ...]:
    """Return mean ± factor × standard deviation of each curve, epoch by epoch."""
    rows = []
    for i, point in enumerate(group.curves["train_loss"]):
        told = {}
        for key, bands in group.curves.items():
            band = bands[i]
            scale = 1 if key.endswith("loss") else 100
            decimals = 3 if key.endswith("loss") else 1
            text = f"{scale * band.mean:.{decimals}f}"
            if band.high is not None:
                text += f" ±{scale * (band.high - band.mean):.{decimals}f}"
            told[key] = text
        rows.append(CurveRow(epoch=str(point.epoch), **told))
    return tuple(rows)
