"""Remove points of curves that make no visible difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.compare.records import Curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE = 0.003
"""Points closer than this to the line between their neighbours are removed."""
DECIMALS = 4


def drawn_curve(curve: Curve) -> Curve:
    """Return the curve without points that make no visible difference.

    Douglas and Peucker's algorithm: a stretch is a straight line unless one of its points lies
    further than `TOLERANCE` away.

    >>> drawn_curve(Curve((0.0, 0.5, 1.0), (0.0, 0.5, 1.0)))
    Curve(x=(0.0, 1.0), y=(0.0, 1.0))
    """
    points = np.array([curve.x, curve.y])
    kept = {0, points.shape[1] - 1}
    spans = [(0, points.shape[1] - 1)]
    while spans:
        start, end = spans.pop()
        if end - start < 2:
            continue
        distances = _distances(points[:, start + 1 : end], points[:, start], points[:, end])
        farthest = start + 1 + int(distances.argmax())
        if distances.max() > TOLERANCE:
            kept.add(farthest)
            spans += [(start, farthest), (farthest, end)]
    x, y = points[:, sorted(kept)].round(DECIMALS).tolist()
    return Curve(tuple(x), tuple(y))


def _distances(
    points: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distance of each point from the segment between two others."""
    along, away = end - start, points - start[:, None]
    length = float(along @ along)
    share = np.clip(along @ away / length, 0.0, 1.0) if length else np.zeros(points.shape[1])
    distances: NDArray[np.float64] = np.linalg.norm(away - along[:, None] * share, axis=0)
    return distances
