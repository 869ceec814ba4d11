"""How large a network is, and which other shape is as large."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from evalkit.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.training.architecture import Architecture

_LARGEST = 1 << 24


def parameter_count(architecture: Architecture) -> int:
    """Return the number of trained parameters.

    Σ (fan_in + 1) · fan_out over the layers, and 2 a normalised hidden unit where there is
    batch norm; its running statistics are not trained.

    >>> from evalkit.training.architecture import Architecture
    >>> parameter_count(Architecture(inputs=3072, hidden=(512, 256), outputs=10))
    1707274
    """
    layers = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(architecture.widths))
    return layers + (2 * sum(architecture.hidden) if architecture.batch_norm else 0)


def match_parameters(count: int, shape: Callable[[int], Architecture]) -> Architecture:
    """Return the member of a family of networks whose parameter count is closest to `count`.

    `shape` makes the member of size 1, 2, 3 …, whatever grows with the size: depth, width
    or both. Of two that are equally close, the smaller is returned.

    Raises
    ------
    TrainingError
        If `count` is not positive, or no member of any size comes near it.

    Layers of 120 after one of 512, as large as 3072-512-256-10; and the width that one
    hidden layer needs for it:

    >>> from evalkit.training.architecture import Architecture
    >>> match_parameters(1707274, lambda n: Architecture(3072, (512, *[120] * n), 10)).hidden
    (512, 120, 120, 120, 120, 120, 120)
    >>> match_parameters(1707274, lambda n: Architecture(3072, (n,), 10)).hidden
    (554,)
    """
    if count < 1:
        raise TrainingError(f"a parameter count must be at least 1; got {count}")
    too_small, enough = 0, 1
    while parameter_count(shape(enough)) < count:
        too_small, enough = enough, 2 * enough
        if enough > _LARGEST:
            raise TrainingError(f"no member of the family has {count} parameters: let it grow")
    while enough - too_small > 1:
        middle = (too_small + enough) // 2
        if parameter_count(shape(middle)) < count:
            too_small = middle
        else:
            enough = middle
    candidates = [shape(size) for size in (too_small, enough) if size]
    return min(candidates, key=lambda candidate: abs(parameter_count(candidate) - count))
