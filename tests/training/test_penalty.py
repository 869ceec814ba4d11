from __future__ import annotations

import numpy as np
import pytest

from evalkit.training.modules.module import Parameter
from evalkit.training.penalty import ElasticNet


@pytest.mark.parametrize(("l1", "l2"), [(0.3, 0.0), (0.0, 0.2), (0.3, 0.2)])
def test_gradient_matches_the_value(l1: float, l2: float) -> None:
    """λ₁ sign(W) + 2λ₂W matches central differences of the penalty, and is added."""
    weight = Parameter((3, 4), np.float64)
    weight.value[:] = np.random.default_rng(0).normal(size=(3, 4))
    weight.gradient[:] = 5
    penalty = ElasticNet(weight, l1=l1, l2=l2)
    penalty.add_gradient()
    for place in np.ndindex(3, 4):
        kept = weight.value[place]
        values = []
        for moved in (kept + 1e-6, kept - 1e-6):
            weight.value[place] = moved
            values.append(penalty.value())
        weight.value[place] = kept
        numeric = (values[0] - values[1]) / 2e-6
        assert weight.gradient[place] - 5 == pytest.approx(numeric, abs=1e-8)
