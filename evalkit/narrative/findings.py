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
    """Return the findings: significant differences by their size, then the others.

    Runs of seeds are compared as groups, so single runs are not named.
    """
    found = [*between.over_seeds(comparison)]
    if len(comparison.models) > 1 and not comparison.group_ranking:
        found += between.models_apart(comparison)
        found += between.of_positive_class(comparison)
        pair = comparison.leading_pair
        if len(comparison.classes) > 2:
            found += between.source_of_gap(comparison, pair)
        found += between.agreement(comparison, pair)
        found += between.changed_cells(comparison, pair)
        found += between.choosing_by_beta(comparison, pair)
        found += between.equivalence(comparison, pair)
        found += between.by_cost(comparison)
    found += within.weakest_slice(comparison)
    if not comparison.group_ranking:
        found += within.best_and_worst_class(comparison)
        found += within.largest_confusions(comparison)
        found += within.calibration(comparison)
        found += within.overfitting(comparison)
    found += within.too_few_samples(comparison)
    found += within.undefined(comparison)
    return tuple(sorted(found, key=lambda each: -each.effect))
