"""Section of the findings, each with a link to the section that shows its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.report.names import Sentence
    from evalkit.report.subject import Subject

SHOWN = 5


@dataclass(frozen=True)
class ShownFinding:
    """A finding as printed; `anchor` is the stem of the section with its numbers."""

    title: Sentence
    text: Sentence
    anchor: str


@dataclass(frozen=True)
class Findings:
    """The content of the section: the first findings, and those that are folded."""

    items: tuple[ShownFinding, ...]
    folded: tuple[ShownFinding, ...]


def collect(subject: Subject) -> Findings | None:
    """Return the findings, or None where there are none."""
    items = tuple(
        ShownFinding(
            subject.sentence(finding.title), subject.sentence(finding.text), finding.section
        )
        for finding in subject.comparison.findings
    )
    return Findings(items[:SHOWN], items[SHOWN:]) if items else None
