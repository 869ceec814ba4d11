"""Simulate the power that planning states: the tests of the product on drawn counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import hypergeom, norm

from benchmarks.validity.simulation import Cell, simulation
from evalkit.statistics import (
    mcnemar,
    power_mcnemar,
    power_noninferiority,
    power_proportion,
    power_two_proportions,
    proportion_interval,
    samples_mcnemar,
    samples_noninferiority,
    samples_proportion,
    samples_two_proportions,
)
from evalkit.statistics.proportions import paired_proportion_score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ALPHA = 0.05
MORE = 20
"""Times as many data sets as elsewhere, because a test takes microseconds."""


def _cell(subject: str, test: str, where: str, rejected: NDArray[np.bool_], stated: float) -> Cell:
    return Cell("power", subject, test, where, int(rejected.sum()), rejected.size, stated)


def _discordant(
    rng: np.random.Generator, n: int, difference: float, disagreement: float, draws: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of samples that only the first, and only the second, model gets right."""
    either = rng.binomial(n, disagreement, draws)
    second = rng.binomial(either, (1 + difference / disagreement) / 2)
    return either - second, second


@simulation
def paired(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield the power of McNemar's test for the planned number of samples, and for a few."""
    draws *= MORE
    for difference, disagreement in ((0.01, 0.18), (0.02, 0.05), (0.001, 0.002), (0.2, 0.3)):
        planned = samples_mcnemar(difference, disagreement=disagreement)
        for n in (planned, planned // 3):
            b, c = _discordant(rng, n, difference, disagreement, draws)
            yield _cell(
                "two models on the same samples",
                "exact McNemar",
                f"{n:,} samples, difference {difference:g}, disagreement {disagreement:g}",
                np.asarray(mcnemar(b, c).p_exact) < ALPHA,
                power_mcnemar(n, difference, disagreement=disagreement),
            )
    for margin, disagreement in ((0.01, 0.05), (0.02, 0.2), (0.002, 0.002)):
        n = samples_noninferiority(margin, disagreement=disagreement)
        b, c = _discordant(rng, n, 0.0, disagreement, draws)
        z = paired_proportion_score(b, c, n, -margin)
        yield _cell(
            "the second model is not worse by the margin",
            "Tango's score",
            f"{n:,} samples, margin {margin:g}, disagreement {disagreement:g}",
            norm.sf(z) < ALPHA,
            power_noninferiority(n, margin, disagreement=disagreement),
        )


@simulation
def independent(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield the power of Fisher's exact test for two models on independent samples."""
    draws *= 4
    for first, second in ((0.9, 0.91), (0.85, 0.9), (0.998, 0.9995), (0.5, 0.8)):
        n = samples_two_proportions(first, second)
        wrong = [rng.binomial(n, 1 - rate, draws) for rate in (first, second)]
        # Two equal samples have a symmetric distribution, so p is twice the smaller tail.
        p = 2 * hypergeom.cdf(np.minimum(*wrong), 2 * n, wrong[0] + wrong[1], n)
        yield _cell(
            "two models on independent samples",
            "Fisher's exact",
            f"{n:,} samples each, accuracies {first:g} and {second:g}",
            p < ALPHA,
            power_two_proportions(n, first, second),
        )


@simulation
def rules(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield how often exact limits decide a rule for the planned number of trials."""
    draws *= MORE
    for value, bound in ((0.95, 0.9), (0.85, 0.9), (0.9995, 0.999), (0.997, 0.999), (0.02, 0.01)):
        n = samples_proportion(value, bound)
        low, high = proportion_interval(
            rng.binomial(n, value, draws), n, confidence=1 - ALPHA, method="clopper-pearson"
        )
        yield _cell(
            "a rule is decided",
            "Clopper–Pearson",
            f"{n:,} trials, true value {value:g}, bound {bound:g}",
            np.asarray(low > bound if value > bound else high < bound),
            power_proportion(n, value, bound),
        )
