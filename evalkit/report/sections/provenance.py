"""Section on provenance: data, files, versions, seed and full names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from evalkit.phrasing import beta_text, count, joined, plural
from evalkit.report.names import LONGEST_PROSE, shortened, visible
from evalkit.statistics.resamplers import bounded_replicates
from evalkit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.report.names import Sentence
    from evalkit.report.subject import ShownModel, Subject


@dataclass(frozen=True)
class Fact:
    """A label and its text."""

    label: str
    text: str


@dataclass(frozen=True)
class ModelFacts:
    """The provenance of one model."""

    model: ShownModel
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class FullName:
    """A name as shown, and in full."""

    shown: str
    whole: str


@dataclass(frozen=True)
class Provenance:
    """The content of the section."""

    facts: tuple[Fact, ...]
    models: tuple[ModelFacts, ...]
    notes: tuple[Sentence, ...]
    full_names: tuple[FullName, ...]


def collect(subject: Subject) -> Provenance:
    """Return the provenance of the comparison."""
    comparison = subject.comparison
    return Provenance(
        facts=tuple(_facts(subject)),
        models=tuple(
            ModelFacts(
                shown,
                tuple(
                    Fact(visible(label), shortened(visible(text), LONGEST_PROSE))
                    for label, text in model.provenance.items()
                ),
            )
            for shown, model in zip(subject.models, comparison.models, strict=True)
            if model.provenance
        ),
        notes=subject.noted(comparison.notes),
        full_names=tuple(_full_names(subject)),
    )


def _facts(subject: Subject) -> Iterator[Fact]:
    comparison, settings = subject.comparison, subject.comparison.settings
    data = comparison.dataset
    if data is not None:
        yield Fact("Data set", shortened(visible(data.name), LONGEST_PROSE))
        yield Fact("Loaded by", shortened(visible(data.spec), LONGEST_PROSE))
        yield Fact("Split", shortened(visible(data.split), LONGEST_PROSE))
        yield Fact("Fingerprint of the test split", f"sha256 {visible(data.fingerprint)}")
    yield Fact(
        "Samples and classes",
        f"{plural(comparison.n_samples, 'sample')}, "
        f"{plural(subject.n_classes, 'class', 'classes')}",
    )
    if subject.samples.rows:
        yield Fact("Samples in this page", subject.samples.statement)
    yield Fact("Confidence", subject.confidence)
    yield Fact("β", joined([beta_text(beta) for beta in settings.betas]))
    yield Fact("Seed", str(settings.seed))
    yield Fact("Replicates", count(bounded_replicates(settings.replicates, subject.n_classes)))
    yield Fact("evalkit", __version__)
    made = source_date()
    if made:
        yield Fact("Date", made)


def source_date() -> str:
    """Return the date of ``SOURCE_DATE_EPOCH``, or nothing.

    The page does not hold the current time, so that equal inputs give equal bytes.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%d") if epoch.isdecimal() else ""


def _full_names(subject: Subject) -> Iterator[FullName]:
    """Yield each name that is shown shortened."""
    models = zip(
        (model.name for model in subject.comparison.models),
        (shown.name for shown in subject.models),
        strict=True,
    )
    for name, shown in (*models, *zip(subject.comparison.classes, subject.classes, strict=True)):
        if visible(name) != shown:
            yield FullName(shown, visible(name))
