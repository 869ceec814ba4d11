"""Where two models disagree: who is right when, each class's share of the gap, changed errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.compare.phrasing import MINUS, count, p_value, points
from evalkit.report.printed import Printed, p_text, printed_difference

if TYPE_CHECKING:
    from evalkit.compare.results import ChangedCell, PairResult
    from evalkit.report.subject import ShownModel, Subject

LISTED_CLASSES = 30
LISTED_CELLS = 12


@dataclass(frozen=True)
class Agreement:
    """On how many samples both, one or none of two models are right."""

    both_right: str
    only_first: str
    only_second: str
    both_wrong: str
    test: str


@dataclass(frozen=True)
class ClassShare:
    """One class's term of the gap, with the difference in recall that makes it.

    `bar_start` and `bar_width` place the term on an axis from −reach to reach, in percent.
    """

    name: str
    anchor: str
    support: str
    recall: Printed
    p: str
    share: str
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
    """Everything about two models; differences are second minus first."""

    index: int
    first: ShownModel
    second: ShownModel
    accuracy: Printed
    p: str
    test: str
    agreement: Agreement | None
    shares: tuple[ClassShare, ...]
    n_left_out: int
    gap: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Disagreement:
    """The section's content: the pair of the two most accurate models comes first."""

    pairs: tuple[PairDetail, ...]
    confidence: str


def collect(subject: Subject) -> Disagreement | None:
    """Return the section, or None for one model alone."""
    if not subject.comparison.pairs:
        return None
    order = {id(pair): i for i, pair in enumerate(subject.comparison.pairs)}
    return Disagreement(
        tuple(_detail(subject, pair, order[id(pair)]) for pair in subject.pairs_by_interest()),
        subject.confidence,
    )


def _detail(subject: Subject, pair: PairResult, index: int) -> PairDetail:
    accuracy = pair.overall["accuracy"]
    shares = _shares(subject, pair)
    return PairDetail(
        index=index,
        first=subject.models[pair.first],
        second=subject.models[pair.second],
        accuracy=printed_difference(accuracy),
        p=p_text(accuracy),
        test=accuracy.test,
        agreement=_agreement(pair),
        shares=shares[:LISTED_CLASSES],
        n_left_out=max(0, len(shares) - LISTED_CLASSES),
        gap=points(accuracy.value or 0.0, decimals=2),
        changes=tuple(_change(subject, cell) for cell in pair.changed_cells[:LISTED_CELLS]),
    )


def _agreement(pair: PairResult) -> Agreement | None:
    if pair.mcnemar is None or pair.both_right is None or pair.both_wrong is None:
        return None
    test = pair.mcnemar
    return Agreement(
        both_right=count(pair.both_right),
        only_first=count(test.only_first),
        only_second=count(test.only_second),
        both_wrong=count(pair.both_wrong),
        test=(
            f"McNemar's test: χ² = {test.statistic:.2f}, exact {p_value(test.p_exact)}, "
            f"mid-p {p_value(test.p_midp)}."
        ),
    )


def _shares(subject: Subject, pair: PairResult) -> tuple[ClassShare, ...]:
    """Return the classes by the size of their term, the largest first."""
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
                p=p_text(recall),
                share=points(share, decimals=2),
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
