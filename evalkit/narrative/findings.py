"""Findings: sentences made from the numbers of a comparison.

There is one function per kind of finding. A finding claims a difference only if its adjusted test
and its interval agree, and it holds all numbers that it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.narrative import between_models as between, within_model as within

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import Finding

__all__ = ["findings"]


def findings(comparison: Comparison) -> tuple[Finding, ...]:
    """Return the findings, the most important first."""
    found = [*between.over_seeds(comparison)]
    if len(comparison.models) > 1:
        found += between.models_apart(comparison)
        pair = comparison.leading_pair
        found += between.agreement(comparison, pair)
        found += between.source_of_gap(comparison, pair)
        found += between.changed_cells(comparison, pair)
        found += between.choosing_by_beta(comparison, pair)
        found += between.equivalence(comparison, pair)
        found += between.by_cost(comparison)
    found += within.best_and_worst_class(comparison)
    found += within.weakest_slice(comparison)
    found += within.largest_confusions(comparison)
    found += within.calibration(comparison)
    found += within.overfitting(comparison)
    found += within.too_few_samples(comparison)
    found += within.undefined(comparison)
    return tuple(found)
