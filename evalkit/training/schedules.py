"""Learning-rate schedules."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalkit.training.settings import Schedule

_WARM_UP = 0.3  # fraction of a one-cycle run in which the rate increases
_START = 1 / 25  # initial rate, relative to the largest
_END = 1e-4  # final rate, relative to the initial


def learning_rate(schedule: Schedule, largest: float, step: int, steps: int) -> float:
    """Return the learning rate of the step `step`, counted from 0, in a run of `steps`.

    With t = step / steps, and cos(a → b, u) = b + ½ (a − b) (1 + cos πu)::

        constant    η
        cosine      cos(η → 0, t)
        step        η, η/10 for t ≥ 1/2, η/100 for t ≥ 3/4
        one_cycle   cos(η/25 → η, t / 0.3), then cos(η → η/250000, (t − 0.3) / 0.7)

    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    Smith and Topin, "Super-convergence", 2019.

    >>> learning_rate("cosine", 0.1, 50, 100)
    0.05
    """
    t = step / steps
    if schedule == "cosine":
        return _cosine(largest, 0.0, t)
    if schedule == "step":
        return largest * 0.1 ** ((t >= 0.5) + (t >= 0.75))
    if schedule == "one_cycle":
        first = largest * _START
        if t < _WARM_UP:
            return _cosine(first, largest, t / _WARM_UP)
        return _cosine(largest, first * _END, (t - _WARM_UP) / (1 - _WARM_UP))
    return largest


def _cosine(begin: float, end: float, fraction: float) -> float:
    return end + (begin - end) * (1 + math.cos(math.pi * fraction)) / 2
