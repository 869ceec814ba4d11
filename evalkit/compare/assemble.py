"""How a comparison is put together: match, draw once for each model and pair, derive the rest."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.comparison import Comparison
from evalkit.compare.evaluation import Evaluation, counted_together, joint_counts
from evalkit.compare.expected_costs import expected_costs
from evalkit.compare.groups import group_results
from evalkit.compare.matching import matched
from evalkit.compare.model_result import model_result
from evalkit.compare.pair_result import PairDraws, adjusted, pair_result
from evalkit.compare.results import Omnibus
from evalkit.compare.slices import slice_results
from evalkit.statistics import (
    SMOOTHING,
    cochran_q,
    letters,
    paired_resample,
    resample,
    swap_resample,
)
from evalkit.statistics.sample_resampling import sample_resample, sample_swap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from evalkit.compare.results import PairResult
    from evalkit.compare.settings import Settings
    from evalkit.metrics.count import Marginals

# Each kind of draw has a stream of its own, so that adding a model changes no other's numbers.
MODEL_STREAM, PAIR_STREAM, SWAP_STREAM = 1, 2, 3


def make_comparison(
    evaluations: Sequence[Evaluation], settings: Settings, costs: ArrayLike | None = None
) -> Comparison:
    """Return the comparison that `evalkit.compare` promises."""
    models, notes = matched(evaluations)
    pairs = adjusted(
        [
            _pair((i, j), (models[i], models[j]), settings)
            for i, j in combinations(range(len(models)), 2)
        ],
        settings.alpha,
    )
    accuracies = [float(model.confusion_matrix.accuracy()) for model in models]
    shared = _letters(accuracies, pairs)
    results = tuple(
        model_result(
            model,
            _replicates(model, np.random.default_rng([settings.seed, MODEL_STREAM, i]), settings),
            settings,
            letters=shared[i],
        )
        for i, model in enumerate(models)
    )
    groups, group_pairs = group_results(models, results, settings)
    return Comparison(
        evaluations=models,
        classes=tuple(str(name) for name in models[0].classes),
        n_samples=_n_samples(models[0]),
        support=tuple(float(n) for n in models[0].confusion_matrix.counts.sum(axis=1)),
        models=results,
        pairs=pairs,
        omnibus=_omnibus(models),
        settings=settings,
        sampling=models[0].sampling,
        notes=notes,
        groups=groups,
        group_pairs=group_pairs,
        costs=None if costs is None else expected_costs(models, pairs, costs, settings),
        slice_results=slice_results(models, settings),
    )


def _n_samples(model: Evaluation) -> int:
    if model.predictions is not None:
        return len(model.predictions)
    if model.counted is not None:
        return model.counted.together.n_samples
    return round(float(model.confusion_matrix.counts.sum()))


def _replicates(model: Evaluation, rng: np.random.Generator, settings: Settings) -> Marginals:
    """Return the marginals (R, K) of a model's matrix, resampled."""
    n_classes = len(model.classes)
    n_replicates = settings.replicates_for(n_classes)
    samples = model.predictions
    if model.sampling.simple:
        counts = model.confusion_matrix.counts
        return resample(counts, n_replicates, rng, smoothing=SMOOTHING)
    if samples is None:
        assert model.counted is not None
        return model.counted.resample(n_replicates, rng)
    (replicates,) = sample_resample(
        samples.actual,
        [samples.predicted],
        n_classes,
        n_replicates,
        rng,
        sample_weight=samples.weights,
        groups=samples.groups,
        strata=samples.strata,
    )
    return replicates


def _pair(
    positions: tuple[int, int], models: tuple[Evaluation, Evaluation], settings: Settings
) -> PairResult:
    n_classes = len(models[0].classes)
    n_replicates = settings.replicates_for(n_classes)
    resampling, swapping = (
        np.random.default_rng([settings.seed, stream, *positions])
        for stream in (PAIR_STREAM, SWAP_STREAM)
    )
    joint = joint_counts(*models)
    if joint is None:
        independent = (
            _replicates(models[0], resampling, settings),
            _replicates(models[1], swapping, settings),
        )
        return pair_result(positions, models, None, PairDraws(independent, None), settings)
    first, second = (model.predictions for model in models)
    if models[0].sampling.simple:
        draws = PairDraws(
            paired_resample(joint, n_replicates, resampling, smoothing=SMOOTHING),
            swap_resample(joint, n_replicates, swapping),
        )
    elif first is None or second is None:
        assert models[0].counted is not None
        assert models[1].counted is not None
        draws = PairDraws(
            *models[0].counted.pair_replicates(
                models[1].counted, n_replicates, resampling, swapping
            )
        )
    else:
        codes = first.actual, first.predicted, second.predicted
        resampled = sample_resample(
            codes[0],
            codes[1:],
            n_classes,
            n_replicates,
            resampling,
            sample_weight=first.weights,
            groups=first.groups,
            strata=first.strata,
        )
        swapped = sample_swap(
            *codes,
            n_classes,
            n_replicates,
            swapping,
            sample_weight=first.weights,
            groups=first.groups,
        )
        draws = PairDraws((resampled[0], resampled[1]), swapped)
    return pair_result(positions, models, joint, draws, settings)


def _letters(accuracies: Sequence[float], pairs: Sequence[PairResult]) -> tuple[str, ...]:
    apart = {(p.first, p.second): p.overall["accuracy"].significant for p in pairs}
    return tuple(letters(accuracies, apart))


def _omnibus(models: Sequence[Evaluation]) -> Omnibus | None:
    if len(models) < 3 or not all(model.sampling.simple for model in models):
        return None
    samples = [model.predictions for model in models]
    together = counted_together(models)
    if together is not None and together.patterns is not None:
        right, times = together.patterns
        order = [model.counted.position for model in models if model.counted is not None]
        test = cochran_q(right[:, order], counts=times)
    elif None in samples:
        return None
    else:
        correct = np.stack([s.actual == s.predicted for s in samples if s is not None], axis=1)
        test = cochran_q(correct)
    return Omnibus(float(test.statistic), len(models) - 1, float(test.p_value))
