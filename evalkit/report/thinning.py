"""Curves with no more points than the eye can tell apart."""

from __future__ import annotations

from evalkit.compare.results import Curve

TOLERANCE = 0.003
"""A point nearer than this to the line between its neighbours cannot be seen to be missing."""
DECIMALS = 4


def drawn_curve(curve: Curve) -> Curve:
    """Return the curve without the points that no line drawn at its size would show.

    Douglas and Peucker's algorithm: a stretch is a straight line unless a point of it lies
    further than `TOLERANCE` away.

    >>> drawn_curve(Curve((0.0, 0.5, 1.0), (0.0, 0.5, 1.0)))
    Curve(x=(0.0, 1.0), y=(0.0, 1.0))
    """
    points = list(zip(curve.x, curve.y, strict=True))
    kept = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        start, end = spans.pop()
        if end - start < 2:
            continue
        distance, farthest = max(
            (_distance(points[i], points[start], points[end]), -i) for i in range(start + 1, end)
        )
        if distance > TOLERANCE:
            kept.add(-farthest)
            spans += [(start, -farthest), (-farthest, end)]
    x, y = zip(*(points[i] for i in sorted(kept)), strict=True)
    return Curve(
        tuple(round(value, DECIMALS) for value in x), tuple(round(value, DECIMALS) for value in y)
    )


def _distance(
    point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]
) -> float:
    """Return how far a point lies from the segment between two others."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    px, py = point[0] - start[0], point[1] - start[1]
    length = dx * dx + dy * dy
    along = min(max((px * dx + py * dy) / length, 0.0), 1.0) if length else 0.0
    return float(((px - along * dx) ** 2 + (py - along * dy) ** 2) ** 0.5)
