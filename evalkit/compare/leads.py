"""Which of two models leads for which β: of the macro average, and of each class."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.model_result import BETA_GRID, for_band
from evalkit.compare.results import ClassLead, Lead
from evalkit.metrics.count import Marginals, f1, f_beta
from evalkit.statistics import percentile_limits
from evalkit.statistics.beta_curve import lead_change_by_class, lead_ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.settings import Settings


def class_leads(
    positions: tuple[int, int], marginals: tuple[Marginals, Marginals]
) -> tuple[ClassLead, ...]:
    """Return for each class the β at which the lead changes, and who leads below and above.

    Of two models the one with more true positives leads above; where the lead never changes, the
    one of the higher F₁ leads everywhere.
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
    positions: tuple[int, int],
    marginals: tuple[Marginals, Marginals],
    resampled: tuple[Marginals, Marginals],
    settings: Settings,
) -> tuple[Lead, ...]:
    """Return the ranges of β in which one model's macro F-β is the higher, by how well supported.

    A range is supported where the pointwise interval of the difference excludes zero at every β
    of the grid inside it; it begins and ends at such a β, so that no more is claimed.
    """
    before, after = (for_band(replicates) for replicates in resampled)
    excludes_zero = []
    for beta in BETA_GRID:
        gap = f_beta(after, beta=beta, average="macro") - f_beta(before, beta=beta, average="macro")
        low, high = percentile_limits(gap, settings.confidence)
        excludes_zero.append(bool(low > 0 or high < 0))
    leaders = {"a": positions[0], "b": positions[1], None: None}
    leads: list[Lead] = []
    for found in lead_ranges(*marginals, low=BETA_GRID[0], high=BETA_GRID[-1]):
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
    """Split a range of one leader where its support begins and ends."""
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
