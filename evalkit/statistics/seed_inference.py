"""Inference over training runs and test samples: means of runs, and differences of two groups.

A score of a run varies for two reasons: another seed, and another test set. The runs of a
comparison share one test set, so the second does not average out over runs. The variance of the
mean of R runs is s²/R + v: s² is the variance between the scores of the runs, v the variance of the
mean by the choice of the samples, from a bootstrap over samples that are the same for all runs. The
part of v that differs from run to run at random is in s² already, and is subtracted from v.

s² is known from R runs only. The statistic is compared with the sum of Student's t, for the seeds,
and a normal variable, or Student's t for few sampling units. The Welch–Satterthwaite approximation
for the sum of all variances has up to 7 % false positives with two runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import IncompatibleError, InputError
from evalkit.metrics.catalog import lookup
from evalkit.statistics.bayes import posterior_of
from evalkit.statistics.count_metric import contrast, count_metric
from evalkit.statistics.intervals import tail_probability
from evalkit.statistics.sample_resampling import sample_marginals, sample_resample
from evalkit.statistics.sampling_units import SamplingUnits
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from evalkit.counts.counts import Counts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.bayes import Posterior
    from evalkit.statistics.count_metric import CountMetric

METHOD = "t over seeds and samples"
REPLICATES = 2_000
MANY_UNITS = 200
"""From this number of sampling units, their variance counts as known."""
_NODES = 400
_OUTSIDE = 1e-18


@dataclass(frozen=True, slots=True, eq=False)
class SeedInterval:
    """A mean over runs, or the difference of two, with inference over seeds and samples.

    Attributes
    ----------
    estimate, standard_error, low, high : numbers or arrays in the shape of the metric.
    p_value : two-sided p-value that the difference is 0; below 1 − confidence exactly if the
        interval excludes 0.
    degrees : degrees of freedom of the variance between runs.
    confidence : nominal coverage of the interval.
    """

    estimate: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    degrees: FloatArray
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class RunScores:
    """Scores of runs on the same samples, and how they change with the samples.

    Attributes
    ----------
    scores : (runs, ...) scores on all samples.
    changes : (replicates, runs, ...) scores on resampled samples minus those on all samples.
    samples : effective number of samples, (Σw)² / Σw².
    units, strata : numbers of sampling units and of strata.
    bounds : smallest and largest value of the metric.
    """

    scores: FloatArray
    changes: FloatArray
    samples: float
    units: int
    strata: int
    bounds: tuple[float, float]


def seed_interval(
    actual: ArrayLike,
    runs_a: Sequence[ArrayLike],
    runs_b: Sequence[ArrayLike] = (),
    *,
    metric: CountMetric | str,
    n_classes: int,
    replicates: int = REPLICATES,
    confidence: float = 0.95,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    seed: int | np.random.Generator = 0,
) -> SeedInterval:
    """Return the mean score over runs, of A or of B minus A, with inference over seeds and samples.

    The variance is s_A²/R_A + s_B²/R_B + v: s² is the variance between runs, v that by the choice
    of the n samples, or groups of samples. 4/n² is added, which keeps the interval open where no
    errors were seen; n is then the number of groups. With equal numbers of runs the seeds have
    Welch's degrees of freedom, otherwise those of the smaller group, min(R_A, R_B) − 1, because
    Welch's are too many then.

    Parameters
    ----------
    actual : (n,) codes of the actual classes.
    runs_a, runs_b : (n,) predicted codes for each run; without `runs_b`, the score is that of A.
    metric : a function of `Marginals` that returns a number or an array, or a catalog name.
    n_classes : K.
    replicates, confidence, sample_weight, groups, strata, seed : as in `sample_bootstrap`.

    Returns
    -------
    The mean over runs, or mean(B) − mean(A). All but the estimate is NaN if A or B has only one
    run: one run says nothing about seeds.

    Raises
    ------
    InputError
        If A has no runs, or lengths differ.

    References
    ----------
    B. L. Welch, "The generalization of Student's problem when several different population
    variances are involved", 1947. P. L. Hsu, "Contributions to the theory of Student's t-test as
    applied to the problem of two samples", 1938.

    Examples
    --------
    >>> runs = [[0, 1, 1], [0, 1, 0]]
    >>> interval = seed_interval([0, 1, 1], runs, metric="accuracy", n_classes=2, replicates=100)
    >>> round(float(interval.estimate), 4)
    0.8333
    """
    if len(runs_a) == 0:
        raise InputError("A has no runs. Pass at least one.")
    (scores,) = run_scores(
        actual,
        [*runs_a, *runs_b],
        [metric],
        n_classes=n_classes,
        replicates=replicates,
        sample_weight=sample_weight,
        groups=groups,
        strata=strata,
        seed=seed,
    )
    places = np.arange(len(runs_a) + len(runs_b))
    sides = [each for each in np.split(places, [len(runs_a)]) if len(each)]
    return over_seeds(scores, *sides, confidence=confidence)


def run_scores(
    actual: ArrayLike,
    runs: Sequence[ArrayLike],
    metrics: Sequence[CountMetric | str],
    *,
    n_classes: int,
    replicates: int = REPLICATES,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    seed: int | np.random.Generator = 0,
) -> list[RunScores]:
    """Return the scores of runs for each metric, from the same draws of samples for all of them."""
    rng = generator(seed, "seeds")
    units = SamplingUnits.of_samples(len(np.asarray(actual)), groups, strata)
    whole = sample_marginals(actual, runs, n_classes, sample_weight)
    draws = sample_resample(
        actual,
        runs,
        n_classes,
        replicates,
        rng,
        sample_weight=sample_weight,
        groups=groups,
        strata=strata,
    )
    weight = np.ones(len(units.unit)) if sample_weight is None else np.asarray(sample_weight)
    effective = float(weight.sum() ** 2 / np.square(weight).sum())
    found = []
    for metric in metrics:
        function = count_metric(metric)
        known = None if callable(metric) else lookup(metric)
        scores, drawn = (
            np.stack([np.asarray(function(run), np.float64) for run in side], axis=1)
            for side in (whole, draws)
        )
        found.append(
            RunScores(
                scores[0],
                drawn - scores,
                effective,
                len(units.size),
                len(units.strata),
                (-np.inf, np.inf) if known is None else (known.low, known.high),
            )
        )
    return found


def run_scores_of_counts(
    counts: Counts,
    runs: Sequence[int],
    metrics: Sequence[CountMetric | str],
    *,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> list[RunScores]:
    """Return `run_scores` for runs given by their positions in counts with known rows."""
    rows = counts.samples
    if rows is None:
        raise IncompatibleError(
            "Runs of a group cannot be resampled together: their rows are not known."
        )
    return run_scores(
        rows.actual,
        [rows.models[i].predicted for i in runs],
        metrics,
        n_classes=len(rows.classes),
        replicates=replicates,
        sample_weight=rows.weights,
        groups=rows.groups,
        strata=rows.strata,
        seed=seed,
    )


def over_seeds(scores: RunScores, *sides: ArrayLike, confidence: float = 0.95) -> SeedInterval:
    """Return `seed_interval` for the runs at the positions of one side, or of two."""
    chosen = [np.asarray(side) for side in sides]
    estimate = contrast([scores.scores[side].mean(axis=0) for side in chosen])
    if min(map(len, chosen)) < 2:
        unknown = np.full_like(estimate, np.nan)[()]
        return SeedInterval(estimate[()], unknown, unknown, unknown, unknown, unknown, confidence)
    variances = _Variances.of(scores, chosen)
    p, reach = (np.empty(estimate.shape) for _ in range(2))
    for place in np.ndindex(estimate.shape):
        tail = variances.tail(place)
        p[place] = tail(abs(float(estimate[place])))
        reach[place] = tail.inverse(2.0 * tail_probability(confidence))
    low, high = scores.bounds
    if len(chosen) == 2:
        low, high = low - high, high - low
    return SeedInterval(
        estimate=estimate[()],
        standard_error=np.sqrt(variances.seeds + variances.samples)[()],
        low=np.maximum(estimate - reach, low)[()],
        high=np.minimum(estimate + reach, high)[()],
        p_value=p[()] if len(chosen) == 2 else np.full_like(p, np.nan)[()],
        degrees=variances.degrees[()],
        confidence=confidence,
    )


def posterior_over_seeds(
    scores: RunScores, first: ArrayLike, second: ArrayLike, *, rope: float
) -> Posterior | None:
    """Return the posterior of the difference of two means over runs, or None with a single run.

    With flat priors of the means and of the logarithms of the variances between runs, the
    difference has the distribution that the interval of `over_seeds` is made from.
    """
    found = over_seeds(scores, first, second)
    if not np.isfinite(found.p_value):
        return None
    tail = _Variances.of(scores, [np.asarray(first), np.asarray(second)]).tail(())
    gap = float(found.estimate)
    return posterior_of(
        tail.above(rope - gap), tail.above(rope + gap), rope, f"{METHOD}, flat priors"
    )


def _variance_by_samples(scores: RunScores, sides: list[NDArray[np.int64]]) -> FloatArray:
    """Return the variance of the estimate by the choice of the samples, without that in s²."""
    changes = [scores.changes[:, side] for side in sides]
    moved = contrast([each.mean(axis=1) for each in changes])
    together = _mean_of_known(np.square(moved - _mean_of_known(moved)))
    apart = sum(_mean_of_known(each.var(axis=1, ddof=1)) / each.shape[1] for each in changes)
    # A resample of G units has the variance (G − 1)/G of a new sample.
    few = scores.units / max(scores.units - scores.strata, 1)
    found = np.maximum(few * (together - apart), 0.0)
    # The change by two samples, or units, keeps intervals open: 1.96 · 2/n is Wilson's z²/n for no
    # errors. Where hardly any sample varies, the samples of a unit may all vary together.
    pair = 4.0 / scores.samples**2
    return np.asarray(found + np.where(found > pair / 2.0, pair, 4.0 / scores.units**2))


def _mean_of_known(values: FloatArray) -> FloatArray:
    """Return the mean over the first axis without NaN; NaN of nothing."""
    known = ~np.isnan(values)
    times = known.sum(axis=0)
    sums = np.where(known, values, 0.0).sum(axis=0)
    return np.where(times > 0, sums / np.maximum(times, 1), np.nan)


def _degrees(between: list[FloatArray], runs: list[int]) -> FloatArray:
    """Return Welch's degrees of freedom for equal numbers of runs, else those of the smaller."""
    fewest = np.full(np.shape(between[0]), min(runs) - 1.0)
    if len(runs) == 1 or runs[0] != runs[1]:
        return fewest
    squares = np.square(between).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        welch = fewest * np.square(np.sum(between, axis=0)) / squares
    return np.where(squares > 0, welch, fewest)


@dataclass(frozen=True, slots=True, eq=False)
class _Variances:
    """The variances of an estimate by seeds and by samples, with their degrees of freedom."""

    seeds: FloatArray
    degrees: FloatArray
    samples: FloatArray
    degrees_of_samples: float

    @classmethod
    def of(cls, scores: RunScores, sides: list[NDArray[np.int64]]) -> _Variances:
        between = [scores.scores[side].var(axis=0, ddof=1) / len(side) for side in sides]
        freedom = scores.units - scores.strata
        return cls(
            np.sum(between, axis=0),
            _degrees(between, [len(side) for side in sides]),
            _variance_by_samples(scores, sides),
            np.inf if freedom >= MANY_UNITS else max(freedom, 1),
        )

    def tail(self, place: tuple[int, ...]) -> _TailOfSum:
        """Return the distribution of the deviation of one of the estimates."""
        return _TailOfSum(
            _Part(float(self.seeds[place]), float(self.degrees[place])),
            _Part(float(self.samples[place]), self.degrees_of_samples),
        )


@dataclass(frozen=True, slots=True)
class _Part:
    """A variance with its degrees of freedom."""

    variance: float
    degrees: float

    def mixture(self) -> tuple[FloatArray, FloatArray]:
        """Return variances and probabilities of which Student's t is a mixture of normals.

        t with ν degrees of freedom is normal with variance ν/g, for g chi-square with ν. The
        trapezoidal rule over log g converges exponentially.
        """
        if self.variance == 0 or np.isinf(self.degrees):
            return np.array([self.variance]), np.ones(1)
        from scipy.stats import chi2

        first, last = chi2.ppf(_OUTSIDE, self.degrees), chi2.isf(_OUTSIDE, self.degrees)
        g = np.geomspace(first, last, _NODES)
        weight = chi2.pdf(g, self.degrees) * g
        return self.variance * self.degrees / g, weight / weight.sum()


class _TailOfSum:
    """P(|X + Y| ≥ x) for independent X and Y, each Student's t times a standard error."""

    def __init__(self, first: _Part, second: _Part) -> None:
        (u, p), (v, q) = first.mixture(), second.mixture()
        self._deviations = np.sqrt(np.add.outer(u, v)).ravel()
        self._weights = np.multiply.outer(p, q).ravel()

    def __call__(self, x: float) -> float:
        return min(1.0, 2.0 * self.above(x))

    def above(self, x: float) -> float:
        """Return P(X + Y ≥ x)."""
        from scipy.special import ndtr

        if not (self._deviations > 0).all():
            return float("nan")
        return float(self._weights @ ndtr(-x / self._deviations))

    def inverse(self, probability: float) -> float:
        """Return the x that is exceeded with this probability."""
        from scipy.optimize import brentq

        if not (self._deviations > 0).all():
            return float("nan")
        far = float(self._deviations.min())
        while self(far) > probability:
            far *= 2.0
        return float(brentq(lambda x: self(x) - probability, 0.0, far, rtol=1e-12))
