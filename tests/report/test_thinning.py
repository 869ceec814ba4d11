"""A thinned curve looks like the whole one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from evalkit.compare.records import Curve
from evalkit.report.thinning import TOLERANCE, drawn_curve


@settings(max_examples=50)
@given(st.integers(2, 300), st.integers(0, 2**32))
def test_no_point_is_left_far_from_the_line(n: int, seed: int) -> None:
    """Each point of a staircase lies within the tolerance of the line that remains."""
    rng = np.random.default_rng(seed)
    x, y = np.sort(rng.random(n)), np.sort(rng.random(n))
    thin = drawn_curve(Curve(tuple(x), tuple(y)))
    starts = np.stack([thin.x[:-1], thin.y[:-1]], axis=1)
    ends = np.stack([thin.x[1:], thin.y[1:]], axis=1)
    along = ends - starts
    length = np.maximum((along**2).sum(axis=1), 1e-300)
    for point in zip(x, y, strict=True):
        t = np.clip(((point - starts) * along).sum(axis=1) / length, 0, 1)
        away = np.linalg.norm(starts + t[:, None] * along - point, axis=1).min()
        assert away <= TOLERANCE + 2e-4
    assert (thin.x[0], thin.x[-1]) == (round(x[0], 4), round(x[-1], 4))
