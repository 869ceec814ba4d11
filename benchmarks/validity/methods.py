"""Estimate the coverage of intervals and the false-alarm rates of tests by simulation.

Every population has K classes, balanced or skewed, and models of known quality. Many samples of
size n are drawn. A 95 % confidence interval should cover the true value in 95 % of them, and a
test at the 5 % level should reject in 5 % of them if two models are equally good.

python -m benchmarks.validity.methods [--scale 1.0] [--output docs/validity.md] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evalkit import statistics
from evalkit.metrics import count
from evalkit.statistics import JointCounts
from evalkit.statistics.bootstrap import SMOOTHING, interval_of_replicates, jackknife
from evalkit.statistics.cell_sums import CellSums
from evalkit.statistics.count_metric import bind_metric
from evalkit.statistics.permutation import permutation_hits
from evalkit.statistics.resampling import occurring_cells

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from evalkit.statistics.auc import AucMethod
    from evalkit.statistics.bootstrap import BootstrapMethod
    from evalkit.statistics.count_metric import BoundMetric
    from evalkit.statistics.proportions import ProportionMethod

    Array = NDArray[Any]
    Metric = Callable[[Any], Any]

SEED = 20
KNOWS = {"near chance": 0.05, "moderate": 0.7, "near perfect": 0.98}
REPLICATES = 999
SIZES = (50, 200, 1_000, 10_000, 100_000)
ALARMS = 0.05
EXPLANATION = (
    "Each cell is a percentage. A bold value differs from its nominal value by more than three "
    "standard errors of the simulation. Samples with an undefined value are omitted. The bootstrap "
    f"and permutation tests use {REPLICATES} replicates. The bootstrap is simulated 20 times per "
    "cell for 100 classes, where 85 does not differ significantly from 95; 150 times for 10 "
    "classes; and 200 times for two classes."
)
NOT_INTERVALS = ("false alarms", "power", "equivalent")
AT_THE_MARGIN = "equivalent within 0.02, difference of 0.02"
PROPORTION_METHODS: tuple[ProportionMethod, ...] = ("wilson", "clopper-pearson", "jeffreys")
BOOTSTRAP_METHODS: tuple[BootstrapMethod, ...] = ("smoothed", "percentile", "bca")
AUC_METHODS: tuple[AucMethod, ...] = ("logit", "wald")
MACRO_F1 = partial(count.f1, average="macro")


class Outcome(NamedTuple):
    """Whether a counted event happened, and whether it was possible, on one or more samples."""

    table: str
    method: str
    happened: Array
    possible: Array = np.asarray(True)


@dataclass(frozen=True)
class Population:
    """A population with two models whose errors are correlated.

    Attributes
    ----------
    n_classes, skewed : in a skewed population, the prevalence of class k is proportional to
        1 / (k + 1); with two classes, the first has 90 %.
    quality : ``"near chance"``, ``"moderate"`` or ``"near perfect"``.
    advantage : the accuracy of model A minus that of model B.
    """

    n_classes: int
    skewed: bool
    quality: str
    advantage: float = 0.0

    @property
    def name(self) -> str:
        """The name of the population."""
        return f"K = {self.n_classes}, {'skewed' if self.skewed else 'balanced'}, {self.quality}"

    @property
    def prior(self) -> Array:
        """The prevalence of each class, (K,)."""
        if not self.skewed:
            return np.full(self.n_classes, 1 / self.n_classes)
        if self.n_classes == 2:
            return np.array([0.9, 0.1])
        weight: Array = 1.0 / np.arange(1, self.n_classes + 1)
        weight /= weight.sum()
        return weight

    @property
    def knows(self) -> float:
        """The probability that a model knows the class and does not guess."""
        return KNOWS[self.quality]

    def cells(self) -> Array:
        """Return the true probability of each cell, (K, K); guesses follow the prior."""
        predicted = self.knows * np.eye(self.n_classes) + (1 - self.knows) * self.prior
        shares: Array = self.prior[:, None] * predicted
        return shares

    def draw_codes(self, n: int, models: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return actual codes (n,) and predictions (models, n), with correlated errors."""
        actual = rng.choice(self.n_classes, n, p=self.prior)
        shared, uniform = rng.random(n), rng.random((models, n))
        uniform = np.where(rng.random((models, n)) < 0.5, shared, uniform)
        guess = rng.choice(self.n_classes, (models, n), p=self.prior)
        knows = np.full((models, 1), self.knows)
        knows[0] += self.advantage / (1 - (self.prior**2).sum())
        return actual, np.where(uniform < knows, actual, guess)

    def draw_joint(self, n: int, rng: np.random.Generator) -> JointCounts:
        """Return the joint counts of two models on n samples."""
        actual, predicted = self.draw_codes(n, 2, rng)
        return JointCounts.from_codes(actual, predicted[0], predicted[1], self.n_classes)


def populations() -> Iterator[Population]:
    """Yield all populations."""
    for k, skewed, quality in product(
        (2, 10, 100), (False, True), ("near chance", "moderate", "near perfect")
    ):
        yield Population(k, skewed, quality)


def analytic(
    population: Population, n: int, repeats: int, rng: np.random.Generator
) -> Iterator[Outcome]:
    """Simulate the coverage of analytic intervals for one model."""
    k, rare, truth = population.n_classes, population.n_classes - 1, population.cells()
    counts = rng.multinomial(n, truth.ravel(), size=repeats).reshape(repeats, k, k)
    hit = counts[:, rare, rare]
    supports, predicted = counts[:, rare].sum(axis=-1), counts[:, :, rare].sum(axis=-1)
    proportions = {
        "accuracy": (np.trace(counts, axis1=1, axis2=2), n, np.trace(truth)),
        "recall, rarest class": (hit, supports, truth[rare, rare] / truth[rare].sum()),
        "precision, rarest class": (hit, predicted, truth[rare, rare] / truth[:, rare].sum()),
    }
    for table, (successes, trials, true) in proportions.items():
        for method in PROPORTION_METHODS:
            limits = statistics.proportion_interval(successes, trials, method=method)
            yield covered(table, method, limits, true)
    takahashi = statistics.f1_interval(counts)
    yield covered("macro F1", "Takahashi", (takahashi.low, takahashi.high), MACRO_F1(truth))
    limits = statistics.f1_posterior_interval(hit, predicted - hit, supports - hit)
    yield covered("F1, rarest class", "Beta posterior", limits, float(count.f1(truth)[rare]))


def resampled(
    population: Population, n: int, repeats: int, rng: np.random.Generator
) -> Iterator[Outcome]:
    """Simulate the coverage of bootstrap intervals for one model."""
    rare, truth = population.n_classes - 1, population.cells()
    metrics: dict[str, Metric] = {
        "accuracy": count.accuracy,
        "recall, rarest class": lambda c: count.recall(c)[..., rare],
        "F1, rarest class": lambda c: count.f1(c)[..., rare],
        "macro F1": MACRO_F1,
        "Matthews correlation": count.matthews_corrcoef,
    }
    for _ in range(repeats):
        counts = rng.multinomial(n, truth.ravel()).reshape(truth.shape)
        cells, occurring, k = occurring_cells(counts)
        sums = CellSums.of_cells(cells, k, dense=False)
        plain = statistics.resample(counts, REPLICATES, rng)
        smoothed = statistics.resample(counts, REPLICATES, rng, smoothing=SMOOTHING)
        for table, metric in metrics.items():
            bound = bind_metric(metric, counts)
            left_out = partial(without_one, sums, occurring, bound)
            values = metric(plain), metric(smoothed)
            for method, limits in all_limits(bound(counts), *values, left_out):
                yield covered(table, f"bootstrap, {method}", limits, metric(truth))


def two_models(
    population: Population, n: int, repeats: int, rng: np.random.Generator
) -> Iterator[Outcome]:
    """Count covered differences of two models, and the rejections of tests."""
    # A is the better model, and differences are B − A.
    gap = -population.advantage
    alarm = "power, difference of 0.02" if gap else "false alarms"
    metrics: dict[str, Metric] = {"accuracy": count.accuracy, "macro F1": MACRO_F1}
    only_a, only_b = np.zeros((2, repeats), dtype=np.int64)
    for repeat in range(repeats):
        joint = population.draw_joint(n, rng)
        only_a[repeat], only_b[repeat] = joint.only_a, joint.only_b
        plain = statistics.paired_resample(joint, REPLICATES, rng)
        smoothed = statistics.paired_resample(joint, REPLICATES, rng, smoothing=SMOOTHING)
        exchanged = statistics.swap_resample(joint, REPLICATES, rng)
        sums = CellSums.of_cells(joint.cells, joint.n_classes, dense=False)
        for name, metric in metrics.items():
            bound = bind_metric(metric, joint.confusion_a())
            difference = bound(joint.confusion_b()) - bound(joint.confusion_a())
            gaps = [metric(b) - metric(a) for a, b in (plain, smoothed)]
            left_out = partial(without_one, sums, joint.counts, bound)
            for method, limits in all_limits(difference, gaps[0], gaps[1], left_out):
                if name == "accuracy" or not gap:
                    yield covered(f"difference of {name}", f"bootstrap, {method}", limits, gap)
            hits = permutation_hits(difference, metric(exchanged[1]) - metric(exchanged[0]))
            p = (1 + hits) / (1 + REPLICATES)
            yield Outcome(alarm, f"permutation, {name}", np.asarray(p <= ALARMS))
    limits = statistics.paired_proportion_interval(only_a, only_b, n)
    yield covered("difference of accuracy", "Tango", limits, gap)
    test = statistics.mcnemar(only_a, only_b)
    yield Outcome(alarm, "McNemar, χ²", test.p_value <= ALARMS)
    yield Outcome(alarm, "McNemar, corrected", test.p_corrected <= ALARMS)
    yield Outcome(alarm, "McNemar, exact", test.p_exact <= ALARMS)
    yield Outcome(alarm, "McNemar, mid-p", test.p_midp <= ALARMS)


def five_models(
    population: Population, n: int, repeats: int, rng: np.random.Generator
) -> Iterator[Outcome]:
    """Simulate false alarms among five equally good models."""
    i, j = np.array(list(combinations(range(5), 2))).T
    for _ in range(repeats):
        actual, predicted = population.draw_codes(n, 5, rng)
        right = predicted == actual
        q = statistics.cochran_q(right.T).p_value
        yield Outcome("false alarms", "Cochran's Q, 5 models", np.asarray(q <= ALARMS))
        test = statistics.mcnemar((right[i] & ~right[j]).sum(1), (~right[i] & right[j]).sum(1))
        least = statistics.holm(test.p_midp).min()
        yield Outcome("false alarms", "any of 10 pairs, Holm", np.asarray(least <= ALARMS))


def equivalence(
    population: Population, n: int, repeats: int, rng: np.random.Generator
) -> Iterator[Outcome]:
    """Simulate equivalence tests for a difference equal to the margin, and for no difference."""
    margin = population.advantage or 0.02
    table = AT_THE_MARGIN if population.advantage else "equivalent within 0.02, no difference"
    for _ in range(repeats):
        joint = population.draw_joint(n, rng)
        found = statistics.accuracy_equivalence(joint.only_a, joint.only_b, n, margin=margin)
        yield Outcome(table, "Tango", found.equivalent)
        a, b = statistics.paired_resample(joint, REPLICATES, rng, smoothing=SMOOTHING)
        by_draws = statistics.equivalence_of_replicates(
            np.asarray((joint.only_b - joint.only_a) / n),
            count.accuracy(b) - count.accuracy(a),
            margin=margin,
        )
        yield Outcome(table, "bootstrap, smoothed", by_draws.equivalent)


def areas(
    separation: float, share: float, n: int, repeats: int, rng: np.random.Generator
) -> Iterator[Outcome]:
    """Simulate the coverage of AUC intervals, and false alarms of DeLong's test."""
    true = 0.5 * (1 + math.erf(separation / 2))
    for _ in range(repeats):
        positive = rng.random(n) < share
        noise = 0.7 * rng.normal(size=n) + math.sqrt(0.51) * rng.normal(size=(2, n))
        a, b = noise + separation * positive
        for method in AUC_METHODS:
            found = statistics.auc_interval(positive, a, method=method)
            limits = (np.asarray(found.low), np.asarray(found.high))
            yield covered("area under the ROC curve", f"DeLong, {method}", limits, true)
        p = np.asarray(statistics.delong_test(positive, a, b).p_value)
        yield Outcome("false alarms", "DeLong", np.asarray(p <= ALARMS), ~np.isnan(p))


def all_limits(
    estimate: Array,
    plain: Array,
    smoothed: Array,
    left_out: Callable[[], tuple[Array, Array]],
) -> Iterator[tuple[str, tuple[Array, Array]]]:
    """Yield the interval of each bootstrap method."""
    for method in BOOTSTRAP_METHODS:
        found = interval_of_replicates(
            estimate,
            smoothed if method == "smoothed" else plain,
            confidence=0.95,
            method=method,
            left_out=left_out,
        )
        yield method, (found.low, found.high)


def without_one(sums: CellSums, counts: Array, metric: BoundMetric) -> tuple[Array, Array]:
    """Return the jackknife values, and the number of samples of each."""
    return jackknife(sums, counts, metric), counts


def covered(table: str, method: str, limits: tuple[Array, Array], true: Any) -> Outcome:
    """Return whether the limits cover the true value; undefined limits are omitted."""
    low, high = limits
    # The tolerance handles limits that equal the true value up to rounding.
    inside = (low - 1e-12 <= true) & (true <= high + 1e-12)
    return Outcome(table, method, np.asarray(inside), ~np.isnan(low))


class Task(NamedTuple):
    """A simulation: a population, the sample size, the number of repeats, and the function."""

    population: str
    n: int
    repeats: int
    run: Callable[[int, np.random.Generator], Iterator[Outcome]]


def tasks() -> Iterator[Task]:
    """Yield all simulations; large tables have fewer repeats."""
    for population, n in product(populations(), SIZES):
        k, name = population.n_classes, population.name
        often = {2: 200, 10: 150, 100: 20}[k]
        yield Task(name, n, 20 * often, partial(analytic, population, n))
        yield Task(name, n, often, partial(resampled, population, n))
        if k < 100 or n < SIZES[-1]:
            yield Task(name, n, often, partial(two_models, population, n))
        if k < 100 and n < SIZES[-1]:
            yield Task(name, n, 3 * often, partial(five_models, population, n))
        if k == 10 and population.quality == "moderate":
            apart = replace(population, advantage=0.02)
            yield Task(name, n, often, partial(two_models, apart, n))
            yield Task(name, n, often, partial(equivalence, apart, n))
            yield Task(name, n, often, partial(equivalence, population, n))
    qualities = ((0.1, "near chance"), (1.2, "moderate"), (3.3, "near perfect"))
    for (separation, quality), share, n in product(qualities, (0.5, 0.1), SIZES):
        name = f"K = 2, {'balanced' if share == 0.5 else 'skewed'}, {quality}"
        often = 400 if n < SIZES[-1] else 100
        yield Task(name, n, often, partial(areas, separation, share, n))


Key = tuple[str, str, str, int]


def measure(scale: float) -> dict[Key, tuple[int, int]]:
    """Return the numbers of events and of possible events by table, method, population and n."""
    found: dict[Key, tuple[int, int]] = {}
    for number, task in enumerate(tasks()):
        rng = np.random.default_rng([SEED, number])
        for outcome in task.run(max(1, round(scale * task.repeats)), rng):
            key = (outcome.table, outcome.method, task.population, task.n)
            happened, possible = found.get(key, (0, 0))
            found[key] = (
                happened + int((outcome.happened & outcome.possible).sum()),
                possible + int(np.broadcast_to(outcome.possible, outcome.happened.shape).sum()),
            )
    return found


def report(found: dict[Key, tuple[int, int]]) -> str:
    """Return the results as Markdown, starting with the summary."""
    tables = list(dict.fromkeys((table, method) for table, method, _, _ in found))
    intervals = [pair for pair in tables if not pair[0].startswith(NOT_INTERVALS)]
    tests = [pair for pair in tables if pair not in intervals]
    lines = [
        "# Validity",
        "",
        "Made by `python -m benchmarks.validity --output docs/validity.md`. "
        + " ".join((__doc__ or "").split("\n\n")[1].split()),
        "",
        EXPLANATION,
        "",
        "## Intervals: minimum coverage over the populations, nominally 95",
        "",
        *summary(found, intervals, min),
        "",
        "## Intervals: median coverage over the populations",
        "",
        *summary(found, intervals, np.median),
        "",
        "## Tests at 5 %: maximum rejection rate over the populations",
        "",
        *summary(found, tests, max),
    ]
    for table, method in (*intervals, *tests):
        lines += ["", f"## {table}: {method}", "", *details(found, table, method)]
    return "\n".join(lines) + "\n"


def summary(
    found: dict[Key, tuple[int, int]], pairs: list[tuple[str, str]], over: Callable[[Any], Any]
) -> Iterator[str]:
    """Yield a table with one row per method and one column per n."""
    yield "| value | method | " + " | ".join(f"n = {n:,}" for n in SIZES) + " |"
    yield "|---|---|" + "---:|" * len(SIZES)
    for table, method in pairs:
        cells = []
        for n in SIZES:
            rates = [
                happened / possible
                for (t, m, _, size), (happened, possible) in found.items()
                if (t, m, size) == (table, method, n) and possible >= 10
            ]
            cells.append(f"{100 * over(rates):.1f}" if rates else "")
        yield f"| {table} | {method} | " + " | ".join(cells) + " |"


def details(found: dict[Key, tuple[int, int]], table: str, method: str) -> Iterator[str]:
    """Yield a table with one row per population and one column per n."""
    tested = table in ("false alarms", AT_THE_MARGIN)
    nominal = ALARMS if tested else None if table.startswith(("power", "equivalent")) else 0.95
    names = dict.fromkeys(name for t, m, name, _ in found if (t, m) == (table, method))
    yield "| population | " + " | ".join(f"n = {n:,}" for n in SIZES) + " |"
    yield "|---|" + "---:|" * len(SIZES)
    for name in names:
        cells = []
        for n in SIZES:
            happened, possible = found.get((table, method, name, n), (0, 0))
            if possible < 10:
                cells.append("")
                continue
            rate = happened / possible
            error = math.sqrt((nominal or 0.5) * (1 - (nominal or 0.5)) / possible)
            missed = nominal is not None and abs(rate - nominal) > 3 * error
            cells.append(f"**{100 * rate:.1f}**" if missed else f"{100 * rate:.1f}")
        yield f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    """Simulate, print the summary, and write the requested files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--scale", type=float, default=1.0, help="factor for the number of simulations"
    )
    parser.add_argument("--output", type=Path, help="where to write the tables, as Markdown")
    parser.add_argument("--json", type=Path, help="where to write the numbers")
    options = parser.parse_args()
    started = time.perf_counter()
    found = measure(options.scale)
    text = report(found)
    print(text.split("\n## Intervals: median")[0])
    print(f"took {time.perf_counter() - started:.0f} s")
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text, encoding="utf-8")
    if options.json:
        rows = [
            dict(zip(("table", "method", "population", "n"), key, strict=True))
            | {"happened": happened, "possible": possible}
            for key, (happened, possible) in found.items()
        ]
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
