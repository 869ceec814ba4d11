"""The limits of the gate: wrong decisions where the true value is the bound of the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import evalkit
from benchmarks.validity.simulation import Cell, matrix_cells, simulation
from evalkit import gate
from evalkit.counts.identity import block_marginals, deal_blocks
from evalkit.counts.joint import JointCounts
from evalkit.gate.decide import Outcome, samples_needed
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics import proportion_interval
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.decision_limits import (
    block_limits,
    independent_decision_limits,
    model_limits,
    paired_limits,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from evalkit.statistics.decision_limits import DecisionLimits

ALPHA = 0.05
WRONG = "a gate decides wrongly where every value is the bound of its rule"


class Population(NamedTuple):
    """Classes, their prevalence, the accuracy in each, and the number of samples."""

    name: str
    prior: NDArray[np.float64]
    accuracy: float
    n: int

    @property
    def cells(self) -> NDArray[np.float64]:
        """The probability (K, K) of each cell."""
        return matrix_cells(self.prior, self.accuracy)


HALF, RARE = np.array([0.5, 0.5]), np.array([0.99, 0.01])
TEN = np.full(10, 0.1)
SKEWED = 1 / np.arange(1, 11) / (1 / np.arange(1, 11)).sum()
POPULATIONS = (
    Population("K = 2, n = 100, accuracy 0.9", HALF, 0.9, 100),
    Population("K = 2, n = 1,000, accuracy 0.999", HALF, 0.999, 1_000),
    Population("K = 2, prevalence 1 %, n = 1,000, accuracy 0.99", RARE, 0.99, 1_000),
    Population("K = 10, n = 1,000, accuracy 0.999", TEN, 0.999, 1_000),
    Population("K = 10, skewed, n = 500, accuracy 0.9", SKEWED, 0.9, 500),
    Population("K = 100, n = 2,000, accuracy 0.9", np.full(100, 0.01), 0.9, 2_000),
)
METRICS = (
    ("f1", 1),
    ("f_beta[2.0]", 1),
    ("informedness", 1),
    ("f1_macro", None),
    ("f1_weighted", None),
    ("balanced_accuracy", None),
    ("matthews_corrcoef", None),
    ("cohen_kappa", None),
)


@simulation
def proportions(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Rules on proportions: Clopper and Pearson at alpha / m."""
    for name, checks, n, rate in (
        ("accuracy >= 0.999, n = 1,000", 1, 1_000, 0.999),
        ("accuracy >= 0.9, n = 100", 1, 100, 0.9),
        ("recall[*] >= 0.99, 100 classes of 50", 100, 50, 0.99),
        ("recall[*] >= 0.9, 10 classes of 100", 10, 100, 0.9),
        ("recall[*] >= 0.5, 400 classes of 10", 400, 10, 0.5),
    ):
        right = rng.binomial(n, rate, (draws, checks))
        low, high = proportion_interval(
            right, n, confidence=1 - ALPHA / checks, method="clopper-pearson"
        )
        wrong = ((low > rate) | (high < rate)).any(axis=1)
        yield Cell("claim", WRONG, "Clopper–Pearson", name, int(wrong.sum()), draws, ALPHA)


@simulation
def metrics(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Other metrics of one model, alone and as one of ten checks."""
    for population in POPULATIONS:
        k = len(population.prior)
        tables = rng.multinomial(population.n, population.cells.ravel(), draws)
        for metric, position in METRICS:
            true = _value(metric, population.cells, position)
            for checks in (1, 10):
                confidence = 1 - ALPHA / checks
                found = [
                    model_limits(table.reshape(k, k), metric, confidence, position)
                    for table in tables
                ]
                yield _cell(found, true, metric, f"{population.name}, 1 of {checks}", checks)


@simulation
def differences(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Compare two models on the same samples, by sample and by block, and on other samples."""
    for prior, n, wrong, flips in (
        (HALF, 100, 0.1, 0.05),
        (HALF, 1_000, 0.1, 0.02),
        (HALF, 1_000, 0.0, 0.002),
        (RARE, 1_000, 0.02, 0.005),
        (TEN, 1_000, 0.1, 0.02),
        (SKEWED, 1_000, 0.01, 0.01),
    ):
        k = len(prior)
        name = f"K = {k}, rarest class {prior.min():.0%}, n = {n:,}, {flips:.1%} of answers differ"
        blocks = deal_blocks(n)
        assert blocks is not None
        samples = [_two_models(rng, prior, n, wrong, flips) for _ in range(draws)]
        joints = [JointCounts.from_codes(actual, a, b, k) for actual, a, b in samples]
        for metric, position in (("accuracy", None), ("recall", 0), ("f1_macro", None)):
            by_sample = [paired_limits(joint, metric, 1 - ALPHA, position) for joint in joints]
            yield _cell(by_sample, 0.0, f"difference of {metric}, by sample", name, 1)
            by_block = [
                block_limits(
                    [Marginals.of(each) for each in (joint.confusion_a(), joint.confusion_b())],
                    [block_marginals(codes[0], each, k, blocks) for each in codes[1:]],
                    metric,
                    1 - ALPHA,
                    position,
                )
                for joint, codes in zip(joints, samples, strict=True)
            ]
            yield _cell(by_block, 0.0, f"difference of {metric}, by block", name, 1)
    for population in POPULATIONS[:5]:
        k = len(population.prior)
        tables = rng.multinomial(population.n, population.cells.ravel(), 2 * draws)
        for metric in ("accuracy", "f1_macro"):
            apart = [
                independent_decision_limits(list(pair.reshape(2, k, k)), metric, 1 - ALPHA)
                for pair in tables.reshape(draws, 2, -1)
            ]
            yield _cell(apart, 0.0, f"difference of {metric}, unpaired", population.name, 1)


@simulation
def probabilities(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Metrics of probabilities: the interval of the report, extended to the level of a check."""
    for n, skill in ((200, 1.0), (200, 3.0), (1_000, 2.0)):
        actual, table = _scores(rng, 400_000, skill)
        true = {
            "log_loss": float(evalkit.log_loss(actual, table)),
            "brier_score": float(evalkit.brier_score(actual, table)),
            "roc_auc_macro": float(evalkit.roc_auc(actual, table[:, 1])),
        }
        for checks in (1, 10):
            wrong = dict.fromkeys(true, 0)
            for _ in range(draws):
                actual, table = _scores(rng, n, skill)
                model = evalkit.evaluate(actual, y_proba=table, classes=[0, 1])
                rules = [f"{key} <= {value!r}" for key, value in true.items()]
                decided = gate.check(model, rules=rules, alpha=3 * ALPHA / checks)
                for key, each in zip(true, decided.checks, strict=True):
                    wrong[key] += each.outcome is not Outcome.CANNOT_TELL
            for key, times in wrong.items():
                population = f"two classes, n = {n:,}, skill {skill:g}, 1 of {checks}"
                method = "interval of the report, extended"
                yield Cell(
                    "claim", f"{WRONG}: {key}", method, population, times, draws, ALPHA / checks
                )


def _scores(
    rng: np.random.Generator, n: int, skill: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return actual classes and calibrated probabilities of two classes."""
    actual = rng.integers(0, 2, n)
    logit = skill * (rng.normal(size=n) + skill * (actual - 0.5))
    right = 1 / (1 + np.exp(-logit))
    return actual, np.column_stack([1 - right, right])


@simulation
def needed(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """As many samples as the gate names decide with a probability of 80 %."""
    for rate, bound in ((0.92, 0.9), (0.99, 0.98), (0.6, 0.55)):
        low, _ = proportion_interval(rate * 1_000, 1_000, method="clopper-pearson")
        n = samples_needed(1_000, rate - bound, rate - float(low), ALPHA)
        assert n is not None
        found, _ = proportion_interval(rng.binomial(n, rate, draws), n, method="clopper-pearson")
        yield Cell(
            "power",
            "as many samples as the gate names decide",
            "samples_needed",
            f"accuracy {rate}, rule >= {bound}, n = {n:,}",
            int((found >= bound).sum()),
            draws,
            0.8,
        )


def _two_models(
    rng: np.random.Generator, prior: NDArray[np.float64], n: int, wrong: float, flips: float
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return actual and predicted codes of two models that are equally good."""
    k = len(prior)
    actual = rng.choice(k, n, p=prior)
    shared = np.where(rng.random(n) < wrong, rng.choice(k, n, p=prior), actual)
    a, b = (np.where(rng.random(n) < flips, rng.choice(k, n, p=prior), shared) for _ in "ab")
    return actual, a, b


def _value(metric: str, cells: NDArray[Any], position: int | None) -> float:
    return float(np.atleast_1d(count_metric(metric)(Marginals.of(cells)))[position or 0])


def _cell(
    found: list[DecisionLimits], true: float, metric: str, population: str, checks: int
) -> Cell:
    known = [each for each in found if not each.missing]
    wrong = sum(each.low > true or each.high < true for each in known)
    method = known[0].method if known else "none"
    return Cell(
        "claim", f"{WRONG}: {metric}", method, population, wrong, len(known), ALPHA / checks
    )
