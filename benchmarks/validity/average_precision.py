"""Simulate intervals and paired tests of average precision, and of differences in ROC area.

Scores are normal in both classes. The true average precision is an integral over the scores of the
positives; that of rounded scores is a sum. The number of positives is random, as in a sample of the
population, and at least 2.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm

import evalkit
from benchmarks.validity.simulation import Cell, simulation
from evalkit.counts.counts import counts_together
from evalkit.statistics import (
    auc_difference,
    average_precision_difference,
    average_precision_estimates,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evalkit.counts.counts import Counts

    Array = NDArray[Any]

POSITIVES = (10, 30, 100)
PREVALENCES = (0.01, 0.1, 0.5)
SHIFTS = (0.0, 1.0, 2.0, 3.5)
"""Mean score of the positives in standard deviations: ROC areas 0.5, 0.76, 0.92 and 0.993."""
STEP = 0.5
"""Scores are rounded to multiples of this to make ties."""
CORRELATION = 0.5
SAMPLES = tuple(product(POSITIVES, PREVALENCES))
DIFFERS, TEST = "average precision differs", "paired jackknife t-test"


class Model(NamedTuple):
    """Scores of the positives are normal; those of the negatives standard normal."""

    shift: float
    deviation: float = 1.0


def true_average_precision(model: Model, prevalence: float) -> float:
    """Return the average precision of the population."""
    shift, deviation = model

    def weighted(score: float) -> float:
        found = prevalence * norm.sf((score - shift) / deviation)
        passed = found + (1 - prevalence) * norm.sf(score)
        return float(found / passed * norm.pdf((score - shift) / deviation) / deviation)

    ends = shift - 8 * deviation, shift + 8 * deviation
    return float(quad(weighted, *ends, points=[shift], limit=400)[0])


def true_of_rounded(model: Model, prevalence: float) -> float:
    """Return the average precision of the population whose scores are rounded."""
    edges = np.arange(-10, 14, STEP) - STEP / 2
    reached = norm.sf((edges - model.shift) / model.deviation)
    precision = prevalence * reached
    precision = precision / (precision + (1 - prevalence) * norm.sf(edges))
    return float(-np.diff(reached, append=0) @ precision)


def as_strong(prevalence: float, value: float, deviation: float) -> Model:
    """Return the model of this average precision and deviation."""

    def excess(shift: float) -> float:
        return true_average_precision(Model(shift, deviation), prevalence) - value

    return Model(float(brentq(excess, -6, 12)), deviation)


def drawn_labels(rng: np.random.Generator, positives: int, prevalence: float) -> Array:
    """Return labels of a random sample with at least two positives, and two others."""
    n = round(positives / prevalence)
    while True:
        labels = rng.random(n) < prevalence
        if 2 <= labels.sum() <= n - 2:
            return labels


def counts_of(labels: Array, *scores: Array) -> Counts:
    """Return the counts of models whose log-odds of the positive class are the scores."""
    parts = []
    for each in scores:
        p = expit(np.asarray(each))
        table = np.column_stack([1 - p, p])
        parts.append(evalkit.evaluate(labels.astype(int), y_proba=table, classes=[0, 1]).counts)
    return counts_together(parts, [str(i) for i in range(len(parts))])[0]


@simulation
def intervals(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield the coverage of the interval of the average precision of a class."""
    for (positives, prevalence), shift in product(SAMPLES, SHIFTS):
        yield _coverage(rng, draws, positives, prevalence, Model(shift), rounded=False)
    for positives, prevalence in product((10, 100), (0.01, 0.5)):
        yield _coverage(rng, draws, positives, prevalence, Model(2.0), rounded=True)


def _coverage(
    rng: np.random.Generator,
    draws: int,
    positives: int,
    prevalence: float,
    model: Model,
    *,
    rounded: bool,
) -> Cell:
    true = (true_of_rounded if rounded else true_average_precision)(model, prevalence)
    held = 0
    for _ in range(draws):
        labels = drawn_labels(rng, positives, prevalence)
        scores = rng.normal(size=len(labels)) + model.shift * labels
        if rounded:
            scores = np.round(scores / STEP) * STEP
        found = average_precision_estimates(counts_of(labels, scores), 0.95)[1]
        assert found.low is not None
        assert found.high is not None
        held += found.low <= true <= found.high
    return Cell(
        *("interval", "average precision of a class", "jackknife and Wilson"),
        _population(positives, prevalence, true, ", rounded scores" * rounded),
        *(held, draws, 0.95),
    )


@simulation
def differences(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield false alarms of both paired tests for models of the same distribution."""
    for positives, prevalence in SAMPLES:
        for shift, rounded in ((0.0, False), (2.0, False), (3.5, False), (2.0, True)):
            models, value = (Model(shift),) * 2, true_average_precision(Model(shift), prevalence)
            alarms = areas = 0
            for _ in range(draws):
                labels = drawn_labels(rng, positives, prevalence)
                scores = _scores(rng, labels, *models)
                if rounded:
                    scores = np.round(scores / STEP) * STEP
                counts = counts_of(labels, *scores)
                found = average_precision_difference(counts, (0, 1), 1, 0.95)
                area = auc_difference(counts, (0, 1), 1, 0.95)
                alarms += found.p_value is not None and found.p_value < 0.05
                areas += area.p_value is not None and area.p_value < 0.05
            population = _population(positives, prevalence, value, ", rounded scores" * rounded)
            yield Cell("claim", DIFFERS, TEST, population, alarms, draws, 0.05)
            yield Cell("claim", "AUC of a class differs", "DeLong", population, areas, draws, 0.05)


@simulation
def differences_of_shape(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield false alarms for models of equal average precision whose scores differ in spread."""
    for (positives, prevalence), (shift, deviation) in product(SAMPLES, ((1.0, 0.5), (2.0, 2.0))):
        value = true_average_precision(Model(shift), prevalence)
        models = Model(shift), as_strong(prevalence, value, deviation)
        alarms = 0
        for _ in range(draws):
            labels = drawn_labels(rng, positives, prevalence)
            counts = counts_of(labels, *_scores(rng, labels, *models))
            p_value = average_precision_difference(counts, (0, 1), 1, 0.95).p_value
            alarms += p_value is not None and p_value < 0.05
        population = _population(positives, prevalence, value, f", deviations 1 and {deviation:g}")
        yield Cell("claim", DIFFERS, TEST, population, alarms, draws, 0.05)


def _population(positives: int, prevalence: float, value: float, more: str = "") -> str:
    return f"about {positives} positives of {prevalence:.0%}, value {value:.3f}{more}"


def _scores(rng: np.random.Generator, labels: Array, first: Model, second: Model) -> Array:
    """Return the correlated scores (2, n) of two models."""
    shared, *own = rng.normal(size=(3, len(labels)))
    noise = CORRELATION**0.5 * shared + (1 - CORRELATION) ** 0.5 * np.array(own)
    return np.stack(
        [
            np.where(labels, model.shift + model.deviation * each, each)
            for model, each in zip((first, second), noise, strict=True)
        ]
    )


@simulation
def interval_of_the_difference(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield the coverage of the interval of a difference, and the power of its test."""
    for positives, prevalence, shift in product(POSITIVES, (0.01, 0.5), (0.5, 2.0)):
        models = Model(shift), Model(shift + 1.0)
        values = [true_average_precision(model, prevalence) for model in models]
        true, held, found_out = values[1] - values[0], 0, 0
        for _ in range(draws):
            labels = drawn_labels(rng, positives, prevalence)
            counts = counts_of(labels, *_scores(rng, labels, *models))
            found = average_precision_difference(counts, (0, 1), 1, 0.95)
            assert found.low is not None
            assert found.high is not None
            held += found.low <= true <= found.high
            found_out += found.low > 0
        population = (
            f"about {positives} positives of {prevalence:.0%}, values {values[0]:.3f} and "
            f"{values[1]:.3f}"
        )
        yield Cell(
            "interval",
            "difference in average precision",
            "paired jackknife and limits of both",
            population,
            held,
            draws,
            0.95,
        )
        yield Cell("power", DIFFERS, TEST, population, found_out, draws, 0.0)


@simulation
def grouped(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Yield coverage and false alarms where samples of a group share a part of their scores."""
    for groups, size in ((30, 10), (100, 5)):
        labels_of = np.repeat(np.arange(groups), size)
        held = alarms = 0
        # Scores remain standard normal, so that the population's value is unchanged.
        true = true_average_precision(Model(1.5), 0.2)
        for _ in range(draws):
            labels = rng.random(len(labels_of)) < 0.2
            noise = [
                0.5**0.5 * rng.normal(size=groups)[labels_of]
                + 0.5**0.5 * rng.normal(size=len(labels_of))
                for _ in range(2)
            ]
            parts = []
            for each in noise:
                p = expit(each + 1.5 * labels)
                parts.append(
                    evalkit.evaluate(
                        labels.astype(int),
                        y_proba=np.column_stack([1 - p, p]),
                        classes=[0, 1],
                        groups=labels_of,
                    ).counts
                )
            counts = counts_together(parts, ["A", "B"])[0]
            found = average_precision_estimates(counts.alone(0), 0.95)[1]
            assert found.low is not None
            assert found.high is not None
            held += found.low <= true <= found.high
            p_value = average_precision_difference(counts, (0, 1), 1, 0.95).p_value
            alarms += p_value is not None and p_value < 0.05
        population = f"{groups} groups of {size}, ICC 0.5, 20% positives"
        yield Cell(
            *("interval", "average precision of a class", "jackknife of groups", population),
            *(held, draws, 0.95),
        )
        yield Cell(
            *("claim", "average precision differs", "paired jackknife of groups", population),
            *(alarms, draws, 0.05),
        )
