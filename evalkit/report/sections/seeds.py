"""Section on seeds: runs of each configuration, their spread, and differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import count, joined, percent
from evalkit.report.printed import Printed, p_text, printed_difference, printed_estimate
from evalkit.report.terms import Term, term

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalkit.compare.records import GroupPair, GroupResult
    from evalkit.report.subject import ShownModel, Subject


@dataclass(frozen=True)
class GroupCell:
    """One metric of a group: mean, interval and spread over runs."""

    mean: Printed
    spread: str


@dataclass(frozen=True)
class GroupRow:
    """One configuration."""

    group: ShownModel
    runs: str
    cells: tuple[GroupCell, ...]


@dataclass(frozen=True)
class PairCell:
    """A difference of two configurations, its test, and how often the second is better."""

    figure: Printed
    p_value: str
    improvement: str


@dataclass(frozen=True)
class PairRow:
    """Second configuration minus first."""

    first: str
    second: str
    cells: tuple[PairCell, ...]


@dataclass(frozen=True)
class Seeds:
    """The content of the section."""

    terms: tuple[Term, ...]
    rows: tuple[GroupRow, ...]
    pairs: tuple[PairRow, ...]
    factor: str
    confidence: str
    has_single: bool
    warnings: tuple[str, ...]


def collect(subject: Subject) -> Seeds | None:
    """Return the section, or None where no runs are grouped."""
    groups = subject.comparison.groups
    if not groups:
        return None
    names = [group.name for group in subject.groups]
    keys = [key for key in groups[0].metrics if key != "matthews_corrcoef"]
    terms = tuple(term(key) for key in keys)
    return Seeds(
        terms=terms,
        rows=tuple(
            GroupRow(shown, count(len(group.runs)), _cells(group, keys, terms))
            for shown, group in zip(subject.groups, groups, strict=True)
        ),
        pairs=tuple(
            PairRow(
                first=names[pair.first],
                second=names[pair.second],
                cells=tuple(
                    PairCell(
                        printed_difference(pair.differences[key], unit.unit),
                        p_text(pair.differences[key]),
                        _improvement(pair, key),
                    )
                    for key, unit in zip(keys, terms, strict=True)
                ),
            )
            for pair in subject.comparison.group_pairs
        ),
        factor=f"{groups[0].factor:g}",
        confidence=subject.confidence,
        has_single=any(len(group.runs) == 1 for group in groups),
        warnings=tuple(_warnings(groups, names)),
    )


def _warnings(groups: Sequence[GroupResult], names: Sequence[str]) -> Iterator[str]:
    """Yield each warning once, with the groups that it is for."""
    told: dict[str, list[str]] = {}
    for name, group in zip(names, groups, strict=True):
        if group.warning:
            told.setdefault(group.warning, []).append(name)
    for warning, own in told.items():
        yield f"{joined(own)}: {warning}."


def _improvement(pair: GroupPair, key: str) -> str:
    """Return a probability of improvement in percent, with its interval."""
    value = percent(pair.probability_of_improvement[key], decimals=0)
    limits = pair.improvement.get(key)
    if limits is None or limits.low is None or limits.high is None:
        return f"{value}\N{NO-BREAK SPACE}%"
    low, high = (percent(limit, decimals=0) for limit in (limits.low, limits.high))
    return f"{value}\N{NO-BREAK SPACE}% ({low}–{high})"


def _cells(group: GroupResult, keys: list[str], terms: tuple[Term, ...]) -> tuple[GroupCell, ...]:
    cells = []
    for key, unit in zip(keys, terms, strict=True):
        metric = group.metrics[key]
        spread = ""
        if metric.standard_deviation is not None:
            spread = f"±{percent(group.factor * metric.standard_deviation)}"
        cells.append(GroupCell(printed_estimate(metric.mean, unit.unit), spread))
    return tuple(cells)
