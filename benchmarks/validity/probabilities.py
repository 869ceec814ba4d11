"""Simulate claims and intervals of probabilities: calibration, losses, and areas under ROC curves.

Calibration is simulated from sums by bin: confidences take 400 values, and the number of correct
samples of each value is binomial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

import evalkit
from benchmarks.validity.simulation import Cell, simulation
from evalkit import statistics
from evalkit.counts.counts import Counts, counts_together
from evalkit.counts.probability import BINS, ProbabilityCounts
from evalkit.counts.sums import Sums
from evalkit.statistics.calibration import binned_gaps, calibration, calibration_difference
from evalkit.statistics.probability_estimates import REPLICATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Array = NDArray[Any]

VALUES = 400
SIZES = (100, 1_000, 10_000)


def confidences() -> dict[str, Array]:
    """Return the confidences of the populations, all equally frequent."""
    share = (np.arange(VALUES) + 0.5) / VALUES
    return {
        "confidence 0.5 to 1": 0.5 + 0.5 * share,
        "confidence 0.15 to 1": 0.15 + 0.85 * share,
        "confidence 0.9 to 0.9999": 1 - 10 ** -(1 + 3 * share),
        "confidence 0.999": np.full(VALUES, 0.999),
    }


ACCURACIES: dict[str, Callable[[Array], Array]] = {
    "calibrated": lambda p: p,
    "overconfident": lambda p: expit(0.6 * logit(p)),
    "underconfident": lambda p: expit(1.5 * logit(p)),
    "2 points too confident": lambda p: p - 0.02,
    "15 points too confident in a fifth": lambda p: np.where(p > np.quantile(p, 0.8), p - 0.15, p),
}


def drawn_counts(stated: Array, accuracy: Array, n: int, rng: np.random.Generator) -> Counts:
    """Return the counts of n samples with these confidences and probabilities of being correct."""
    drawn = rng.multinomial(n, np.full(VALUES, 1 / VALUES))
    right = rng.binomial(drawn, accuracy)
    place = bins_of(stated)

    def summed(values: Array) -> Array:
        return np.asarray(np.bincount(place, values, BINS))

    counted, gaps = summed(drawn), summed(right - drawn * stated)
    squares = summed(right * (1 - stated) ** 2 + (drawn - right) * stated**2)
    spread = squares - np.divide(gaps**2, counted, out=np.zeros(BINS), where=counted > 0)
    known = ProbabilityCounts(
        losses={},
        right=summed(right),
        wrong=summed(drawn - right),
        confidence=summed(drawn * stated),
        gap_variance=np.maximum(spread, 0.0),
        stated_variance=summed(drawn * stated * (1 - stated)),
        differing=0,
        scores=(),
        is_binned=False,
    )
    sums = Sums(joints={}, probability=(known,))
    return Counts((0, 1), (np.diag([n, 0]),), n, sums=sums)


def bins_of(stated: Array) -> Array:
    """Return the bin of each confidence."""
    return np.asarray(np.clip(np.ceil(stated * BINS).astype(int) - 1, 0, BINS - 1))


@simulation
def calibration_error(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield the coverage of the interval of the calibration error with these bins."""
    for spread, stated in confidences().items():
        for name, rule in ACCURACIES.items():
            accuracy = np.clip(rule(stated), 0, 1)
            mean_gaps = np.bincount(bins_of(stated), (accuracy - stated) / VALUES)
            true = float(np.abs(mean_gaps).sum())
            for n in SIZES:
                held = 0
                for _ in range(draws):
                    gaps = binned_gaps(drawn_counts(stated, accuracy, n, rng), 0)
                    assert gaps is not None
                    found = gaps.interval(0.95)
                    assert found.low is not None
                    assert found.high is not None
                    held += found.low <= true <= found.high
                population = f"{spread}, {name}, n = {n:,}"
                yield Cell(
                    "interval", "calibration error", "bias bounds", population, held, draws, 0.95
                )


@simulation
def calibration_tests(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield false alarms of a calibrated model, and of one that is calibrated on average."""
    for spread, stated in confidences().items():
        shift = np.where(np.arange(VALUES) % 2, 1.0, -1.0) * np.minimum(0.1, 1 - stated)
        for name, accuracy in (("calibrated", stated), ("calibrated on average", stated + shift)):
            for n in SIZES:
                miscalibrated, claimed = 0, 0
                for i in range(draws):
                    found = calibration(drawn_counts(stated, accuracy, n, rng), seed=i)
                    assert found.p_value is not None
                    assert found.confidence_gap.p_value is not None
                    miscalibrated += found.p_value < 0.05
                    claimed += found.confidence_gap.p_value < 0.05
                population = f"{spread}, {name}, n = {n:,}"
                if name == "calibrated":
                    yield Cell(
                        *("claim", "the model is not calibrated", "drawn outcomes", population),
                        *(miscalibrated, draws, 0.05),
                    )
                yield Cell(
                    *("claim", "over- or underconfident", "paired t-test", population),
                    *(claimed, draws, 0.05),
                )


@simulation
def clustered_confidence(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield false alarms of the finding where samples of a group share an effect (ICC 0.3)."""
    for groups in (5, 10, 30):
        claimed, miscalibrated = 0, 0
        labels = np.repeat(np.arange(groups), 20)
        for i in range(draws):
            stated = rng.uniform(0.55, 0.95, len(labels))
            shared = rng.normal(size=groups)[labels] * np.sqrt(0.3)
            right = shared + rng.normal(size=len(labels)) * np.sqrt(0.7) < norm.ppf(stated)
            table = np.column_stack([stated, 1 - stated])
            one = evalkit.evaluate(
                np.where(right, 0, 1), y_proba=table, classes=[0, 1], groups=labels
            )
            found = calibration(one.counts, seed=i)
            assert found.p_value is not None
            assert found.confidence_gap.p_value is not None
            claimed += found.confidence_gap.p_value < 0.05
            miscalibrated += found.p_value < 0.05
        population = f"{groups} groups of 20, ICC 0.3"
        yield Cell(
            *("claim", "over- or underconfident", "paired t-test", population),
            *(claimed, draws, 0.05),
        )
        yield Cell(
            *("claim", "the model is not calibrated", "sign flips of units", population),
            *(miscalibrated, draws, 0.05),
        )


def tempered(exponent: float) -> Callable[[Array], Array]:
    """Return probabilities whose log-odds are multiplied."""
    return lambda truth: np.asarray(expit(exponent * logit(truth)))


def quartered(truth: Array) -> Array:
    """Return calibrated probabilities of a model that knows the quarter only."""
    return np.asarray((np.floor(4 * truth) + 0.5) / 4)


MODELS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "both calibrated, one sharper": (tempered(1.0), quartered),
    # With the bins of evalkit, both errors are 9.66 %.
    "both 9.66 % off, in opposite directions": (tempered(2.0), tempered(0.5)),
    "calibrated, and 9.66 % off": (tempered(1.0), tempered(2.0)),
}


@simulation
def calibration_differences(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield false alarms and power of the difference in calibration error of two models."""
    for name, rules in MODELS.items():
        for n in (200, 2_000):
            claimed = 0
            for _ in range(draws):
                truth = rng.random(n)
                actual = (rng.random(n) < truth).astype(int)
                parts = []
                for rule in rules:
                    p = rule(truth)
                    one = evalkit.evaluate(actual, y_proba=np.c_[1 - p, p], classes=[0, 1])
                    parts.append(one.counts)
                together, _ = counts_together(parts, ("A", "B"))
                found = calibration_difference(together, (0, 1), 0.95)
                assert found is not None
                assert found.p_value is not None
                claimed += found.p_value < 0.05
            yield Cell(
                "claim" if name.startswith("both") else "power",
                "calibration error differs",
                "paired t-test with bias bounds",
                f"{name}, n = {n:,}",
                claimed,
                draws,
                0.05 if name.startswith("both") else 0.0,
            )


def lognormal(deviation: float) -> Callable[[np.random.Generator, int], Array]:
    """Return draws of a log-normal variable minus its mean."""
    return lambda rng, n: rng.lognormal(0, deviation, n) - np.exp(deviation**2 / 2)


def of_two(rng: np.random.Generator, n: int) -> Array:
    """Return differences of two log-normal losses."""
    return rng.lognormal(0, 1.5, n) - rng.lognormal(0, 1.5, n)


def of_thirds(rng: np.random.Generator, n: int) -> Array:
    """Return differences of −1, 0 and 1; a tenth each differs from 0."""
    u = rng.random(n)
    return (u < 0.1).astype(float) - (u > 0.9)


def rare(rng: np.random.Generator, n: int) -> Array:
    """Return differences of mean 0 with a rare large value."""
    u = rng.random(n)
    return 5.0 * (u < 0.02) - 1.0 * (u > 0.9)


DIFFERENCES: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "log-normal, σ = 1": lognormal(1.0),
    "log-normal, σ = 1.5": lognormal(1.5),
    "difference of two log-normals, σ = 1.5": of_two,
    "−1, 0, 1": of_thirds,
    "5 in 2 %, −1 in 10 %": rare,
}


@simulation
def loss_differences(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield false alarms of the mean difference of two losses."""
    for name, draw in DIFFERENCES.items():
        for n in (20, 50, 200, 1_000):
            alarms = 0
            for i in range(draws):
                found = statistics.mean_test(draw(rng, n), replicates=REPLICATES, seed=i)
                alarms += bool(found.p_value < 0.05)
            yield Cell(
                "claim",
                "log loss or Brier score differs",
                "t and bootstrap t",
                f"{name}, n = {n:,}",
                alarms,
                draws,
                0.05,
            )


SAMPLES = ((2, 30), (2, 200), (3, 200), (5, 200), (10, 1_000), (30, 30), (5, 10_000), (30, 10_000))


@simulation
def areas(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield false alarms of DeLong's test, and coverage of the interval of one area."""
    for n_pos, n_neg in SAMPLES:
        positive = np.arange(n_pos + n_neg) < n_pos
        for auc in (0.5, 0.9, 0.999):
            alarms = held = 0
            for _ in range(draws):
                shared = rng.normal(size=len(positive)) * np.sqrt(0.5)
                shared += norm.ppf(auc) * np.sqrt(2) * positive
                a, b = (shared + rng.normal(size=len(positive)) * np.sqrt(0.5) for _ in range(2))
                alarms += statistics.delong_test(positive, a, b).p_value < 0.05
                interval = statistics.auc_interval(positive, a)
                held += interval.low <= auc <= interval.high
            population = f"{n_pos} positives, {n_neg:,} negatives, area {auc}"
            yield Cell("claim", "AUC differs", "DeLong", population, alarms, draws, 0.05)
            yield Cell("interval", "AUC of a class", "DeLong", population, held, draws, 0.95)
