"""The interface of a back end: a network, its loss and its optimizer."""

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
    """The loss and the number of correct rows of a batch.

    Attributes
    ----------
    loss : the mean cross-entropy of the rows, with class weights if given.
    weight : the sum of the weights of the rows; without class weights, their number.
    correct : the number of correctly classified rows.
    """

    loss: float
    weight: float
    correct: int


class Learner(Protocol):
    """A network, its loss and its optimizer, in one back end."""

    def begin_epoch(self, seed: int) -> None:
        """Seed the random numbers of the network for the epoch."""

    def step(self, X: Floats, y: Codes, rate: float) -> BatchScore:
        """Take one step of size `rate` on a batch, and return its score before the step."""

    def score(self, X: Floats, y: Codes) -> BatchScore:
        """Return the score of a batch in evaluation mode."""

    def weights(self) -> Weights:
        """Return copies of all arrays by name."""

    def load(self, weights: Weights) -> None:
        """Set all arrays by name."""

    def optimizer_state(self) -> dict[str, Any]:
        """Return a copy of the state of the optimizer, as plain values and arrays."""

    def load_optimizer(self, state: dict[str, Any]) -> None:
        """Set the state of the optimizer from `optimizer_state`."""


MakeLearner: TypeAlias = Callable[[Architecture, Settings, "NDArray[np.float64] | None"], Learner]
