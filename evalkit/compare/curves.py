"""Curves with few enough points to be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.results import Curve

if TYPE_CHECKING:
    from evalkit.metrics.count.marginals import FloatArray

POINTS = 200
POINTS_OF_ALL = 10_000


def most_points(n_classes: int) -> int:
    """Return how many points the curve of each class may have."""
    return max(20, min(POINTS, POINTS_OF_ALL // n_classes))


def thinned(x: FloatArray, y: FloatArray, most: int) -> Curve:
    """Return at most so many points of a curve, at equal steps of its length, ends included."""
    if len(x) > most:
        length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
        wanted = np.linspace(0.0, length[-1], most)
        kept: Any = np.unique(np.searchsorted(length, wanted).clip(0, len(x) - 1))
        x, y = x[kept], y[kept]
    return Curve(tuple(x.round(5).tolist()), tuple(y.round(5).tolist()))
