"""Compute a comparison: align evaluations, then estimate each model and each pair."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from evalkit.compare.alignment import aligned
from evalkit.compare.comparison import Comparison
from evalkit.compare.costs import expected_costs
from evalkit.compare.galleries import shown_samples
from evalkit.compare.groups import group_results
from evalkit.compare.model_result import model_result
from evalkit.compare.pair_result import adjusted, pair_result
from evalkit.compare.probability import adjusted_probabilities
from evalkit.compare.records import Omnibus
from evalkit.compare.slice_gaps import slice_gaps
from evalkit.compare.slices import slice_results
from evalkit.statistics.estimates import ModelEstimator, PairEstimator
from evalkit.statistics.multiplicity import compact_letters
from evalkit.statistics.paired_tests import cochran_q
from evalkit.statistics.proportions import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.records import ModelResult, PairResult, Settings
    from evalkit.counts.counts import Counts
    from evalkit.statistics.estimates import Estimate


FEW_WITHIN_MARGIN = 10
"""Below this many samples in the margin, the score test of equivalence exceeds its level."""


def make_comparison(
    evaluations: Sequence[Evaluation], settings: Settings, costs: ArrayLike | None = None
) -> Comparison:
    """Return the result of `evalkit.compare`."""
    models, counts, notes = aligned(evaluations)
    draws = {"replicates": settings.replicates, "seed": settings.seed}
    positions = list(combinations(range(len(models)), 2))
    pairs = adjusted(
        [
            pair_result(
                pair, counts, PairEstimator(counts, pair, **draws), settings, len(positions)
            )
            for pair in positions
        ],
        settings,
    )
    shared = _letters([float(model.confusion_matrix.accuracy()) for model in models], pairs)
    results = tuple(
        model_result(
            model,
            counts.alone(i),
            ModelEstimator(counts.alone(i), **draws),
            settings,
            letters=shared[i],
        )
        for i, model in enumerate(models)
    )
    groups, group_pairs = group_results(models, counts, results, settings)
    slices, search = slice_results(counts, settings, costs)
    adjusted_pairs = adjusted_probabilities(pairs, settings)
    galleries, label_check = shown_samples(counts, results, adjusted_pairs, slices, settings)
    return Comparison(
        dataset=next((model.dataset for model in models if model.dataset is not None), None),
        classes=tuple(str(name) for name in counts.classes),
        n_samples=counts.n_samples,
        support=tuple(float(n) for n in counts.matrices[0].sum(axis=1)),
        models=results,
        pairs=adjusted_pairs,
        omnibus=_omnibus(counts),
        leader_accuracy=_leader_accuracy(results, counts, settings),
        settings=settings,
        sampling=counts.sampling,
        notes=(*notes, *_notes_on_equivalence(counts, pairs, settings)),
        warnings=tuple(f"{model.name}: {each}" for model in models for each in model.warnings),
        groups=groups,
        group_pairs=group_pairs,
        costs=None if costs is None else expected_costs(counts, pairs, costs, settings),
        slice_results=slices,
        slice_search=search,
        slice_gaps=slice_gaps(counts, settings),
        galleries=galleries,
        label_check=label_check,
        evaluations=models,
        counts=counts,
    )


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


def _letters(accuracies: Sequence[float], pairs: Sequence[PairResult]) -> tuple[str, ...]:
    apart = {(p.first, p.second): p.overall["accuracy"].significant for p in pairs}
    return tuple(compact_letters(accuracies, apart))


def _omnibus(counts: Counts) -> Omnibus | None:
    models, patterns = len(counts.matrices), counts.patterns
    if models < 3 or not counts.sampling.simple or patterns is None:
        return None
    correct, times = patterns
    test = cochran_q(correct, counts=times)
    return Omnibus(float(test.statistic), models - 1, float(test.p_value))


def _leader_accuracy(
    models: Sequence[ModelResult], counts: Counts, settings: Settings
) -> Estimate | None:
    """Return the highest accuracy with an interval that holds for every one of the models.

    If the interval of each of m models misses with probability α / m at most, that of the selected
    one misses with probability α at most (Bonferroni).
    """
    if len(models) < 3:
        return None
    leader = max(range(len(models)), key=lambda i: models[i].overall["accuracy"].value or 0.0)
    alone, confidence = counts.alone(leader), 1.0 - settings.alpha / len(models)
    found = models[leader].overall["accuracy"]
    if alone.sampling.simple:
        matrix = alone.matrices[0]
        low, high = proportion_interval(
            matrix.trace(), matrix.sum(), confidence=confidence, method="clopper-pearson"
        )
        return replace(found, low=float(low), high=float(high), method="Clopper–Pearson")
    estimator = ModelEstimator(alone, replicates=settings.replicates, seed=settings.seed)
    limits = estimator.limits("accuracy", confidence)
    return replace(found, low=float(limits.low), high=float(limits.high), method=limits.method)
