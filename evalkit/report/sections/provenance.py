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

HASH, HASH_DIGITS = "SHA-256", 12


@dataclass(frozen=True)
class Fact:
    """A label and its text."""

    label: str
    text: str


@dataclass(frozen=True)
class ModelFacts:
    """What differs between the models: the texts of one model, in the order of the labels."""

    model: ShownModel
    group: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class FullName:
    """A name as shown, and in full."""

    shown: str
    whole: str


@dataclass(frozen=True)
class Provenance:
    """The content of the section.

    `common` are the facts that hold for every model; `labels` are those of the facts that differ.
    """

    facts: tuple[Fact, ...]
    common: tuple[Fact, ...]
    labels: tuple[str, ...]
    models: tuple[ModelFacts, ...]
    has_groups: bool
    notes: tuple[Sentence, ...]
    full_names: tuple[FullName, ...]


def collect(subject: Subject) -> Provenance:
    """Return the provenance of the comparison."""
    comparison = subject.comparison
    told = [model.provenance for model in comparison.models]
    labels = list(dict.fromkeys(label for each in told for label in each))
    common = [label for label in labels if len(told) > 1 and len({t.get(label) for t in told}) == 1]
    differing = [label for label in labels if label not in common]
    group_of = {run: shown.name for shown, run in _runs(subject)}
    return Provenance(
        facts=tuple(_facts(subject)),
        common=tuple(Fact(visible(label), _text(label, told[0][label])) for label in common),
        labels=tuple(map(visible, differing)),
        models=tuple(
            ModelFacts(
                shown,
                group_of.get(shown.position, ""),
                tuple(_text(label, facts.get(label, "")) for label in differing),
            )
            for shown, facts in zip(subject.models, told, strict=True)
            if facts
        )
        if differing
        else (),
        has_groups=bool(group_of),
        notes=subject.noted(comparison.notes),
        full_names=tuple(_full_names(subject)),
    )


def _runs(subject: Subject) -> Iterator[tuple[ShownModel, int]]:
    """Yield each group with the position of each of its runs."""
    for shown, group in zip(subject.groups, subject.comparison.groups, strict=True):
        yield from ((shown, run) for run in group.runs)


def _text(label: str, text: str) -> str:
    """Return the text of a fact; a hash is cut, because the JSON file has all of it."""
    text = shortened(visible(text), LONGEST_PROSE)
    return f"{text[:HASH_DIGITS]}…" if label == HASH and len(text) > HASH_DIGITS else text


def _facts(subject: Subject) -> Iterator[Fact]:
    comparison, settings = subject.comparison, subject.comparison.settings
    data = comparison.dataset
    if data is not None:
        yield Fact("Data set", shortened(visible(data.name), LONGEST_PROSE))
        if data.spec != data.name:
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
    replicates = count(bounded_replicates(settings.replicates, subject.n_classes))
    betas = joined([beta_text(beta) for beta in settings.betas])
    yield Fact(
        "Settings",
        f"confidence {subject.confidence}; β = {betas}; {replicates} replicates; "
        f"seed {settings.seed}; evalkit {__version__}",
    )
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
