"""Section on methods: intervals, tests, corrections and settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.phrasing import count, joined, points
from evalkit.statistics.estimates import EFFECTIVE
from evalkit.statistics.resamplers import POISSON, bounded_replicates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.predictions import Sampling
    from evalkit.report.subject import Subject


@dataclass(frozen=True)
class Step:
    """The description of one method."""

    title: str
    text: str


@dataclass(frozen=True)
class Method:
    """The content of the section."""

    steps: tuple[Step, ...]


def collect(subject: Subject) -> Method:
    """Return the methods of this comparison."""
    return Method(tuple(_steps(subject)))


def _steps(subject: Subject) -> Iterator[Step]:
    settings = subject.comparison.settings
    paired = all(pair.paired for pair in subject.comparison.pairs)
    replicates = count(bounded_replicates(settings.replicates, subject.n_classes))
    methods = _interval_methods(subject)
    counted = subject.comparison.models[0].overall["recall_macro"].method == POISSON
    yield Step(
        "Counting",
        "Precision, recall and F-β are of one class against the others; a macro average is the "
        "mean over the classes that have the metric.",
    )
    yield Step(
        "Intervals",
        f"All at {subject.confidence} confidence. {methods} "
        + _bootstrap_text(subject.comparison.sampling, replicates, counted=counted),
    )
    if subject.comparison.pairs:
        text = _pairing_text(subject.comparison.sampling, replicates, paired=paired)
        yield Step("Two models", text)
        yield Step(
            "Multiple tests",
            "p-values are corrected by Holm's method: overall metrics and equivalence for all "
            "pairs of models, differences by class for all classes. A difference is significant "
            f"if its corrected p is below {subject.alpha} and its interval excludes zero.",
        )
    if subject.comparison.omnibus is not None:
        yield Step(
            "More than two models",
            "Statements rest on the corrected tests of the pairs, not on Cochran's Q.",
        )
    if settings.margin is not None:
        tested = any(pair.equivalence is not None for pair in subject.comparison.pairs)
        yield Step(
            "Equivalence",
            "Two one-sided tests, with Tango's score, test whether the difference in accuracy is "
            f"smaller than {points(settings.margin).lstrip('+')} points."
            if tested
            else "Equivalence is not tested: the test needs the predictions of both models for the "
            "same samples, without weights, groups or strata.",
        )
    yield Step("Randomness", f"Equal inputs and the seed {settings.seed} give an equal page.")


def _interval_methods(subject: Subject) -> str:
    model = subject.comparison.models[0]
    method = model.overall["accuracy"].method
    wilson = method in ("Wilson", EFFECTIVE)
    names = ["accuracy, precision and recall"] if wilson else []
    size = ", for the effective sample size" if method == EFFECTIVE else ""
    first = f"Those of {joined(names)} are Wilson's{size}. " if names else ""
    rest = "Those of F-β and of averages are" if wilson else "They are"
    whose = "DeLong's" if subject.comparison.sampling.simple else "Obuchowski's"
    has_areas = (
        model.probability is not None and model.probability.overall["roc_auc"].low is not None
    )
    auc = f", those of AUC {whose}" if has_areas else ""
    return f"{first}{rest} bootstrap intervals{auc}."


def _bootstrap_text(sampling: Sampling, replicates: str, *, counted: bool) -> str:
    if sampling.simple:
        return (
            f"The bootstrap draws {replicates} confusion matrices from the multinomial "
            "distribution over the observed cells and one pseudo-sample, which is correct with "
            "probability ½. Without it, the interval of a model without errors would have zero "
            "width. The limits are percentiles of the replicates."
        )
    if counted:
        what = "samples" if sampling.groups is None else "units, over which groups are spread,"
        return (
            f"Rows were counted and not kept. The bootstrap has {what} occur a Poisson number of "
            f"times in each of {replicates} replicates, drawn from their merged sums, adds "
            "pseudo-samples of the weight of one effective sample, and takes the percentiles."
        )
    drawn = "samples with their weights" if sampling.groups is None else "whole groups of samples"
    within = "" if sampling.strata is None else f", within each of {count(sampling.strata)} strata"
    of = "" if sampling.groups is None else f" There are {count(sampling.groups)} groups."
    return (
        f"The bootstrap draws {drawn}{within}, {replicates} times, adds pseudo-samples of the "
        "weight of one effective sample, and takes the percentiles. Their distances from the value "
        f"are multiplied by the ratio of Student's quantile to the normal one.{of}"
    )


def _pairing_text(sampling: Sampling, replicates: str, *, paired: bool) -> str:
    if not paired:
        return (
            "Some models are known only by their confusion matrices, so samples are treated as "
            "independent. Accuracy, precision and recall: Fisher's exact test and Newcombe's "
            "interval. F-β of a class: normal test of the log-odds. Other metrics: the bootstrap "
            "of each model by itself."
        )
    if not sampling.simple:
        unit = "sample" if sampling.groups is None else "group"
        return (
            f"The models are compared on the same samples, {unit} by {unit}: {replicates} "
            f"studentized permutations give the p-values of metrics of counts, and {replicates} "
            "resamples of both models together the intervals of differences."
        )
    return (
        "The models are compared on the same samples. Accuracy and recall: McNemar's exact test "
        "and Tango's interval. Other metrics: studentized permutations that exchange the two "
        "models' predictions of a sample, all of them for metrics by class and "
        f"{replicates} for others, and the bootstrap over the joint counts."
    )
