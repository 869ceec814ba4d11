"""Fast exact draws from a fixed discrete distribution: one 16-bit number and one look-up each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 1 << 16
_UNDECIDED = -1
# Beyond nine standard deviations a tail is less than the spacing of doubles below one.
_DEVIATIONS = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class Tabulated:
    """A distribution over `first`, `first` + 1, …, ready to be drawn from.

    The unit interval is cut into 2¹⁶ bins. A bin that lies within one step of the distribution
    function decides the value; the few that hold a jump draw the rest of a uniform number and
    search for it, so nothing is rounded to 16 bits.

    Attributes
    ----------
    first : the least value.
    cumulative : the distribution function at each value.
    value_of_bin : (2¹⁶,) the value, or −1 where the bin does not decide.
    """

    first: int
    cumulative: NDArray[np.float64]
    value_of_bin: NDArray[np.int32]

    @classmethod
    def from_weights(cls, first: int, weights: NDArray[np.float64]) -> Tabulated:
        """Tabulate the distribution proportional to `weights` from the value `first` on."""
        cumulative = np.cumsum(weights)
        cumulative /= cumulative[-1]
        edges = cumulative * _BINS
        values = np.arange(first, first + len(weights), dtype=np.int32)
        value_of_bin = np.repeat(values, np.diff(np.ceil(edges), prepend=0.0).astype(np.int64))
        cut = edges[edges != np.floor(edges)].astype(np.int64)
        value_of_bin[cut] = _UNDECIDED
        return cls(first, cumulative, value_of_bin)

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.int32]:
        """Return independent draws."""
        bins = rng.integers(0, _BINS, size=shape, dtype=np.uint16)
        values = self.value_of_bin.take(bins)
        undecided = np.flatnonzero(values == _UNDECIDED)
        if undecided.size:
            uniform = (bins.ravel()[undecided] + rng.random(undecided.size)) / _BINS
            found = np.searchsorted(self.cumulative, uniform, side="right")
            values.ravel()[undecided] = self.first + found
        return values


def poisson(mean: float) -> Tabulated:
    """Tabulate the Poisson distribution."""
    first, mode, last = _window(mean, mean)
    rising = np.cumprod(mean / np.arange(mode + 1, last + 1))
    falling = np.cumprod(np.arange(mode, first, -1) / mean)
    return Tabulated.from_weights(first, np.concatenate([falling[::-1], [1.0], rising]))


def half_binomial(trials: int) -> Tabulated:
    """Tabulate the number of heads in `trials` tosses of a fair coin."""
    first, mode, last = _window(trials / 2.0, trials / 4.0)
    last = min(last, trials)
    above = np.arange(mode + 1, last + 1)
    rising = np.cumprod((trials - above + 1) / above)
    below = np.arange(mode, first, -1)
    falling = np.cumprod(below / (trials - below + 1))
    return Tabulated.from_weights(first, np.concatenate([falling[::-1], [1.0], rising]))


def _window(mean: float, variance: float) -> tuple[int, int, int]:
    """Return the least value, the mode and the greatest value that a table holds."""
    reach = _DEVIATIONS * variance**0.5 + 30.0
    return max(0, int(mean - reach)), int(mean), int(mean + reach) + 1
