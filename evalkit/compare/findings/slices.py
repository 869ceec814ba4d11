"""Findings about parts of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.compare.phrasing import count, p_value, percent_sign, points, points_range
from evalkit.compare.results import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.compare.comparison import Comparison


def weakest_slice(comparison: Comparison) -> Iterator[Finding]:
    """Yield for each model the slice on which it does worst, if any is weak beyond chance."""
    found = comparison.slice_results
    looked_at = sum(model.from_rest.p_value is not None for each in found for model in each.models)
    for i, model in enumerate(comparison.models):
        weak = [each for each in found if each.models[i].is_weak]
        if not weak:
            continue
        worst = min(weak, key=lambda each: (each.models[i].from_rest.value or 0.0, each.values))
        result = worst.models[i]
        accuracy, gap = result.overall["accuracy"].value, result.from_rest
        assert accuracy is not None
        assert gap.value is not None
        assert gap.low is not None
        assert gap.high is not None
        assert gap.p_adjusted is not None
        name = ", ".join(
            f"{column} {value}" for column, value in zip(worst.columns, worst.values, strict=True)
        )
        yield Finding(
            "slice",
            "The weakest part of the data",
            f"{model.name} does worst where {name}: {percent_sign(accuracy)} of "
            f"{count(worst.n_samples)} samples, {points(gap.value)} points against all others "
            f"({points_range(gap.low, gap.high)}, {p_value(gap.p_adjusted)}, corrected for "
            f"{count(looked_at)} slices and models looked at).",
            {
                "model": model.name,
                "columns": list(worst.columns),
                "values": list(worst.values),
                "n_samples": worst.n_samples,
                "accuracy": accuracy,
                "from_rest": gap.value,
                "from_rest_low": gap.low,
                "from_rest_high": gap.high,
                "p_adjusted": gap.p_adjusted,
                "weak_slices": len(weak),
                "looked_at": looked_at,
            },
            "slices",
        )
