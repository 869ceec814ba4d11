"""Simulations of slices: weak slices, other metrics of slices, and gaps between groups."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.validity.simulation import Cell, simulation
from evalkit.compare.records import Settings, SliceMetric
from evalkit.compare.slice_tests import Rate, rates_by_class, tested_means, tested_rates
from evalkit.compare.slices import corrected
from evalkit.counts.slices import Discordant, SampleCells, SliceCounts
from evalkit.predictions import Sampling
from evalkit.statistics.dependent_shares import (
    largest_dependent_gap,
    paired_difference,
    share_limits,
)
from evalkit.statistics.dependent_slices import Events, SliceDifference, mean_difference
from evalkit.statistics.group_gaps import largest_gap
from evalkit.statistics.slices import adjusted_difference, needed_samples, stratified_exact_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SETTINGS = Settings((1.0,), 0.95, 0, 1, None)
EXACT = "exact by class, Tarone–Holm"
Array = np.ndarray[Any, Any]


def counts_of(tables: Array, **columns: Any) -> Any:
    """Return what the tests of slices read, for the counts (S, K, K) of the slices of a column."""
    names = [str(i) for i in range(len(tables))]
    parts: dict[str, Any] = {key: [(each,) for each in column] for key, column in columns.items()}
    slices = [
        SliceCounts(
            ("s",),
            (name,),
            int(table.sum()),
            (table,),
            {},
            **{key: column[i] for key, column in parts.items()},
        )
        for i, (name, table) in enumerate(zip(names, tables, strict=True))
        if table.sum()
    ]
    k = tables.shape[1]
    return SimpleNamespace(
        classes=tuple(range(k)), matrices=(tables.sum(axis=0),), sampling=Sampling(), slices=slices
    )


def weak_in_accuracy(counts: Any) -> list[int]:
    """Return which slices are called weak in accuracy."""
    tests = tested_rates(counts.slices, counts, [Rate("adjusted")], SETTINGS)
    # Half of the level is for other metrics, as where they are tested.
    found, _ = corrected(tests, SETTINGS.alpha, 2)
    return [
        test.slice
        for test, each in zip(tests, found, strict=True)
        if each.significant and (each.value or 0) < 0
    ]


def drawn(rng: np.random.Generator, sizes: Array, recalls: Array) -> Array:
    """Return tables (S, K, K) for sizes (S, K) and recalls (S, K), errors spread evenly."""
    k = sizes.shape[1]
    right = rng.binomial(sizes, recalls)
    wrong = rng.multinomial(sizes - right, np.full(k - 1, 1 / (k - 1)))
    tables = np.zeros((*sizes.shape, k), np.int64)
    for row in range(k):
        tables[:, row, row] = right[:, row]
        tables[:, row, [c for c in range(k) if c != row]] = wrong[:, row]
    return tables


def mixes(rng: np.random.Generator, sizes: Sequence[int], k: int, *, shifted: bool) -> Array:
    """Return the samples of each class in each slice; with shifts, each has its own class mix."""
    shares = rng.dirichlet(np.ones(k), len(sizes)) if shifted else np.full((len(sizes), k), 1 / k)
    return rng.multinomial(sizes, shares)


@simulation
def weak_slices(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Simulate slices of which none is weak, and one that is."""
    populations: list[tuple[str, list[int], Array, bool]] = [
        ("100 slices of 1, accuracy 0.99", [1] * 100, np.full(2, 0.99), False),
        ("100 slices of 1, accuracy 0.999", [1] * 100, np.full(2, 0.999), False),
        ("20 slices of 1, one of 900, accuracy 0.99", [1] * 20 + [900], np.full(2, 0.99), False),
        ("10 slices of 20, accuracy 0.99", [20] * 10, np.full(2, 0.99), False),
        ("10 slices of 20, accuracy 0.9", [20] * 10, np.full(2, 0.9), False),
        ("20 slices of 50, accuracy 0.95", [50] * 20, np.full(2, 0.95), False),
        ("10 slices of 20, 10 classes, accuracy 0.9", [20] * 10, np.full(10, 0.9), False),
        (
            "20 slices of 5 to 50, class mixes differ, recall 0.999 and 0.8",
            np.linspace(5, 50, 20).astype(int).tolist(),
            np.array([0.999, 0.8]),
            True,
        ),
        (
            "10 slices of 300, class mixes differ, recall 0.99 and 0.7",
            [300] * 10,
            np.array([0.99, 0.7]),
            True,
        ),
        (
            "10 slices of 200, 10 classes, mixes differ, recall 0.6 to 1",
            [200] * 10,
            np.linspace(0.6, 1, 10),
            True,
        ),
    ]
    for name, sizes, recalls, shifted in populations:
        alarms = 0
        for _ in range(draws):
            samples = mixes(rng, sizes, len(recalls), shifted=shifted)
            alarms += bool(weak_in_accuracy(counts_of(drawn(rng, samples, recalls))))
        yield Cell("claim", "slice is weak in accuracy", EXACT, name, alarms, draws, 0.05)
    for size, drop in ((60, 0.2), (200, 0.1), (400, 0.1)):
        found = 0
        recalls = np.full((10, 2), 0.9)
        recalls[0] -= drop
        for _ in range(draws):
            table = drawn(rng, mixes(rng, [size] * 10, 2, shifted=False), recalls)
            found += 0 in weak_in_accuracy(counts_of(table))
        name = f"10 slices of {size}, accuracy 0.9, one lower by {100 * drop:.0f} points"
        yield Cell("power", "slice is weak in accuracy", EXACT, name, found, draws, 0.0)


@simulation
def other_metrics(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Simulate recall, false positive rate, log loss and cost of slices that are all alike."""
    prices = np.array([[0.0, 1.0], [20.0, 0.0]])
    for slices, size, recalls, scale in (
        (10, 20, (0.99, 0.99), 0.5),
        (10, 20, (0.9, 0.8), 2.0),
        (10, 100, (0.999, 0.9), 2.0),
        (20, 12, (0.95, 0.95), 3.0),
    ):
        alarms = {"rates": 0, "log_loss": 0, "cost": 0}
        for _ in range(draws):
            samples = mixes(rng, [size] * slices, 2, shifted=True)
            tables = drawn(rng, samples, np.array(recalls))
            owner = np.repeat(np.arange(2 * slices), samples.ravel())
            # Log losses with a heavy tail, of their own size in each class.
            losses = np.minimum(36.0, rng.lognormal(-2, scale, len(owner)) * (1 + owner % 2))
            sums = [np.bincount(owner, losses**p, 2 * slices).reshape(slices, 2) for p in (1, 2)]
            counts = counts_of(tables, losses=np.stack(sums, axis=2))
            tests = [
                *tested_rates(counts.slices, counts, rates_by_class(2), SETTINGS),
                *tested_means(counts.slices, counts, prices, SETTINGS),
            ]
            weak = set()
            for test, difference in zip(tests, corrected(tests, 0.05, 2)[0], strict=True):
                rate = test.rate
                made = SliceMetric(rate.metric, rate.of_class, test.value, test.trials, difference)
                if made.is_weak:
                    weak.add("rates" if rate.of_class is not None else rate.metric)
            for each in weak:
                alarms[each] += 1
        methods = {"rates": EXACT, "log_loss": "Welch's t", "cost": "Welch's t"}
        name = f"{slices} slices of {size}, class mixes differ, recall {recalls[0]}, {recalls[1]}"
        for each, happened in alarms.items():
            subject = f"slice is weak in {each.replace('_', ' ')}"
            yield Cell("claim", subject, methods[each], name, happened, draws, 0.05)


@simulation
def dependent_slices(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Simulate slices of grouped and of weighted samples, none weak."""
    subject, interval = "slice is weak in accuracy", "slice against the rest, adjusted for classes"
    for slices, groups, size, rate, spread, drop in (
        (3, 5, 20, 0.9, 0.3, 0.0),
        (5, 10, 20, 0.9, 0.3, 0.0),
        (5, 10, 20, 0.99, 0.1, 0.0),
        (5, 20, 5, 0.95, 0.1, 0.0),
        (4, 5, 20, 0.9, 0.3, 0.2),
        (4, 20, 20, 0.9, 0.3, 0.2),
    ):
        rates = np.array([rate - drop] + [rate] * (slices - 1))[:, None]
        strength = 1 / spread - 1
        made = []
        for _ in range(draws):
            chance = rng.beta(rates * strength, (1 - rates) * strength, (slices, groups))
            made.append(grouped(rng.binomial(size, chance), size))
        name = f"{slices} slices of {groups} groups of {size}, accuracy {rate}, ICC {spread}"
        if drop:
            name += f", one lower by {drop}"
        yield Cell("interval", interval, "over groups", name, covering(made, -drop), draws, 0.95)
        if not drop:
            alarms = sum(bool(weak_in_accuracy(each)) for each in made)
            yield Cell("claim", subject, "t over groups", name, alarms, draws, 0.05)
    for slices, size, rate, spread in (
        (10, 20, 0.99, 1.0),
        (10, 50, 0.9, 0.5),
        (4, 200, 0.95, 1.5),
    ):
        made = [
            weighted(rng.random((slices, size)) < rate, rng.lognormal(0, spread, (slices, size)))
            for _ in range(draws)
        ]
        name = f"{slices} slices of {size}, accuracy {rate}, log-normal weights of scale {spread}"
        alarms = sum(bool(weak_in_accuracy(each)) for each in made)
        yield Cell("claim", subject, "t of weighted samples", name, alarms, draws, 0.05)
        yield Cell("interval", interval, "of weights", name, covering(made, 0.0), draws, 0.95)


@simulation
def dependent_shares(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Simulate the accuracy of one slice of grouped and of weighted samples."""
    subject = "accuracy of a slice"
    for groups, size, rate, icc in (
        (5, 20, 0.9, 0.3),
        (10, 20, 0.9, 0.3),
        (10, 20, 0.99, 0.1),
        (20, 5, 0.95, 0.1),
        (40, 10, 0.8, 0.2),
    ):
        unit, ones = np.repeat(np.arange(groups), size), np.ones(groups * size)
        covered = 0
        for _ in range(draws):
            right = clustered(rng, groups, size, rate, icc)
            events = Events(np.zeros(len(unit), int), right, ones, ones, unit)
            low, high = share_limits(events, 0.95)[1:]
            covered += low <= rate <= high
        name = f"{groups} groups of {size}, accuracy {rate}, ICC {icc}"
        yield Cell("interval", subject, "Wilson, effective size", name, covered, draws, 0.95)
    for size, rate, spread in ((20, 0.99, 1.0), (50, 0.9, 0.5), (200, 0.95, 1.5), (100, 0.7, 1.0)):
        covered = 0
        for _ in range(draws):
            weight, right = rng.lognormal(0, spread, size), rng.random(size) < rate
            events = Events(np.zeros(size, int), right, weight, weight**2, None)
            low, high = share_limits(events, 0.95)[1:]
            covered += low <= rate <= high
        name = f"{size} samples, accuracy {rate}, log-normal weights of scale {spread}"
        yield Cell("interval", subject, "Wilson, effective size", name, covered, draws, 0.95)


@simulation
def dependent_pairs(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Simulate the difference of two models on one slice of grouped and of weighted samples."""
    subject, claim = "difference in accuracy on a slice", "accuracies differ on a slice"
    for groups, size, first, second, icc in (
        (5, 20, 0.9, 0.9, 0.3),
        (10, 20, 0.9, 0.9, 0.3),
        (20, 5, 0.95, 0.95, 0.1),
        (40, 10, 0.8, 0.8, 0.2),
        (150, 3, 0.85, 0.85, 0.2),
        (20, 20, 0.9, 0.8, 0.3),
    ):
        unit, ones = np.repeat(np.arange(groups), size), np.ones(groups * size)
        made = [
            paired(
                clustered(rng, groups, size, first, icc),
                clustered(rng, groups, size, second, icc),
                weight=ones,
                unit=unit,
            )
            for _ in range(draws)
        ]
        name = f"{groups} groups of {size}, accuracies {first} and {second}, ICC {icc}"
        covered = sum(each.low <= second - first <= each.high for each in made)
        yield Cell("interval", subject, "Tango, effective size", name, covered, draws, 0.95)
        if first == second:
            alarms = sum(each.p_value < 0.05 for each in made)
            yield Cell("claim", claim, "t over groups", name, alarms, draws, 0.05)
    for size, first, second, spread in (
        (50, 0.9, 0.9, 0.5),
        (200, 0.95, 0.95, 1.5),
        (30, 0.8, 0.8, 1.0),
        (100, 0.8, 0.7, 1.0),
    ):
        made = [
            paired(
                rng.random(size) < first,
                rng.random(size) < second,
                weight=rng.lognormal(0, spread, size),
            )
            for _ in range(draws)
        ]
        name = (
            f"{size} samples, accuracies {first} and {second}, log-normal weights of scale {spread}"
        )
        covered = sum(each.low <= second - first <= each.high for each in made)
        yield Cell("interval", subject, "Tango, effective size", name, covered, draws, 0.95)
        if first == second:
            alarms = sum(each.p_value < 0.05 for each in made)
            yield Cell("claim", claim, "t of weighted samples", name, alarms, draws, 0.05)


@simulation
def dependent_gaps(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Simulate the largest gap between values of a column whose samples are grouped."""
    for groups, size, rates, icc in (
        (10, 20, (0.9, 0.9), 0.3),
        (5, 20, (0.9,) * 5, 0.3),
        (20, 5, (0.95,) * 10, 0.1),
        (20, 20, (0.9, 0.9, 0.7, 0.85), 0.2),
    ):
        unit, ones = np.repeat(np.arange(groups), size), np.ones(groups * size)
        truth, covered, alarms = max(rates) - min(rates), 0, 0
        for _ in range(draws):
            values = [
                Events(
                    np.zeros(len(unit), int),
                    clustered(rng, groups, size, rate, icc),
                    ones,
                    ones,
                    unit + s * groups,
                )
                for s, rate in enumerate(rates)
            ]
            found = largest_dependent_gap(values, confidence=0.95)
            covered += found.low <= truth + 1e-12 and truth <= found.high + 1e-12
            alarms += found.p_value < 0.05
        name = f"{len(rates)} values of {groups} groups of {size}, rates {min(rates)} to "
        name += f"{max(rates)}, ICC {icc}"
        method = "Newcombe, effective sizes, all pairs"
        yield Cell("interval", "largest gap between groups", method, name, covered, draws, 0.95)
        if truth == 0:
            method = "t over groups, all pairs"
            yield Cell("claim", "groups have a gap", method, name, alarms, draws, 0.05)


def clustered(
    rng: np.random.Generator, groups: int, size: int, rate: float, icc: float
) -> NDArray[np.bool_]:
    """Return which samples are correct; the rates of groups have a beta distribution."""
    strength = 1 / icc - 1
    rates = rng.beta(rate * strength, (1 - rate) * strength, (groups, 1))
    return (rng.random((groups, size)) < rates).ravel()


def paired(
    first: NDArray[np.bool_], second: NDArray[np.bool_], weight: Array, unit: Array | None = None
) -> SliceDifference:
    """Return the difference of two models that have these samples right."""
    actual = np.zeros(len(first), int)
    a, b = (SampleCells(actual, 1 - right, weight, weight**2, unit) for right in (first, second))
    columns = np.stack([actual, 1 - first, 1 - second], axis=1)
    return paired_difference(a, b, Discordant.of(columns, weight, weight**2), 0.95)


def covering(made: Sequence[Any], truth: float) -> int:
    """Return how often the interval of the first slice has the true difference."""
    covered = 0
    for counts in made:
        found = tested_rates(counts.slices, counts, [Rate("adjusted")], SETTINGS)[0].difference
        low, high = (math.nan if end is None else end for end in (found.low, found.high))
        # Without an interval nothing is claimed.
        covered += not (truth < low - 1e-12 or truth > high + 1e-12)
    return covered


def grouped(right: Array, size: int) -> Any:
    """Return counts of slices (S) by groups (G) with so many of `size` samples correct."""
    slices, groups = right.shape
    # All samples are of the first of two classes.
    tables = np.zeros((slices, 2, 2), np.int64)
    tables[:, 0, 0], tables[:, 0, 1] = right.sum(1), groups * size - right.sum(1)
    cells = []
    for s in range(slices):
        unit = np.tile(np.arange(groups) + s * groups, 2)
        weight = np.concatenate([right[s], size - right[s]]).astype(float)
        predicted = np.repeat([0, 1], groups)
        kept = weight > 0
        cells.append(
            SampleCells(
                np.zeros(kept.sum(), np.int64),
                predicted[kept],
                weight[kept],
                weight[kept],
                unit[kept],
            )
        )
    counts = counts_of(tables, cells=cells)
    counts.sampling = Sampling(groups=slices * groups)
    return counts


def weighted(right: Array, weight: Array) -> Any:
    """Return counts of slices (S) of weighted samples (n)."""
    tables = np.zeros((len(right), 2, 2))
    cells = []
    for s, (correct, own) in enumerate(zip(right, weight, strict=True)):
        sums = [np.bincount(1 - correct, own**power, 2).astype(np.float64) for power in (1, 2)]
        tables[s, 0] = sums[0]
        kept = sums[0] > 0
        cells.append(
            SampleCells(
                np.zeros(kept.sum(), np.int64), np.flatnonzero(kept), sums[0][kept], sums[1][kept]
            )
        )
    counts = counts_of(tables, cells=cells)
    counts.sampling = Sampling(weighted=True)
    return counts


@simulation
def adjusted_intervals(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Simulate the interval of a slice against the rest, with the same drop in each class."""
    for size in (5, 20, 50, 500):
        for recalls, drop in (
            ((0.9, 0.9), 0.1),
            ((0.99, 0.99), 0.0),
            ((0.999, 0.8), 0.0),
            ((0.95, 0.7), 0.2),
        ):
            inside = np.array([size - size // 4, size // 4])
            outside = np.array([1_000, 3_000])
            right = rng.binomial(inside, np.array(recalls) - drop, (draws, 2))
            rest = rng.binomial(outside, recalls, (draws, 2))
            found = [
                adjusted_difference(x, inside, y, outside) for x, y in zip(right, rest, strict=True)
            ]
            p = stratified_exact_tests(
                list(right), [inside] * draws, list(right + rest), [inside + outside] * draws
            ).p_values
            low, high = (
                np.array([getattr(each, end) for each in found]) for end in ("low", "high")
            )
            low, high = (
                np.where(p < 0.05, low, np.fmin(low, 0)),
                np.where(p < 0.05, high, np.fmax(high, 0)),
            )
            covered = int(((low <= -drop + 1e-12) & (high >= -drop - 1e-12)).sum())
            name = (
                f"slice of {size} against 4,000, recall {recalls[0]} and {recalls[1]}, drop {drop}"
            )
            yield Cell(
                "interval",
                "slice against the rest, adjusted for classes",
                "Newcombe, weighted",
                name,
                covered,
                draws,
                0.95,
            )


@simulation
def needed_sizes(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Simulate the test of a slice of the size that is said to be needed."""
    for rate, level in ((0.9, 0.05), (0.9, 0.001), (0.99, 0.001), (0.7, 0.01)):
        size = needed_samples(rate, alpha=level)
        assert size is not None
        rest = 50 * size
        inside, outside = rng.binomial(size, rate - 0.1, draws), rng.binomial(rest, rate, draws)
        p = stratified_exact_tests(
            list(inside), [size] * draws, list(inside + outside), [size + rest] * draws
        ).p_values
        found = int(((p < level) & (inside / size < outside / rest)).sum())
        name = f"accuracy {rate}, lower by 10 points, level {level}, n = {size}"
        yield Cell("power", "samples that a slice needs", "exact binomial", name, found, draws, 0.8)


@simulation
def gaps(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Simulate the largest gap between groups: its interval, and gaps where there is none."""
    for rates, sizes in (
        ([0.9, 0.9], [50, 200]),
        ([0.9] * 5, [20] * 5),
        ([0.99] * 10, [100] * 10),
        ([0.95] * 20, [5, 200] * 10),
        ([0.9, 0.7], [30, 200]),
        ([0.9, 0.9, 0.85, 0.6, 0.8], [100] * 5),
        ([0.99, 0.999, 0.95], [50, 500, 20]),
    ):
        truth = max(rates) - min(rates)
        hits = rng.binomial(sizes, rates, (draws, len(rates)))
        found = [largest_gap((each, sizes)) for each in hits]
        covered = sum(each.low <= truth + 1e-12 and truth <= each.high + 1e-12 for each in found)
        name = f"{len(rates)} groups of {min(sizes)} to {max(sizes)}, "
        name += f"rates {min(rates)} to {max(rates)}"
        method = "Newcombe, all pairs"
        yield Cell("interval", "largest gap between groups", method, name, covered, draws, 0.95)
        if truth == 0:
            alarms = sum(each.p_value < 0.05 for each in found)
            method = "Fisher, all pairs, Tarone–Holm"
            yield Cell("claim", "groups have a gap", method, name, alarms, draws, 0.05)


@simulation
def means(rng: np.random.Generator, draws: int) -> Iterator[Cell]:
    """Simulate the interval of the log loss of a slice against the rest."""
    for size, scale in ((12, 0.5), (50, 0.5), (50, 1.0), (50, 2.0), (500, 2.0)):
        covered = 0
        for _ in range(draws):
            losses = np.minimum(36.0, rng.lognormal(-2, scale, size + 2_000))
            inside, whole = (
                [np.array([float((own**p).sum())]) for p in (0, 1, 2)]
                for own in (losses[:size], losses)
            )
            found = mean_difference(
                (inside[0], inside[1], inside[2]), (whole[0], whole[1], whole[2]), 0.95
            )
            covered += found.low <= 0 <= found.high
        name = f"slice of {size} against 2,000, log-normal losses of scale {scale}"
        yield Cell("interval", "log loss of a slice", "Welch's t", name, covered, draws, 0.95)
