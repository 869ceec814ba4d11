"""Section on practical equivalence: the posterior of each pair of models, and of groups of runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import percent, size_in_points

if TYPE_CHECKING:
    from evalkit.report.subject import Subject
    from evalkit.statistics.bayes import Posterior


UNFOLDED_ROWS = 10
"""Of more pairs, those without the most accurate model or group are folded."""


@dataclass(frozen=True)
class Stretch:
    """One stretch of a bar: its style and its width in percent."""

    css: str
    width: float


@dataclass(frozen=True)
class PosteriorRow:
    """Second minus first: the posterior probabilities in percent, a bar, and the method."""

    first: str
    second: str
    better: str
    equal: str
    worse: str
    method: str
    parts: tuple[Stretch, ...]


@dataclass(frozen=True)
class PosteriorSection:
    """The content of the section; `folded` are the rows that are shown on request.

    `method` is that of all posteriors; it stands in the rows if they differ.
    """

    rope: str
    method: str
    rows: tuple[PosteriorRow, ...]
    folded: tuple[PosteriorRow, ...]
    missing: bool


def collect(subject: Subject) -> PosteriorSection | None:
    """Return the section, or None without a rope or with a single model.

    If all models are runs of groups, it is on the groups: two runs are two model files only.
    """
    comparison = subject.comparison
    rope = comparison.settings.rope
    if rope is None or not comparison.pairs:
        return None
    models, groups = subject.models, subject.groups
    pairs = () if comparison.group_ranking else comparison.pairs
    best = models[comparison.ranking[0]]
    leaders = [best, *(groups[i] for i in comparison.group_ranking[:1])]
    found = [
        *((groups[p.first], groups[p.second], p.posterior) for p in comparison.group_pairs),
        *((models[p.first], models[p.second], p.posterior) for p in pairs),
    ]
    known = [
        (first in leaders or second in leaders, _row(first.name, second.name, posterior))
        for first, second, posterior in found
        if posterior is not None
    ]
    few = len(known) <= UNFOLDED_ROWS
    methods = {row.method for _, row in known}
    return PosteriorSection(
        rope=size_in_points(rope, decimals=2),
        method=methods.pop() if len(methods) == 1 else "",
        rows=tuple(row for leads, row in known if leads or few),
        folded=tuple(row for leads, row in known if not (leads or few)),
        missing=any(posterior is None for *_, posterior in found),
    )


def _row(first: str, second: str, posterior: Posterior) -> PosteriorRow:
    shares = {"better": posterior.better, "equal": posterior.equal, "worse": posterior.worse}
    parts = tuple(Stretch(css, round(100 * share, 2)) for css, share in shares.items())
    better, equal, worse = map(percent, shares.values())
    return PosteriorRow(first, second, better, equal, worse, posterior.method, parts)
