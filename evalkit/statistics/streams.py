"""Random streams: each kind of draw has its own stream, and all streams are listed here.

A stream depends on the seed and the kind of draw only, so that equal data and equal seeds give
equal results in every part of the package.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

Stream: TypeAlias = Literal[
    "model",
    "pair",
    "exchange",
    "spread",
    "losses",
    "calibration",
    "seeds",
    "costs",
    "cost signs",
    "count changes",
    "estimate changes",
    "average precision",
    "shown samples",
]

STREAMS: Mapping[Stream, tuple[int, ...]] = MappingProxyType(
    {
        "model": (1, 0),
        "pair": (2, 0, 1),
        "exchange": (3, 0, 1),
        "spread": (3, 1),
        "losses": (4,),
        "calibration": (4, 1),
        "seeds": (5,),
        "costs": (6,),
        "cost signs": (6, 1),
        "count changes": (7,),
        "estimate changes": (7, 1),
        "average precision": (8,),
        "shown samples": (9,),
    }
)
"""The numbers appended to the seed for each stream. They never change.

``model`` resamples one model, or the second of two independent models. ``pair`` resamples two
models together, or the first of two independent models. ``exchange`` exchanges the predictions of
two models, and ``spread`` resamples both for the standard error of that test. ``losses`` resamples
losses, ``calibration`` draws outcomes of calibrated models, ``seeds`` resamples runs and samples,
and ``costs`` mean costs. ``cost signs`` flips the signs of cost differences. ``count changes`` and
``estimate changes`` simulate sequences without a change point. ``average precision`` puts weighted
or grouped samples into blocks. ``shown samples`` orders the samples of a list that probabilities do
not order.
"""


def generator(seed: int | np.random.Generator, stream: Stream) -> np.random.Generator:
    """Return the random number generator of a stream; a generator given as `seed` is returned."""
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng([seed, *STREAMS[stream]])
