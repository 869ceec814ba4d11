"""What a back end gives to the training run: a network, its loss and its optimizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from evalkit.training.architecture import Architecture
from evalkit.training.settings import Settings

if TYPE_CHECKING:
    from evalkit.training.modules.module import Floats

Weights: TypeAlias = Mapping[str, NDArray[np.floating[Any]]]
Codes: TypeAlias = NDArray[np.integer[Any]]


class BatchScore(NamedTuple):
    """What a batch adds to an epoch's record.

    Attributes
    ----------
    loss : the mean cross-entropy of its rows, weighted by class where weights are set.
    weight : the sum of its rows' weights, their number where none are set.
    correct : rows whose largest logit is the target's.
    """

    loss: float
    weight: float
    correct: int


class Learner(Protocol):
    """A network, its loss and its optimizer, in one back end."""

    def begin_epoch(self, seed: int) -> None:
        """Seed what is random inside the network for the epoch."""

    def step(self, X: Floats, y: Codes, rate: float) -> BatchScore:
        """Take one step of size `rate` on a batch, and return its score before the step."""

    def score(self, X: Floats, y: Codes) -> BatchScore:
        """Return the score of a batch out of training."""

    def weights(self) -> Weights:
        """Return copies of all arrays by name."""

    def load(self, weights: Weights) -> None:
        """Take all arrays by name."""

    def optimizer_state(self) -> dict[str, Any]:
        """Return copies of what the optimizer remembers, as plain values and arrays."""

    def load_optimizer(self, state: dict[str, Any]) -> None:
        """Go on from an `optimizer_state`."""


MakeLearner: TypeAlias = Callable[[Architecture, Settings, "NDArray[np.float64] | None"], Learner]
