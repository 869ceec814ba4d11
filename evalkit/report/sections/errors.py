"""Section of the samples to look at: errors, disagreements and suspected labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import count, joined, percent
from evalkit.report.names import shortened, shown_names, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.compare.records import Gallery, LabelCheck, ShownSample
    from evalkit.report.names import Sentence
    from evalkit.report.samples import Samples, ShownInput
    from evalkit.report.subject import ShownModel, Subject

OPEN_SAMPLES = 24
"""Lists are unfolded until so many samples are seen; the others are folded."""
FIRST_SAMPLES = 12
"""Of a longer list so many samples are seen before it is unfolded."""
MOST_MODELS = 8
"""Up to this many models have a line each; of more, those that agree share one."""


@dataclass(frozen=True)
class Prediction:
    """What one model, or some of many, predicted for a sample."""

    model: ShownModel | None
    label: str
    predicted: str
    probability: str
    is_right: bool


@dataclass(frozen=True)
class SampleCard:
    """A sample as printed."""

    id: str
    actual: str
    alt: str
    predictions: tuple[Prediction, ...]
    inputs: tuple[ShownInput, ...]


@dataclass(frozen=True)
class SampleList:
    """A gallery as printed: its title, the rule by which samples were chosen, and the samples."""

    key: str
    title: Sentence
    rule: Sentence
    shown: str
    remarks: tuple[Sentence, ...]
    first: tuple[SampleCard, ...]
    more: tuple[SampleCard, ...]
    is_open: bool


@dataclass(frozen=True)
class Errors:
    """The content of the section."""

    models: tuple[ShownModel, ...]
    lists: tuple[SampleList, ...]
    samples: Samples
    has_pictures: bool
    is_wide: bool


def collect(subject: Subject) -> Errors | None:
    """Return the section, or None if no samples were selected."""
    samples = subject.samples
    if not samples.rows:
        return None
    kinds = {
        "picture" if shown.place or shown.reason else "words"
        for each in samples.inputs.values()
        for shown in each
    }
    return Errors(
        models=subject.models,
        lists=tuple(_lists(subject)),
        samples=samples,
        has_pictures="picture" in kinds,
        is_wide="words" in kinds,
    )


def _lists(subject: Subject) -> Iterator[SampleList]:
    seen = 0
    for gallery in subject.samples.lists:
        title, rule = _words(subject, gallery)
        cards = tuple(_card(subject, sample) for sample in gallery.samples)
        seen += min(len(cards), FIRST_SAMPLES)
        yield SampleList(
            key=gallery.key,
            title=subject.sentence(title),
            rule=subject.sentence(rule),
            shown=f"{count(len(cards))} of {count(gallery.n_samples)} shown.",
            remarks=tuple(map(subject.sentence, _remarks(subject, gallery))),
            first=cards[:FIRST_SAMPLES],
            more=cards[FIRST_SAMPLES:],
            is_open=seen <= OPEN_SAMPLES or gallery.key == "suspected_labels",
        )


def _words(subject: Subject, gallery: Gallery) -> tuple[str, str]:
    """Return the title of a gallery, and the rule by which its samples were chosen."""
    models = subject.comparison.models
    name = "" if gallery.model is None else models[gallery.model].name
    known = [model.probability is not None for model in models]
    own = any(known) if gallery.model is None else known[gallery.model]
    highest = "highest probability of the predicted class first" if own else "in random order"
    mean = "highest mean probability of the predicted classes first" if own else "in random order"
    several = len(models) > 1
    every = "Both models" if len(models) == 2 else "All models"
    others = "all other models are" if len(models) > 2 else "the other model is"
    if gallery.key == "only_wrong":
        return f"Only {name} is wrong", f"{name} is wrong and {others} right; {highest}."
    if gallery.key == "all_wrong":
        return f"{every} are wrong", f"Hard samples, or wrong labels; {mean}."
    if gallery.key == "unsure":
        title = f"{every} are right but unsure" if several else "Right but unsure"
        lowest = "lowest mean probability" if several else "lowest probability"
        return title, f"Correct predictions; {lowest} of the predicted class first."
    if gallery.key == "weakest_slice":
        where = "in the slice where its accuracy, adjusted for classes, falls short most"
        return f"Weakest slice: {_slice(subject, gallery)}", f"Errors of {name} {where}; {highest}."
    if gallery.key == "suspected_labels":
        who = (
            f"{every} predict the same other class"
            if several
            else f"{models[0].name} predicts another class"
        )
        return "Suspected label errors", _suspicion(who, subject.comparison.label_check)
    title = f"Most confident errors of {name}" if own else f"Errors of {name}"
    return title, f"Samples that {name} misclassifies; {highest}."


def _slice(subject: Subject, gallery: Gallery) -> str:
    if gallery.slice is None:
        return ""
    found = subject.comparison.slice_results[gallery.slice]
    return ", ".join(
        f"{column} = {value}"
        for column, value in zip(
            shown_names(found.columns), map(visible, found.values), strict=True
        )
    )


def _suspicion(who: str, check: LabelCheck | None) -> str:
    if check is not None and not check.by_probability:
        return f"{who}; in random order."
    return (
        f"{who}, with at least the mean probability that samples of that class get; lowest mean "
        "probability of the label first."
    )


def _remarks(subject: Subject, gallery: Gallery) -> Iterator[str]:
    """Yield how the verdict depends on suspected labels."""
    check = subject.comparison.label_check
    if gallery.key != "suspected_labels" or check is None or check.pair is None:
        return
    first = "the" if check.ranked == check.n_suspected else "the first"
    labels = f"{first} {count(check.ranked)} suspected labels"
    if check.ranked == 1:
        labels = "the suspected label"
    is_are = "is" if 1 in (check.ranked, check.changed_at) else "are"
    if check.changed_at is None:
        yield f"The verdict holds even if {labels} {is_are} wrong, and the models are right."
    else:
        some = labels if check.ranked == 1 else f"{count(check.changed_at)} of {labels}"
        yield f"The verdict holds unless {some} {is_are} wrong, and the models are right."
    leader, follower = sorted(check.pair, key=subject.comparison.ranking.index)
    names = [subject.comparison.models[i].name for i in (leader, follower)]
    if check.n_decisive:
        samples = f"{count(check.n_decisive)} samples that only {names[0]} predicts correctly"
        yield (
            f"Of the {samples} (compared with {names[1]}), {count(check.decisive_at)} labels would "
            f"have to be wrong, and {names[1]} right, to change the verdict."
            if check.decisive_at
            else f"Even if all labels of the {samples} (compared with {names[1]}) were wrong, the "
            "verdict would hold."
        )


def _card(subject: Subject, sample: ShownSample) -> SampleCard:
    shown = shortened(visible(sample.id))
    predictions = tuple(_predictions(subject, sample))
    actual = subject.classes[sample.actual]
    said = joined(
        [f"{each.label}: {each.predicted} {each.probability}".strip() for each in predictions]
    )
    return SampleCard(
        id=shown,
        actual=actual,
        alt=f"Sample {shown}, actual {actual}; {said}",
        predictions=predictions,
        inputs=subject.samples.inputs.get(sample.row, ()),
    )


def _predictions(subject: Subject, sample: ShownSample) -> Iterator[Prediction]:
    if len(subject.models) <= MOST_MODELS:
        for model, predicted, p in zip(
            subject.models, sample.predicted, sample.probability, strict=True
        ):
            yield Prediction(
                model,
                model.name,
                subject.classes[predicted],
                "" if p is None else f"{percent(p)}\N{NO-BREAK SPACE}%",
                predicted == sample.actual,
            )
        return
    # The class that most models predict comes first.
    for predicted in sorted(set(sample.predicted), key=lambda k: -sample.predicted.count(k)):
        n = sample.predicted.count(predicted)
        label = f"{n} of {len(subject.models)} models"
        yield Prediction(None, label, subject.classes[predicted], "", predicted == sample.actual)
