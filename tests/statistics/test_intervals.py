"""The shared parts of confidence intervals: tail probabilities and critical values."""

from __future__ import annotations

import pytest
import scipy.stats

from evalkit.errors import InputError
from evalkit.statistics import percentile_limits, proportion_interval
from evalkit.statistics.intervals import critical_value, tail_probability


@pytest.mark.parametrize("confidence", [1e-9, 0.5, 0.95, 0.999, 1 - 1e-12])
def test_critical_value_is_a_normal_quantile(confidence: float) -> None:
    expected = scipy.stats.norm.isf((1 - confidence) / 2)
    assert critical_value(confidence) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95, float("nan")])
def test_confidence_lies_between_0_and_1(confidence: float) -> None:
    for function in (
        critical_value,
        tail_probability,
        lambda share: proportion_interval(1, 2, confidence=share),
        lambda share: percentile_limits([0.0, 1.0], share),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError, match=r"Invalid confidence .* between 0 and 1"):
            function(confidence)
