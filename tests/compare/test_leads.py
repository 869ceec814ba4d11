"""Which model leads for which β, of each class: the closed form against the curves themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalkit.compare.pair_result import class_leads
from evalkit.metrics.count import Marginals, f_beta


@given(seed=st.integers(0, 2**32 - 1))
def test_the_curves_cross_where_it_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    support = rng.integers(1, 30, 4)
    first, second = (
        Marginals.of(np.stack([rng.multinomial(n, rng.dirichlet(np.ones(4))) for n in support]))
        for _ in range(2)
    )
    for k, lead in enumerate(class_leads((5, 7), (first, second))):
        for beta in np.geomspace(0.05, 20, 60):
            if lead.beta is not None and abs(beta / lead.beta - 1) < 1e-9:
                continue
            of_first, of_second = (f_beta(m, beta=beta)[k] for m in (first, second))
            leader = lead.below if lead.beta is None or beta < lead.beta else lead.above
            if of_first == pytest.approx(of_second, abs=1e-12):
                continue
            assert leader == (7 if of_second > of_first else 5)
