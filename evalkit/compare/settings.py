"""The choices that a comparison's numbers depend on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evalkit.errors import InputError


@dataclass(frozen=True)
class Settings:
    """The choices that the numbers depend on.

    Raises
    ------
    InputError
        If a choice lies outside its range.
    """

    betas: tuple[float, ...]
    confidence: float
    seed: int
    replicates: int
    margin: float | None
    factor: float = 2.0

    def __post_init__(self) -> None:
        if not all(beta > 0 and math.isfinite(beta) for beta in self.betas) or not self.betas:
            raise InputError(f"β must be positive numbers, at least one; got {self.betas}")
        if not 0 < self.confidence < 1:
            raise InputError(f"confidence must lie between 0 and 1; got {self.confidence}")
        if self.replicates < 1:
            raise InputError(f"replicates must be positive; got {self.replicates}")
        if self.margin is not None and not 0 < self.margin < 1:
            raise InputError(f"margin is a fraction between 0 and 1; got {self.margin}")
        if not self.factor > 0:
            raise InputError(f"the factor of the spread must be positive; got {self.factor}")

    def replicates_for(self, n_classes: int) -> int:
        """Return how many replicates are drawn: fewer above 200 classes, to bound memory."""
        return max(1, min(self.replicates, max(1_000, 2_000_000 // n_classes)))

    @property
    def alpha(self) -> float:
        """The level of every test."""
        return 1 - self.confidence
