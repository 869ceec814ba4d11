"""Compute a comparison: align evaluations, then estimate each model and each pair."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from evalkit.compare.alignment import aligned
from evalkit.compare.areas import areas_of
from evalkit.compare.baseline import counted_gap, uncounted_gap
from evalkit.compare.comparison import Comparison
from evalkit.compare.costs import expected_costs
from evalkit.compare.galleries import with_samples
from evalkit.compare.groups import group_results
from evalkit.compare.model_result import model_result
from evalkit.compare.pair_result import adjusted, pair_result
from evalkit.compare.probability import adjusted_probabilities
from evalkit.compare.records import Baseline, Omnibus
from evalkit.compare.slice_gaps import slice_gaps
from evalkit.compare.slices import slice_results
from evalkit.compare.summary import (
    Known,
    Question,
    baseline_class,
    counted_difference,
    counted_estimate,
    is_recorded,
    name_of,
    named_question,
    positive_class,
    questions,
    summary_metric,
)
from evalkit.errors import InputError
from evalkit.metrics.quantities import AREAS, COST, LOSSES
from evalkit.progress import track
from evalkit.statistics.estimates import ModelEstimator, PairEstimator, holm_judged
from evalkit.statistics.multiplicity import compact_letters
from evalkit.statistics.paired_tests import cochran_q
from evalkit.statistics.proportions import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.records import ModelResult, PairResult, Settings, SummaryMetric
    from evalkit.counts.counts import Counts
    from evalkit.statistics.estimates import Difference, Estimate


FEW_WITHIN_MARGIN = 10
"""Below this many samples in the margin, the score test of equivalence exceeds its level."""


def make_comparison(
    evaluations: Sequence[Evaluation],
    settings: Settings,
    costs: ArrayLike | None = None,
    metric: str | None = None,
) -> Comparison:
    """Return the result of `evalkit.compare`.

    Without `metric`, the primary metric is the expected cost if there are costs, else accuracy.
    """
    models, counts, notes = aligned(evaluations)
    classes = tuple(str(name) for name in counts.classes)
    support = tuple(float(n) for n in counts.matrices[0].sum(axis=1))
    asked = _asked(counts, settings, metric, with_costs=costs is not None, models=models)
    settings = replace(settings, metric=name_of(asked[0], classes))
    # Records of models and pairs hold the other metrics.
    more = [each for each in asked if each.by_counts and not is_recorded(each, settings.betas)]
    pairs, of_pairs = _pairs(counts, settings, more)
    prices = None if costs is None else expected_costs(counts, pairs, costs, settings)
    constant = baseline_class(support, prices, asked[0])
    results, of_models, gaps = _models(models, counts, settings, more, (asked[0], constant))
    groups, group_pairs, over_groups = group_results(models, counts, results, settings, asked)
    known = Known(
        results,
        pairs,
        support,
        costs=prices,
        groups=groups,
        group_pairs=group_pairs,
        counted={each: (of_models[each], of_pairs[each]) for each in more},
        areas=areas_of(asked, counts, results, pairs, settings),
        over_groups=over_groups,
    )
    summary = tuple(summary_metric(each, known, settings) for each in asked)
    gaps = gaps or [
        uncounted_gap(asked[0], estimate, counts.alone(i), constant, prices, settings)
        for i, estimate in enumerate(summary[0].models)
    ]
    letters = _letters(summary[0], pairs)
    slices, search = slice_results(counts, settings, costs)
    found = Comparison(
        dataset=next((model.dataset for model in models if model.dataset is not None), None),
        classes=classes,
        n_samples=counts.n_samples,
        support=support,
        models=tuple(replace(m, letters=own) for m, own in zip(results, letters, strict=True)),
        pairs=pairs,
        omnibus=_omnibus(counts),
        summary_metrics=summary,
        baseline=Baseline(constant, holm_judged(gaps, settings.alpha)),
        leader_estimate=_leader_estimate(asked[0], summary[0], counts, settings),
        settings=settings,
        sampling=counts.sampling,
        notes=(*notes, *_notes_on_equivalence(counts, pairs, settings)),
        warnings=tuple(f"{model.name}: {each}" for model in models for each in model.warnings),
        groups=groups,
        group_pairs=group_pairs,
        costs=prices,
        slice_results=slices,
        slice_search=search,
        slice_gaps=slice_gaps(counts, settings),
        evaluations=models,
        counts=counts,
    )
    return with_samples(found, counts)


def _pairs(
    counts: Counts, settings: Settings, more: Sequence[Question]
) -> tuple[tuple[PairResult, ...], dict[Question, list[Difference]]]:
    """Return the results of all pairs, and their differences in further metrics."""
    positions = list(combinations(range(len(counts.matrices)), 2))
    pairs = []
    answers: dict[Question, list[Difference]] = {each: [] for each in more}
    for pair in track(positions, "Comparing", unit="pairs"):
        estimator = PairEstimator(counts, pair, replicates=settings.replicates, seed=settings.seed)
        pairs.append(pair_result(pair, counts, estimator, settings, len(positions)))
        for each in more:
            answers[each].append(counted_difference(each, estimator, settings.confidence))
    return adjusted_probabilities(adjusted(pairs, settings), settings), answers


def _models(
    models: Sequence[Evaluation],
    counts: Counts,
    settings: Settings,
    more: Sequence[Question],
    baseline: tuple[Question, int],
) -> tuple[list[ModelResult], dict[Question, list[Estimate]], list[Difference]]:
    """Return the results of all models, their estimates of further metrics, and baseline gaps.

    There are no gaps if the primary metric is not one of counts.
    """
    results, gaps = [], []
    answers: dict[Question, list[Estimate]] = {each: [] for each in more}
    for i, model in enumerate(track(models, "Estimating", unit="models")):
        alone = counts.alone(i)
        estimator = ModelEstimator(alone, replicates=settings.replicates, seed=settings.seed)
        results.append(model_result(model, alone, estimator, settings))
        for each in more:
            answers[each].append(counted_estimate(each, estimator, settings.confidence))
        gap = counted_gap(baseline[0], estimator, alone, baseline[1], settings.confidence)
        gaps += [] if gap is None else [gap]
    return results, answers, gaps


def _asked(
    counts: Counts,
    settings: Settings,
    metric: str | None,
    *,
    with_costs: bool,
    models: Sequence[Evaluation],
) -> tuple[Question, ...]:
    """Return the questions of the summary; refuse a primary metric that cannot be answered."""
    classes = [str(name) for name in counts.classes]
    grouped = any(model.group is not None for model in models)
    if metric is None:
        # Costs are not known over seeds.
        metric = COST if with_costs and not grouped else "accuracy"
    primary = named_question(metric, classes)
    without = [model.name for i, model in enumerate(models) if counts.probability(i) is None]
    if primary.metric == COST and not with_costs:
        raise InputError(f"{metric} needs costs. Pass costs=… or --costs FILE.")
    if primary.metric != COST and primary.by_counts is None:
        if without:
            raise InputError(f"{metric} needs probabilities, and {without[0]} has none.")
        if primary.metric not in (*LOSSES, *AREAS):
            raise InputError(
                f"{metric} has no paired test. Choose a metric of counts, or one of "
                f"{', '.join(LOSSES)}, or {' or '.join(AREAS)} of a class."
            )
    if grouped and primary.by_counts is None:
        raise InputError(
            f"{metric} is not known over the runs of a group. Choose a metric of counts, such as "
            "f1_macro."
        )
    support = counts.matrices[0].sum(axis=1).tolist()
    positive = positive_class(classes, support, settings.positive)
    return questions(primary, positive, with_probabilities=not without, with_costs=with_costs)


def _notes_on_equivalence(
    counts: Counts, pairs: Sequence[PairResult], settings: Settings
) -> tuple[str, ...]:
    """Return a note if the margin is so few samples that the test of equivalence is inaccurate."""
    if settings.margin is None or all(pair.equivalence is None for pair in pairs):
        return ()
    samples = settings.margin * counts.n_samples
    if samples >= FEW_WITHIN_MARGIN:
        return ()
    note = (
        f"The equivalence margin is {samples:.1f} samples. With fewer than {FEW_WITHIN_MARGIN}, "
        "two models are called equivalent by mistake in up to 7 % instead of "
        f"{100 * settings.alpha:g} % of cases."
    )
    return (note,)


def _letters(primary: SummaryMetric, pairs: Sequence[PairResult]) -> tuple[str, ...]:
    """Return the letters of the models; "" where the primary metric is undefined."""
    sign = 1.0 if primary.higher_is_better else -1.0
    values = {i: sign * e.value for i, e in enumerate(primary.models) if e.value is not None}
    places = {i: place for place, i in enumerate(values)}
    apart = {
        (places[pair.first], places[pair.second]): gap.significant
        for pair, gap in zip(pairs, primary.pairs, strict=True)
        if pair.first in places and pair.second in places
    }
    letters = dict(zip(values, compact_letters(list(values.values()), apart), strict=True))
    return tuple(letters.get(i, "") for i in range(len(primary.models)))


def _omnibus(counts: Counts) -> Omnibus | None:
    models, patterns = len(counts.matrices), counts.patterns
    if models < 3 or not counts.sampling.simple or patterns is None:
        return None
    correct, times = patterns
    test = cochran_q(correct, counts=times)
    return Omnibus(float(test.statistic), models - 1, float(test.p_value))


def _leader_estimate(
    question: Question, primary: SummaryMetric, counts: Counts, settings: Settings
) -> Estimate | None:
    """Return the best value of a count metric with an interval that holds for every model.

    If the interval of each of m models misses with probability α / m at most, that of the selected
    one misses with probability α at most (Bonferroni).
    """
    models = len(primary.models)
    if models < 3 or question.by_counts is None:
        return None
    leader = primary.order(primary.models)[0]
    alone, confidence = counts.alone(leader), 1.0 - settings.alpha / models
    if question.metric == "accuracy" and alone.sampling.simple:
        matrix = alone.matrices[0]
        low, high = proportion_interval(
            matrix.trace(), matrix.sum(), confidence=confidence, method="clopper-pearson"
        )
        found, exact = primary.models[leader], "Clopper–Pearson"
        return replace(found, low=float(low), high=float(high), method=exact)
    estimator = ModelEstimator(alone, replicates=settings.replicates, seed=settings.seed)
    return counted_estimate(question, estimator, confidence)
