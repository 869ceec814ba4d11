"""Section on where two models differ: samples, terms of the classes, changed errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import MINUS, NO_BREAK, beta_text, count, p_value, points, size_in_points
from evalkit.report.p_values import common_p, p_number
from evalkit.report.printed import Printed, printed_difference

if TYPE_CHECKING:
    from evalkit.compare.records import ChangedCell, PairResult
    from evalkit.report.subject import ShownModel, Subject

LISTED_CLASSES = 30
LISTED_CELLS = 12
DETAILED_PAIRS = 45
"""Of more pairs than this, only those with the best model have details."""


@dataclass(frozen=True)
class Agreement:
    """The number of samples that both, one or none of two models classify correctly."""

    both_right: str
    only_first: str
    only_second: str
    both_wrong: str
    test: str


@dataclass(frozen=True)
class ClassShare:
    """The term of one class in the difference in accuracy, and its difference in recall.

    `bar_start` and `bar_width` place the term on an axis from −reach to reach, in percent.
    """

    name: str
    anchor: str
    support: str
    recall: Printed
    p: str
    share: str
    share_of_f: str
    share_number: float
    bar_start: float
    bar_width: float


@dataclass(frozen=True)
class Change:
    """A cell of the matrix that differs between two models."""

    actual: str
    predicted: str
    first: str
    second: str
    change: str
    share: str


@dataclass(frozen=True)
class PairDetail:
    """Everything about two models; differences are second minus first.

    `common_p` is what the p-values of all classes are, if they are equal; `reach` is where the axis
    of the bars ends, in points.
    """

    index: int
    first: ShownModel
    second: ShownModel
    accuracy: Printed
    p: str
    test: str
    agreement: Agreement | None
    shares: tuple[ClassShare, ...]
    common_p: str
    reach: str
    n_left_out: int
    gap: str
    f_beta: str
    f_gap: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Disagreement:
    """The content of the section; the pair of the two leading models is first.

    `detailed` are the pairs that have more than a row of the table; `of_groups` says that each pair
    are typical runs of two groups; `common_p` is what the p-values of all pairs are, if they are
    equal.
    """

    pairs: tuple[PairDetail, ...]
    detailed: tuple[PairDetail, ...]
    confidence: str
    of_groups: bool
    common_p: str


def collect(subject: Subject) -> Disagreement | None:
    """Return the section, or None for one model alone."""
    if not subject.comparison.pairs:
        return None
    order = {id(pair): i for i, pair in enumerate(subject.comparison.pairs)}
    details = [_detail(subject, pair, order[id(pair)]) for pair in subject.pairs_by_interest()]
    return Disagreement(
        tuple(details),
        tuple(_detailed(subject, details)),
        subject.confidence,
        subject.is_of_groups,
        common_p([detail.p for detail in details]),
    )


def _detailed(subject: Subject, details: list[PairDetail]) -> list[PairDetail]:
    """Return the pairs that have details: all, or those with the best model if there are many."""
    if len(details) <= DETAILED_PAIRS:
        return details
    comparison = subject.comparison
    best = comparison.ranking[0]
    if subject.is_of_groups:
        best = subject.comparison.typical_run(comparison.group_ranking[0])
    return [each for each in details if best in (each.first.position, each.second.position)]


def _detail(subject: Subject, pair: PairResult, index: int) -> PairDetail:
    accuracy = pair.overall["accuracy"]
    beta = _shown_beta(subject)
    shares = _shares(subject, pair, beta)
    reach = max((abs(share.share_number) for share in shares), default=0.0)
    return PairDetail(
        index=index,
        first=subject.models[pair.first],
        second=subject.models[pair.second],
        accuracy=printed_difference(accuracy),
        p=p_number(accuracy),
        test=accuracy.test,
        agreement=_agreement(pair),
        shares=shares[:LISTED_CLASSES],
        common_p=common_p([share.p for share in shares]),
        reach=size_in_points(reach, decimals=2),
        n_left_out=max(0, len(shares) - LISTED_CLASSES),
        gap=points(accuracy.value or 0.0, decimals=2),
        f_beta=beta_text(beta),
        f_gap=points(sum(pair.macro_f_share[f"f_beta_macro[{beta:g}]"]), decimals=2),
        changes=tuple(_change(subject, cell) for cell in pair.changed_cells[:LISTED_CELLS]),
    )


def _agreement(pair: PairResult) -> Agreement | None:
    counts = pair.both_right, pair.only_first, pair.only_second, pair.both_wrong
    if None in counts:
        return None
    told = ""
    if (test := pair.mcnemar) is not None:
        told = (
            f"McNemar's test: χ² = {test.statistic:.2f}, exact {_unbroken(test.p_exact)}, "
            f"mid-p {_unbroken(test.p_midp)}."
        )
    both, first, second, neither = (count(number or 0.0) for number in counts)
    return Agreement(both, first, second, neither, told)


def _unbroken(p: float) -> str:
    return p_value(p).replace(" ", NO_BREAK)


def _shown_beta(subject: Subject) -> float:
    """Return the β closest to 1 of those whose macro F is decomposed."""
    return min(subject.comparison.settings.betas, key=lambda beta: abs(math.log(beta)))


def _shares(subject: Subject, pair: PairResult, beta: float) -> tuple[ClassShare, ...]:
    """Return the classes sorted by the size of their term, the largest first."""
    reach = max((abs(share) for share in pair.class_share), default=0.0) or 1.0
    largest_first = sorted(range(subject.n_classes), key=lambda k: (-abs(pair.class_share[k]), k))
    rows = []
    for k in largest_first:
        share = pair.class_share[k]
        recall = pair.per_class["recall"][k]
        width = 50 * abs(share) / reach
        rows.append(
            ClassShare(
                name=subject.classes[k],
                anchor=f"class-{k}",
                support=count(subject.comparison.support[k]),
                recall=printed_difference(recall),
                p=p_number(recall),
                share=points(share, decimals=2),
                share_of_f=points(pair.macro_f_share[f"f_beta_macro[{beta:g}]"][k], decimals=2),
                share_number=share,
                bar_start=round(50 - width if share < 0 else 50.0, 2),
                bar_width=round(width, 2),
            )
        )
    return tuple(rows)


def _change(subject: Subject, cell: ChangedCell) -> Change:
    return Change(
        actual=subject.classes[cell.actual],
        predicted=subject.classes[cell.predicted],
        first=count(cell.count_first),
        second=count(cell.count_second),
        change=f"{'+' if cell.change > 0 else MINUS}{count(abs(cell.change))}",
        share="" if cell.share_change is None else points(cell.share_change),
    )
