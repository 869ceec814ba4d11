"""The sections of the page in reading order; each module collects the content of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalkit.report.sections import (
    beta,
    choosing,
    classes,
    confusion,
    costs,
    disagreement,
    errors,
    findings,
    landscape,
    method,
    posterior,
    probability,
    provenance,
    seeds,
    slices,
    summary,
    training,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.report.subject import Subject

__all__ = ["SECTIONS", "Section", "collect_sections"]


@dataclass(frozen=True)
class Section:
    """A section with content; `stem` names its template, style sheet, script and id."""

    stem: str
    title: str
    entry: str
    content: Any


SECTIONS: tuple[tuple[str, str, str, Callable[[Subject], Any]], ...] = (
    ("summary", "Summary", "Summary", summary.collect),
    ("findings", "Findings", "Findings", findings.collect),
    ("seeds", "Means over the runs of each group", "Groups of runs", seeds.collect),
    ("posterior", "Practical equivalence", "Equivalence", posterior.collect),
    ("confusion", "Confusion matrices", "Confusion matrices", confusion.collect),
    ("errors", "Errors", "Errors", errors.collect),
    ("classes", "Metrics by class", "Classes", classes.collect),
    ("beta", "F-β by β", "F-β by β", beta.collect),
    ("costs", "Expected costs", "Expected costs", costs.collect),
    ("slices", "Metrics by slice", "Slices", slices.collect),
    ("disagreement", "Disagreement between models", "Disagreement", disagreement.collect),
    ("probability", "Probabilities and calibration", "Probabilities", probability.collect),
    ("training", "Training curves", "Training curves", training.collect),
    ("landscape", "Loss around the weights", "Loss landscape", landscape.collect),
    ("method", "Statistical methods", "Methods", method.collect),
    ("choosing", "Choice of metric", "Choice of metric", choosing.collect),
    ("provenance", "Provenance", "Provenance", provenance.collect),
)
"""Stem, title, entry in the table of contents, and collector of each section."""


def collect_sections(subject: Subject) -> tuple[Section, ...]:
    """Return the sections that have content."""
    collected = (
        Section(stem, title, entry, collect(subject)) for stem, title, entry, collect in SECTIONS
    )
    return tuple(section for section in collected if section.content is not None)
