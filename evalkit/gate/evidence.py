"""What the samples say of a quantity: its value, and its interval at any confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

BY_SAMPLE = "paired by sample"
INDEPENDENT = "independent samples"

Limits = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Evidence:
    """A value with what is known of its noise.

    Attributes
    ----------
    value : the estimate; NaN where it is undefined.
    method : how the interval is made, in words.
    interval : from a confidence to the two ends.
    missing : why there is no interval, or empty.
    """

    value: float
    method: str
    interval: Callable[[float], Limits]
    missing: str = ""


def undefined() -> Evidence:
    """Return the evidence on a metric that has no value on these samples."""
    return Evidence(np.nan, "", lambda _: (np.nan, np.nan), missing="the metric is undefined here")
