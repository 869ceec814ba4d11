"""When a difference is called significant: one rule wherever differences are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import evalkit
from evalkit.statistics.estimates import Difference, holm_judged

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize(
    ("interval", "p_value", "significant"),
    [
        ((0.01, 0.09), 0.01, True),
        ((-0.09, -0.01), 0.01, True),
        ((-0.01, 0.09), 0.01, False),
        ((0.0, 0.09), 0.01, False),
        ((0.01, 0.09), 0.06, False),
        ((None, None), 0.01, False),
        ((0.01, 0.09), None, False),
    ],
)
def test_test_and_interval_must_agree(
    interval: tuple[float | None, float | None], p_value: float | None, significant: bool
) -> None:
    """Either alone is not enough, nor is an interval that ends at zero."""
    value = -0.05 if interval[1] is not None and interval[1] < 0 else 0.05
    (found,) = holm_judged([Difference(value, *interval, p_value)], alpha=0.05)
    assert found.significant is significant
    assert found.p_adjusted == p_value


def test_holm_corrects_for_all_that_were_tested() -> None:
    """Of two, the smaller p counts twice; what was not tested counts for nothing."""
    tested = [Difference(0.05, 0.01, 0.09, p) for p in (0.03, 0.02, None)]
    assert [d.p_adjusted for d in holm_judged(tested, alpha=0.05)] == [0.04, 0.04, None]


def test_slices_are_judged_as_everything_else() -> None:
    """What slices call significant is what the rule makes of their p-values and intervals."""
    rng = np.random.default_rng(0)
    n = 600
    actual = rng.integers(0, 3, n)
    part = rng.integers(0, 6, n)
    evaluations = [
        evalkit.evaluate(
            actual,
            np.where(rng.random(n) < chance - 0.05 * part, actual, (actual + 1) % 3),
            slices={"part": part},
        )
        for chance in (0.9, 0.75)
    ]
    comparison = evalkit.compare(evaluations, replicates=20)
    found = comparison.slice_results
    families: list[Sequence[Difference]] = [
        [model.from_rest for each in found for model in each.models],
        [pair.accuracy for each in found for pair in each.pairs],
    ]
    for family in families:
        assert holm_judged(family, alpha=0.05) == tuple(family)
        assert 0 < sum(difference.significant for difference in family) < len(family)
