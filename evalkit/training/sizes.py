"""Count the parameters of a network, and find a network with a given count."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from evalkit.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.training.architecture import Architecture

_MAX_SIZE = 1 << 24


def parameter_count(architecture: Architecture) -> int:
    """Return the number of trained parameters.

    The count is Σ (fan_in + 1) · fan_out over the layers, plus 2 per hidden unit with batch norm.
    Running statistics are not trained.

    >>> from evalkit.training.architecture import Architecture
    >>> parameter_count(Architecture(inputs=3072, hidden=(512, 256), outputs=10))
    1707274
    """
    layers = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(architecture.widths))
    return layers + (2 * sum(architecture.hidden) if architecture.batch_norm else 0)


def match_parameters(count: int, shape: Callable[[int], Architecture]) -> Architecture:
    """Return the network of a family whose parameter count is closest to `count`.

    `shape` returns the network of size 1, 2, 3 …; its depth, width or both increase with the
    size. Of two equally close networks, the smaller is returned.

    Raises
    ------
    TrainingError
        If `count` is not positive, or every network of the family is smaller.

    Two networks with about as many parameters as 3072-512-256-10: layers of 120 units after one
    of 512, and a single hidden layer:

    >>> from evalkit.training.architecture import Architecture
    >>> match_parameters(1707274, lambda n: Architecture(3072, (512, *[120] * n), 10)).hidden
    (512, 120, 120, 120, 120, 120, 120)
    >>> match_parameters(1707274, lambda n: Architecture(3072, (n,), 10)).hidden
    (554,)
    """
    if count < 1:
        raise TrainingError(f"The parameter count is {count}, expected at least 1.")
    low, high = 0, 1
    while parameter_count(shape(high)) < count:
        low, high = high, 2 * high
        if high > _MAX_SIZE:
            raise TrainingError(
                f"No network of the family has {count} parameters. "
                "The parameter count must increase with the size."
            )
    while high - low > 1:
        middle = (low + high) // 2
        if parameter_count(shape(middle)) < count:
            low = middle
        else:
            high = middle
    candidates = [shape(size) for size in (low, high) if size]
    return min(candidates, key=lambda candidate: abs(parameter_count(candidate) - count))
