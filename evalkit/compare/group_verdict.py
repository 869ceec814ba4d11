"""The verdict on configurations that were run under several seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.compare.phrasing import (
    confidence_text,
    joined,
    percent_sign,
    plural,
    points,
    points_range,
    size_in_points,
)
from evalkit.compare.results import Verdict

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.compare.results import GroupPair, GroupResult


def verdict_of_groups(comparison: Comparison) -> Verdict:
    """Return the headline and the lede over seeds, from the groups' mean accuracies alone."""
    first, *others = (comparison.groups[i] for i in comparison.group_ranking)
    positions = comparison.group_ranking
    tied = [
        group
        for group, i in zip(others, positions[1:], strict=True)
        if not _pair(comparison, positions[0], i).differences["accuracy"].significant
    ]
    pair = _pair(comparison, positions[0], positions[1])
    apart = others[0] not in tied
    leader = next(i for i in comparison.ranking if i in first.runs) if apart else None
    return Verdict(
        _headline(comparison, first, others, tied, pair), _lede(comparison, pair), leader, apart
    )


def _headline(
    comparison: Comparison,
    first: GroupResult,
    others: list[GroupResult],
    tied: list[GroupResult],
    pair: GroupPair,
) -> str:
    runs = _runs(comparison)
    if len(others) == 1 and not tied:
        gap = pair.differences["accuracy"].value or 0.0
        return (
            f"{first.name} leads by {size_in_points(gap)} points of accuracy over {runs}: "
            f"{_accuracy(first)} against {_accuracy(others[0])}"
        )
    if len(tied) == len(others):
        values = (
            ", ".join(f"{group.name} {_accuracy(group)}" for group in (first, *others))
            if len(others) == 1
            else f"{_accuracy(others[-1])} to {_accuracy(first)}"
        )
        between = "" if len(others) == 1 else f" between {len(others) + 1} configurations"
        return f"No difference that {runs} can show{between}: {values}"
    if tied:
        names = joined([group.name for group in tied]) if len(tied) <= 2 else f"{len(tied)} more"
        return (
            f"{first.name} is ahead with {_accuracy(first)} over {runs}, but {names} cannot be "
            "told from it"
        )
    return (
        f"{first.name} leads {len(others) + 1} configurations with {_accuracy(first)} accuracy "
        f"over {runs}"
    )


def _lede(comparison: Comparison, pair: GroupPair) -> str:
    first, second = comparison.groups[pair.first], comparison.groups[pair.second]
    gap = pair.differences["accuracy"]
    interval = (
        ""
        if gap.low is None or gap.high is None
        else f", {confidence_text(comparison.settings.confidence)} interval "
        f"{points_range(gap.low, gap.high)} over seeds and samples"
    )
    chance = pair.probability_of_improvement["accuracy"]
    better, worse = (second.name, first.name) if chance >= 0.5 else (first.name, second.name)
    text = (
        f"{second.name} − {first.name} is {points(gap.value or 0.0)} points of mean "
        f"accuracy{interval}; a run of {better} beats one of {worse} with probability "
        f"{max(chance, 1 - chance):.2f}."
    )
    few = [group.name for group in (first, second) if group.warning]
    if few:
        text += f" There are too few runs of {joined(few)} to know how far seeds spread."
    return text


def _pair(comparison: Comparison, one: int, other: int) -> GroupPair:
    return next(p for p in comparison.group_pairs if {p.first, p.second} == {one, other})


def _runs(comparison: Comparison) -> str:
    """Return ``"3 runs each"``, or where numbers differ ``"7 runs in all"``."""
    numbers = [len(group.runs) for group in comparison.groups]
    if len(set(numbers)) == 1:
        return f"{plural(numbers[0], 'run')} each"
    return f"{plural(sum(numbers), 'run')} in all"


def _accuracy(group: GroupResult) -> str:
    return percent_sign(group.metrics["accuracy"].mean.value or 0.0)
