"""Findings about what errors cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.compare.phrasing import confidence_text, p_value, signed
from evalkit.compare.results import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.compare.comparison import Comparison


def by_cost(comparison: Comparison) -> Iterator[Finding]:
    """Yield which of the two cheapest models costs less, and whether that could be luck."""
    costs = comparison.costs
    if costs is None or not costs.pairs:
        return
    order = sorted(
        range(len(costs.models)), key=lambda i: (costs.models[i].expected.value or 0.0, i)
    )
    best, next_best = order[:2]
    position = comparison.pairs.index(comparison.pair(best, next_best))
    pair, found = comparison.pairs[position], costs.pairs[position]
    if found.value is None or found.low is None or found.high is None:
        return
    names = {i: comparison.models[i].name for i in (best, next_best)}
    amounts = {i: f"{costs.models[i].expected.value:.4g}" for i in (best, next_best)}
    verb = "costs less" if found.significant else "does not cost less for certain"
    level = confidence_text(comparison.settings.confidence)
    p = found.p_adjusted if found.p_adjusted is not None else found.p_value
    text = (
        f"By the costs given {names[best]} costs {amounts[best]} a sample and {names[next_best]} "
        f"{amounts[next_best]}: {names[best]} {verb} than {names[next_best]} (difference of "
        f"{names[pair.second]} from {names[pair.first]} {signed(found.value)}, {level} interval "
        f"{signed(found.low)} to {signed(found.high)}" + (f"; {p_value(p)})." if p else ").")
    )
    yield Finding(
        "costs",
        "What errors cost",
        text,
        {
            "models": [names[best], names[next_best]],
            "costs": [costs.models[i].expected.value for i in (best, next_best)],
            "difference": found.value,
            "low": found.low,
            "high": found.high,
            "p_value": p,
        },
        "costs",
    )
