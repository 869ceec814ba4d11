"""The content of the page: frozen records of formatted text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import joined, plural
from evalkit.report.names import LONGEST_PROSE, shortened, visible
from evalkit.report.sections import Section, collect_sections
from evalkit.version import __version__

if TYPE_CHECKING:
    from evalkit.report.names import Sentence
    from evalkit.report.subject import ShownModel, Subject

MOST_NAMED = 3
LONG_HEADLINE, LONGER_HEADLINE = 82, 125
"""Headlines of more characters have a smaller size, so that they fill two lines of a desk."""


@dataclass(frozen=True)
class Page:
    """The content of the page without scripts and styles.

    Attributes
    ----------
    title : of the window and, where the caller chose it, above the headline.
    kicker : what was compared, in a few words: data, samples, classes.
    headline, lede : the verdict.
    warnings : signs that labels or probabilities are not what they seem.
    models : the legend.
    sections : in reading order.
    """

    title: str
    kicker: tuple[str, ...]
    headline: Sentence
    lede: Sentence
    warnings: tuple[Sentence, ...]
    models: tuple[ShownModel, ...]
    sections: tuple[Section, ...]
    version: str = __version__

    @property
    def headline_size(self) -> str:
        """The CSS classes of the size of the headline."""
        length = sum(len(part.text) for part in self.headline)
        if length <= LONG_HEADLINE:
            return ""
        return "long" if length <= LONGER_HEADLINE else "long longer"


def collect(subject: Subject, *, title: str | None = None) -> Page:
    """Return the content of the page of a comparison."""
    verdict = subject.comparison.verdict
    chosen = shortened(visible(title), LONGEST_PROSE) if title else None
    return Page(
        title=chosen or _title(subject),
        kicker=_kicker(subject, chosen),
        headline=subject.sentence(verdict.headline),
        lede=subject.sentence(verdict.lede),
        warnings=subject.noted(subject.comparison.warnings),
        models=subject.models,
        sections=collect_sections(subject),
    )


def _title(subject: Subject) -> str:
    names = [model.name for model in subject.models]
    if len(names) > MOST_NAMED:
        return f"{len(names)} models compared"
    return f"{joined(names)}: {'evaluation' if len(names) == 1 else 'comparison'}"


def _kicker(subject: Subject, chosen: str | None) -> tuple[str, ...]:
    comparison = subject.comparison
    kind = "Model evaluation" if len(subject.models) == 1 else "Model comparison"
    data = comparison.dataset
    return (
        chosen or kind,
        *([f"{shortened(visible(data.name))} test split"] if data is not None else []),
        plural(comparison.n_samples, "sample"),
        plural(subject.n_classes, "class", "classes"),
    )
