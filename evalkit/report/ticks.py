"""Round numbers along an axis."""

from __future__ import annotations

import math

STEPS = (1, 2, 2.5, 5, 10)


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Return evenly spaced round numbers that enclose an interval.

    >>> nice_ticks(0.47, 0.52)
    [0.47, 0.48, 0.49, 0.5, 0.51, 0.52]
    """
    size = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(size / wanted))
    step = next(s * power for s in STEPS if s * power >= size / wanted * (1 - 1e-9))
    first = math.floor(low / step + 1e-9)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(k * step, 12) for k in range(first, last + 1)]
