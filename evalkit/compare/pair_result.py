"""Two models on the same samples: every difference with its paired interval and its test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.judging import holm_judged, judged
from evalkit.compare.leads import average_leads, class_leads
from evalkit.compare.metric_set import class_metrics, overall_metrics
from evalkit.compare.probability import counted_differences, probability_differences
from evalkit.compare.results import (
    ChangedCell,
    Difference,
    McNemarResult,
    PairResult,
)
from evalkit.metrics.count import Marginals
from evalkit.statistics import holm, mcnemar, percentile_limits
from evalkit.statistics.decomposition import (
    accuracy_gap,
    changed_cells,
    discordant_by_class,
    macro_f_beta_gap,
)
from evalkit.statistics.equivalence import accuracy_equivalence
from evalkit.statistics.permutation import permutation_hits, permutation_p_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.evaluation import Evaluation
    from evalkit.compare.metric_set import CountMetric
    from evalkit.compare.settings import Settings
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.joint import JointCounts

CHANGED_CELLS = 20


@dataclass(frozen=True, eq=False)
class PairDraws:
    """Replicates of two models: resampled together, and with their predictions swapped at random.

    `swapped` is None where samples are not paired: then nothing can be swapped.
    """

    resampled: tuple[Marginals, Marginals]
    swapped: tuple[Marginals, Marginals] | None


def pair_result(
    positions: tuple[int, int],
    evaluations: tuple[Evaluation, Evaluation],
    joint: JointCounts | None,
    draws: PairDraws,
    settings: Settings,
) -> PairResult:
    """Return the result of two models; `joint` is None where only their matrices are known."""
    matrices = tuple(evaluation.confusion_matrix.counts for evaluation in evaluations)
    marginals = (Marginals.of(matrices[0]), Marginals.of(matrices[1]))
    simple = evaluations[0].sampling.simple
    test = None if joint is None or not simple else _mcnemar(joint.only_a, joint.only_b)
    overall = {
        key: _difference(metric, marginals, draws, settings)
        for key, metric in overall_metrics(settings.betas).items()
    }
    if test is not None:
        overall["accuracy"] = replace(
            overall["accuracy"], p_value=test.p_exact, test="exact McNemar"
        )
    per_class = {
        key: _differences(metric, marginals, draws, settings)
        for key, metric in class_metrics(settings.betas).items()
    }
    if joint is not None and simple:
        per_class["recall"] = _with_exact_tests(per_class["recall"], joint, settings)
    return PairResult(
        first=positions[0],
        second=positions[1],
        paired=joint is not None,
        both_right=None if joint is None else joint.both_right,
        both_wrong=None if joint is None else joint.both_wrong,
        only_first=None if joint is None else joint.only_a,
        only_second=None if joint is None else joint.only_b,
        mcnemar=test,
        overall=overall,
        per_class=per_class,
        class_share=tuple(accuracy_gap(marginals[1], marginals[0]).tolist()),
        macro_f_share={
            f"f_beta_macro[{beta:g}]": tuple(
                macro_f_beta_gap(marginals[1], marginals[0], beta=beta).tolist()
            )
            for beta in settings.betas
        },
        changed_cells=_changed_cells(*matrices),
        leads=average_leads(positions, marginals, draws.resampled, settings),
        class_leads=class_leads(positions, marginals),
        probability=_probability(evaluations, settings),
        equivalence=_equivalence(joint, settings) if simple else None,
    )


def _probability(
    evaluations: tuple[Evaluation, Evaluation], settings: Settings
) -> Mapping[str, Difference]:
    first_samples, second_samples = (evaluation.predictions for evaluation in evaluations)
    if first_samples is None or second_samples is None:
        return counted_differences(*evaluations, settings)
    return probability_differences(first_samples, second_samples, settings)


def _equivalence(joint: JointCounts | None, settings: Settings) -> Difference | None:
    if joint is None or settings.margin is None or settings.confidence <= 0.5:
        return None
    test = accuracy_equivalence(
        joint.only_b,
        joint.only_a,
        joint.total,
        margin=settings.margin,
        confidence=settings.confidence,
    )
    return Difference(
        float(test.difference),
        float(test.low),
        float(test.high),
        float(test.p_value),
        test="two one-sided tests",
        significant=bool(test.equivalent),
    )


def adjusted(pairs: Sequence[PairResult], alpha: float) -> tuple[PairResult, ...]:
    """Return the pairs with each overall metric's p-values corrected over all pairs (Holm).

    A difference is significant where the corrected test and the interval agree.
    """
    if not pairs:
        return ()
    corrected = [dict(pair.overall) for pair in pairs]
    for key in pairs[0].overall:
        tested = [
            (i, p) for i, pair in enumerate(pairs) if (p := pair.overall[key].p_value) is not None
        ]
        for (i, _), p in zip(tested, holm([p for _, p in tested]), strict=True):
            corrected[i][key] = judged(corrected[i][key], float(p), alpha)
    return tuple(
        replace(pair, overall=overall) for pair, overall in zip(pairs, corrected, strict=True)
    )


def _mcnemar(only_first: float, only_second: float) -> McNemarResult:
    test = mcnemar(only_first, only_second)
    return McNemarResult(
        only_first=only_first,
        only_second=only_second,
        statistic=float(test.statistic),
        p_value=float(test.p_value),
        p_exact=float(test.p_exact),
        p_midp=float(test.p_midp),
    )


def _difference(
    metric: CountMetric,
    marginals: tuple[Marginals, Marginals],
    draws: PairDraws,
    settings: Settings,
) -> Difference:
    value = metric(marginals[1]) - metric(marginals[0])
    if not np.isfinite(value):
        return Difference(None, undefined="undefined for one of the two models")
    low, high = percentile_limits(
        metric(draws.resampled[1]) - metric(draws.resampled[0]), settings.confidence
    )
    if draws.swapped is None:
        return Difference(float(value), float(low), float(high))
    p = _permutation_p(value, metric(draws.swapped[1]) - metric(draws.swapped[0]))
    return Difference(float(value), float(low), float(high), float(p), test="permutation")


def _differences(
    metric: CountMetric,
    marginals: tuple[Marginals, Marginals],
    draws: PairDraws,
    settings: Settings,
) -> tuple[Difference, ...]:
    values = metric(marginals[1]) - metric(marginals[0])
    low, high = percentile_limits(
        metric(draws.resampled[1]) - metric(draws.resampled[0]), settings.confidence
    )
    p_values = np.full(values.shape, np.nan)
    test = ""
    if draws.swapped is not None:
        p_values = _permutation_p(values, metric(draws.swapped[1]) - metric(draws.swapped[0]))
        test = "permutation"
    unjudged = tuple(
        Difference(None, undefined="undefined for one of the two models")
        if not np.isfinite(values[k])
        else Difference(
            float(values[k]),
            float(low[k]),
            float(high[k]),
            None if draws.swapped is None else float(p_values[k]),
            test=test,
        )
        for k in range(len(values))
    )
    return holm_judged(unjudged, settings.alpha)


def _permutation_p(values: FloatArray, swapped: FloatArray) -> FloatArray:
    return permutation_p_value(values, permutation_hits(values, swapped), len(swapped))


def _with_exact_tests(
    differences: tuple[Difference, ...], joint: JointCounts, settings: Settings
) -> tuple[Difference, ...]:
    """Recall is accuracy within a class: its difference has an exact McNemar test of its own."""
    p_exact = np.asarray(mcnemar(*discordant_by_class(joint)).p_exact)
    tested = tuple(
        difference
        if difference.value is None
        else replace(
            difference,
            p_value=float(p_exact[k]),
            test="exact McNemar",
        )
        for k, difference in enumerate(differences)
    )
    return holm_judged(tested, settings.alpha)


def _changed_cells(
    first_counts: NDArray[Any], second_counts: NDArray[Any]
) -> tuple[ChangedCell, ...]:
    support = first_counts.sum(axis=1)
    found = changed_cells(first_counts, second_counts, most=CHANGED_CELLS)
    return tuple(
        ChangedCell(
            actual=int(i),
            predicted=int(j),
            count_first=float(before),
            count_second=float(after),
            change=float(change),
            share_change=float(change / support[i]) if support[i] else None,
        )
        for i, j, before, after, change in zip(
            found.actual,
            found.predicted,
            found.count_a,
            found.count_b,
            found.change,
            strict=True,
        )
    )
