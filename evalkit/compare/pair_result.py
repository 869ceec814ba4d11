"""The result of two models: differences with intervals and tests, and leads by β."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.metric_set import class_metrics, overall_metrics
from evalkit.compare.model_result import BETA_GRID, for_band
from evalkit.compare.posterior import pair_posterior
from evalkit.compare.probability import probability_differences
from evalkit.compare.records import ChangedCell, ClassLead, Lead, McNemarResult, PairResult
from evalkit.metrics.count import Marginals, f1, f_beta
from evalkit.statistics.beta_curve import lead_change_by_class, lead_ranges
from evalkit.statistics.bootstrap import simultaneous_limits
from evalkit.statistics.decomposition import accuracy_gap, changed_cells, macro_f_beta_gap
from evalkit.statistics.equivalence import accuracy_equivalence
from evalkit.statistics.estimates import Difference, holm_judged
from evalkit.statistics.multiplicity import holm
from evalkit.statistics.paired_tests import mcnemar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from evalkit.compare.records import Settings
    from evalkit.counts.counts import Counts
    from evalkit.counts.joint import JointCounts
    from evalkit.statistics.estimates import PairEstimator

CHANGED_CELLS = 20


def pair_result(
    pair: tuple[int, int],
    counts: Counts,
    estimator: PairEstimator,
    settings: Settings,
    n_pairs: int,
) -> PairResult:
    """Return the result of two of several models; p-values are not yet adjusted over pairs."""
    joint, marginals = estimator.joint, estimator.marginals
    exact = joint if estimator.has_exact_tests else None
    overall = {
        key: estimator.differences(metric, settings.confidence)[0]
        for key, metric in overall_metrics(settings.betas).items()
    }
    per_class = {
        key: holm_judged(estimator.differences(metric, settings.confidence), settings.alpha)
        for key, metric in class_metrics(settings.betas).items()
    }
    return PairResult(
        first=pair[0],
        second=pair[1],
        paired=joint is not None,
        both_right=None if joint is None else joint.both_right,
        both_wrong=None if joint is None else joint.both_wrong,
        only_first=None if joint is None else joint.only_a,
        only_second=None if joint is None else joint.only_b,
        mcnemar=None if exact is None else _mcnemar(exact.only_a, exact.only_b),
        overall=overall,
        per_class=per_class,
        class_share=tuple(accuracy_gap(*marginals).tolist()),
        macro_f_share=macro_f_shares(marginals, settings),
        changed_cells=_changed_cells(*(counts.matrices[i] for i in pair)),
        leads=average_leads(pair, estimator, settings, n_pairs),
        class_leads=class_leads(pair, marginals),
        probability=probability_differences(counts, pair, settings),
        equivalence=None if exact is None else _equivalence(exact, settings),
        posterior=pair_posterior(counts, pair, settings),
    )


def macro_f_shares(
    marginals: tuple[Marginals, Marginals], settings: Settings
) -> Mapping[str, tuple[float, ...]]:
    """Return the contribution of each class to the difference in macro F-β, for each β."""
    return {
        f"f_beta_macro[{beta:g}]": tuple(macro_f_beta_gap(*marginals, beta=beta).tolist())
        for beta in settings.betas
    }


def adjusted(pairs: Sequence[PairResult], settings: Settings) -> tuple[PairResult, ...]:
    """Return the pairs with p-values adjusted over all pairs by Holm's method.

    Each overall metric, and equivalence, is one family of tests. A difference is significant if the
    adjusted test and the interval agree. A lead over β is significant only where the differences at
    the β of the settings are.
    """
    if not pairs:
        return ()
    keys = list(pairs[0].overall)
    judged = {
        key: holm_judged([pair.overall[key] for pair in pairs], settings.alpha) for key in keys
    }
    equivalences = _adjusted_equivalences([pair.equivalence for pair in pairs], settings.alpha)
    found = []
    for i, pair in enumerate(pairs):
        overall = {key: judged[key][i] for key in keys}
        contradicting = [
            b for b in settings.betas if not overall[f"f_beta_macro[{b:g}]"].significant
        ]
        leads = tuple(
            replace(lead, supported=False)
            if any(lead.beta_low <= beta <= lead.beta_high for beta in contradicting)
            else lead
            for lead in pair.leads
        )
        found.append(replace(pair, overall=overall, leads=leads, equivalence=equivalences[i]))
    return tuple(found)


def of_uncorrected(pairs: Sequence[PairResult], alpha: float) -> tuple[PairResult, ...]:
    """Return the pairs of a file of schema 1 to 3, whose claims were not corrected for all looks.

    Equivalence is adjusted over the pairs. Leads over β, which rested on pointwise intervals, are
    left out.
    """
    found = _adjusted_equivalences([pair.equivalence for pair in pairs], alpha)
    return tuple(
        replace(pair, leads=(), equivalence=each) for pair, each in zip(pairs, found, strict=True)
    )


def _adjusted_equivalences(
    found: Sequence[Difference | None], alpha: float
) -> list[Difference | None]:
    known = [np.nan if d is None or d.p_value is None else d.p_value for d in found]
    return [
        None if d is None else replace(d, p_adjusted=float(p), significant=bool(p < alpha))
        for d, p in zip(found, holm(known), strict=True)
    ]


def _equivalence(joint: JointCounts, settings: Settings) -> Difference | None:
    if settings.margin is None or settings.confidence <= 0.5:
        return None
    test = accuracy_equivalence(
        joint.only_a,
        joint.only_b,
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
            found.actual, found.predicted, found.count_a, found.count_b, found.change, strict=True
        )
    )


def class_leads(
    positions: tuple[int, int], marginals: tuple[Marginals, Marginals]
) -> tuple[ClassLead, ...]:
    """Return for each class the β at which the better model changes, and the two better models.

    Above this β the model with more true positives is better. If the better model does not change,
    it is the one with the higher F₁.
    """
    first, second = marginals
    change = lead_change_by_class(first, second)
    gained = np.asarray(second.true_positive - first.true_positive)
    ahead = np.nan_to_num(f1(second)) - np.nan_to_num(f1(first))
    leads = []
    for k in range(len(change)):
        if np.isfinite(change[k]):
            above = int(gained[k] > 0)
            leads.append(ClassLead(float(change[k]), positions[1 - above], positions[above]))
        else:
            leader = positions[int(ahead[k] > 0)] if ahead[k] else None
            leads.append(ClassLead(None, leader, leader))
    return tuple(leads)


def average_leads(
    positions: tuple[int, int], estimator: PairEstimator, settings: Settings, n_pairs: int
) -> tuple[Lead, ...]:
    """Return the ranges of β in which one model has the higher macro F-β, split by support.

    A range is supported if the simultaneous band of the difference over the grid of β, corrected
    for the number of pairs, excludes zero inside it. It begins and ends at a β of the grid.
    """
    gaps = []
    for before, after in (estimator.marginals, [for_band(each) for each in estimator.resampled]):
        curves = [
            f_beta(after, beta=beta, average="macro") - f_beta(before, beta=beta, average="macro")
            for beta in BETA_GRID
        ]
        gaps.append(np.stack(curves, axis=-1))
    low, high = simultaneous_limits(*gaps, confidence=settings.confidence, families=n_pairs)
    excludes_zero = ((low > 0) | (high < 0)).tolist()
    leaders = {"a": positions[0], "b": positions[1], None: None}
    leads: list[Lead] = []
    for found in lead_ranges(*estimator.marginals, low=BETA_GRID[0], high=BETA_GRID[-1]):
        inside = [
            (beta, excluded)
            for beta, excluded in zip(BETA_GRID, excludes_zero, strict=True)
            if found.low <= beta <= found.high
        ]
        leads += _by_support(found.low, found.high, leaders[found.leader], inside)
    return tuple(leads)


def _by_support(
    low: float, high: float, leader: int | None, inside: Sequence[tuple[float, bool]]
) -> list[Lead]:
    """Return the parts of a range of one leader, split where its support begins and ends."""
    leads = []
    start = low
    for supported, run in groupby(inside, key=lambda point: point[1]):
        if not supported:
            continue
        betas = [beta for beta, _ in run]
        if len(betas) < 2:
            continue
        if start < betas[0]:
            leads.append(Lead(start, betas[0], leader))
        leads.append(Lead(betas[0], betas[-1], leader, supported=True))
        start = betas[-1]
    if start < high:
        leads.append(Lead(start, high, leader))
    return leads
