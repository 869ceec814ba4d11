"""The random streams: every kind of draw has one of its own, and all are named here.

A stream depends on the seed and on what is drawn, never on which model it is drawn for or what else
is compared. So the same question about the same data has the same answer wherever it is asked.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

Stream: TypeAlias = Literal["model", "pair", "exchange", "losses", "seeds", "costs", "cost signs"]

STREAMS: Mapping[Stream, tuple[int, ...]] = MappingProxyType(
    {
        "model": (1, 0),
        "pair": (2, 0, 1),
        "exchange": (3, 0, 1),
        "losses": (4,),
        "seeds": (5,),
        "costs": (6,),
        "cost signs": (6, 1),
    }
)
"""Stream → the numbers that follow the seed. What a number stands for never changes.

``model`` resamples one model, or the second of two that are independent; ``pair`` two models
together, or the first of two independent ones; ``exchange`` swaps the predictions of two models;
``losses`` resamples losses and calibration; ``seeds`` runs and samples; ``costs`` mean costs, and
``cost signs`` exchanges their differences.
"""


def generator(seed: int | np.random.Generator, stream: Stream) -> np.random.Generator:
    """Return the generator of a stream, or the generator given in the place of a seed.

    Examples
    --------
    >>> generator(0, "model").random() == generator(0, "model").random()
    True
    >>> generator(0, "model").random() == generator(0, "pair").random()
    False
    """
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng([seed, *STREAMS[stream]])
