"""What a simulation of the validity page returns, and the list of all simulations.

A module of this folder registers its simulations with `simulation`; the page has one row for each
claim or interval, with the worst and the median rate over its populations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

DRAWS = 1_000
"""Least number of simulated data sets per cell of the page."""


@dataclass(frozen=True)
class Cell:
    """One simulated population.

    Attributes
    ----------
    kind : ``"claim"`` counts false statements, ``"interval"`` counts intervals that hold the true
        value, ``"power"`` counts true statements.
    subject : the claim or the interval, in the words of the product.
    method : the test or the interval, as the product names it.
    population : sizes and rates of the population.
    happened, draws : number of events, and of data sets in which they were possible.
    nominal : the promised rate: at most that for a claim, at least that for an interval.
    """

    kind: Literal["claim", "interval", "power"]
    subject: str
    method: str
    population: str
    happened: int
    draws: int
    nominal: float

    @property
    def rate(self) -> float:
        """The simulated rate."""
        return self.happened / self.draws

    @property
    def error(self) -> float:
        """The standard error of the rate where it is nominal."""
        return float(np.sqrt(self.nominal * (1 - self.nominal) / self.draws))

    @property
    def fails(self) -> bool:
        """Whether the rate is worse than nominal by more than three standard errors."""
        worse = self.rate - self.nominal if self.kind == "claim" else self.nominal - self.rate
        return worse > 3 * self.error


SIMULATIONS: list[Callable[[np.random.Generator, int], Iterable[Cell]]] = []


def simulation(
    function: Callable[[np.random.Generator, int], Iterable[Cell]],
) -> Callable[[np.random.Generator, int], Iterable[Cell]]:
    """Register a simulation: a function of a generator and a number of data sets per cell."""
    SIMULATIONS.append(function)
    return function


def matrix_cells(prior: NDArray[np.float64], accuracy: float) -> NDArray[np.float64]:
    """Return the probabilities of the cells (K, K); errors follow the prior of other classes."""
    k = len(prior)
    errors = np.tile(prior, (k, 1)) * (1 - np.eye(k))
    errors *= (1 - accuracy) / errors.sum(axis=1, keepdims=True)
    cells: NDArray[np.float64] = prior[:, None] * (errors + accuracy * np.eye(k))
    return cells
