"""Compute a comparison: align evaluations, then estimate each model and each pair."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from evalkit.compare.alignment import aligned
from evalkit.compare.comparison import Comparison
from evalkit.compare.costs import expected_costs
from evalkit.compare.groups import group_results
from evalkit.compare.model_result import model_result
from evalkit.compare.pair_result import adjusted, pair_result
from evalkit.compare.records import Omnibus
from evalkit.compare.slices import slice_results
from evalkit.statistics.estimates import ModelEstimator, PairEstimator
from evalkit.statistics.multiplicity import compact_letters
from evalkit.statistics.paired_tests import cochran_q

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.records import PairResult, Settings
    from evalkit.counts.counts import Counts


def make_comparison(
    evaluations: Sequence[Evaluation], settings: Settings, costs: ArrayLike | None = None
) -> Comparison:
    """Return the result of `evalkit.compare`."""
    models, counts, notes = aligned(evaluations)
    draws = {"replicates": settings.replicates, "seed": settings.seed}
    pairs = adjusted(
        [
            pair_result(pair, counts, PairEstimator(counts, pair, **draws), settings)
            for pair in combinations(range(len(models)), 2)
        ],
        settings.alpha,
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
    return Comparison(
        dataset=next((model.dataset for model in models if model.dataset is not None), None),
        classes=tuple(str(name) for name in counts.classes),
        n_samples=counts.n_samples,
        support=tuple(float(n) for n in counts.matrices[0].sum(axis=1)),
        models=results,
        pairs=pairs,
        omnibus=_omnibus(counts),
        settings=settings,
        sampling=counts.sampling,
        notes=notes,
        warnings=tuple(f"{model.name}: {each}" for model in models for each in model.warnings),
        groups=groups,
        group_pairs=group_pairs,
        costs=None if costs is None else expected_costs(counts, pairs, costs, settings),
        slice_results=slice_results(counts, settings),
        evaluations=models,
        counts=counts,
    )


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
