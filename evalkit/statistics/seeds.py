"""Runs of one configuration under different seeds: spread, comparison, intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr, stdtrit

from evalkit.errors import IncompatibleError, InputError
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.bootstrap import BootstrapInterval, interval_of_replicates
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.intervals import standardised, tail_probability
from evalkit.statistics.sample_resampling import sample_resample
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from evalkit.counts.counts import Counts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import CountMetric

FEW_RUNS = 5


@dataclass(frozen=True, slots=True, eq=False)
class GroupSummary:
    """Runs of one configuration in short.

    Attributes
    ----------
    runs : how many there are.
    mean, standard_deviation : over runs, the latter with n − 1; NaN for a single run.
    factor : how many standard deviations the ends lie from the mean.
    low, high : mean ∓ factor × standard deviation.
    warning : why to be careful, or the empty string: with fewer than five runs the standard
        deviation itself is hardly known.
    """

    runs: int
    mean: FloatArray
    standard_deviation: FloatArray
    factor: float
    low: FloatArray
    high: FloatArray
    warning: str


@dataclass(frozen=True, slots=True)
class CorrectedT:
    """The corrected resampled t-test.

    Attributes
    ----------
    mean, standard_error : of the differences, the latter corrected.
    statistic, degrees, p_value : two-sided.
    low, high : the interval of the mean difference.
    """

    mean: float
    standard_error: float
    statistic: float
    degrees: int
    p_value: float
    low: float
    high: float


def group_summary(scores: ArrayLike, *, factor: float = 2.0) -> GroupSummary:
    """Return mean ± factor × standard deviation over runs, with the factor stated.

    It shows how far runs lie from one another, not how well the mean is known; a seed is not a
    sample.

    Parameters
    ----------
    scores : (runs, ...); a training curve is (runs, epochs).
    factor : how many standard deviations, positive.

    Raises
    ------
    InputError
        If there are no runs, or the factor is not positive.

    Examples
    --------
    >>> summary = group_summary([0.51, 0.49, 0.53])
    >>> round(float(summary.low), 2), round(float(summary.high), 2)
    (0.47, 0.55)
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim == 0 or len(values) == 0:
        raise InputError("a group needs at least one run; got none")
    if not factor > 0:
        raise InputError(f"the factor must be positive; got {factor}")
    runs = len(values)
    mean = values.mean(axis=0)
    deviation = values.std(axis=0, ddof=1) if runs > 1 else np.full_like(mean, np.nan)
    few = f"only {runs} run{'s' if runs > 1 else ''}: the spread between seeds is hardly known"
    return GroupSummary(
        runs=runs,
        mean=mean,
        standard_deviation=deviation,
        factor=factor,
        low=mean - factor * deviation,
        high=mean + factor * deviation,
        warning=few if runs < FEW_RUNS else "",
    )


def interquartile_mean(scores: ArrayLike) -> float:
    """Return the mean of the middle half of all scores.

    The ⌊n/4⌋ lowest and the ⌊n/4⌋ highest are left out: more robust to a failed run than the
    mean, less wasteful than the median.

    Parameters
    ----------
    scores : an array of any shape, runs by tasks for one; all of it is pooled.

    Raises
    ------
    InputError
        If there are no scores.

    References
    ----------
    R. Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice", 2021.

    Examples
    --------
    >>> interquartile_mean([[1, 2], [2, 2], [1, 1], [2, 1]])
    1.5
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64), axis=None)
    if len(ordered) == 0:
        raise InputError("an interquartile mean needs at least one score; got none")
    cut = len(ordered) // 4
    return float(ordered[cut : len(ordered) - cut].mean())


def probability_of_improvement(scores_a: ArrayLike, scores_b: ArrayLike) -> float:
    """Return the probability that a run of A scores higher than a run of B, ties counting half.

    Each run of A is compared with each of B on the same task, and tasks are averaged.

    Parameters
    ----------
    scores_a, scores_b : (runs,) or (runs, tasks); numbers of runs may differ.

    Raises
    ------
    InputError
        If there are no runs, or the tasks differ.

    References
    ----------
    As for `interquartile_mean`.

    Examples
    --------
    >>> x, y = [[1, 2], [2, 2], [1, 1], [2, 1]], [[1, 1], [2, 2], [3, 3]]
    >>> round(probability_of_improvement(x, y), 4)
    0.3333
    """
    a, b = (np.asarray(scores, dtype=np.float64) for scores in (scores_a, scores_b))
    if a.ndim not in (1, 2) or a.shape[1:] != b.shape[1:] or not (a.size and b.size):
        raise InputError(
            "scores must be (runs,) or (runs, tasks) with the same tasks; got shapes "
            f"{a.shape} and {b.shape}"
        )
    wins = (a[:, None] > b[None]).mean() + 0.5 * (a[:, None] == b[None]).mean()
    return float(wins)


def corrected_resampled_t(
    differences: ArrayLike, *, test_train_ratio: float, confidence: float = 0.95
) -> CorrectedT:
    """Return the t-test of score differences over resampled training sets, after Nadeau and Bengio.

    t = mean / √((1/J + n_test/n_train) s²) with J − 1 degrees of freedom: splits of one data set
    overlap, so that the plain t-test finds differences where there are none.

    Parameters
    ----------
    differences : (J,) score of B − score of A, one per split.
    test_train_ratio : n_test / n_train; 1/9 for ten folds.
    confidence : of the interval.

    Returns
    -------
    The test; p = 1 where all differences are 0, and 0 where they are all one other number.

    Raises
    ------
    InputError
        If there are less than two differences, or the ratio is not positive.

    References
    ----------
    C. Nadeau and Y. Bengio, "Inference for the generalization error", 2003.

    Examples
    --------
    >>> d = [0.02, 0.01, 0.03, -0.01, 0.02, 0, 0.04, 0.01, 0.02, 0.01]
    >>> test = corrected_resampled_t(d, test_train_ratio=1 / 9)
    >>> round(test.statistic, 4), round(test.p_value, 4)
    (2.277, 0.0488)
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2:
        raise InputError(f"the test needs two differences or more; got shape {values.shape}")
    if not test_train_ratio > 0:
        raise InputError(f"test_train_ratio must be positive; got {test_train_ratio}")
    degrees = len(values) - 1
    mean = float(values.mean())
    error = float(np.sqrt((1.0 / len(values) + test_train_ratio) * values.var(ddof=1)))
    statistic = standardised(mean, error)
    reach = -float(stdtrit(degrees, tail_probability(confidence))) * error
    return CorrectedT(
        mean=mean,
        standard_error=error,
        statistic=statistic,
        degrees=degrees,
        p_value=2.0 * float(stdtr(degrees, -abs(statistic))),
        low=mean - reach,
        high=mean + reach,
    )


def seed_interval(
    actual: ArrayLike,
    runs_a: Sequence[ArrayLike],
    runs_b: Sequence[ArrayLike] = (),
    *,
    metric: CountMetric | str,
    n_classes: int,
    replicates: int = 2_000,
    confidence: float = 0.95,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    seed: int | np.random.Generator = 0,
) -> BootstrapInterval:
    """Return the interval of a configuration's mean score, or of B's less A's, over seeds and data.

    A replicate draws samples, the same for every run, and independently runs from each group;
    the score is the mean over the runs drawn. Both kinds of luck are in the interval: the choice
    of the test samples and the choice of the seeds.

    Parameters
    ----------
    actual : (n,) codes of the classes.
    runs_a : for each run of A the (n,) predicted codes.
    runs_b : the same for B; none for the score of A itself.
    metric : a function of `Marginals` that gives one number or an array, or a catalog name.
    n_classes : K.
    replicates, confidence, sample_weight, groups, seed : as in `sample_bootstrap`.

    Returns
    -------
    The mean over the runs with its interval. Few seeds make it too narrow: with m runs the
    variance between them is drawn (m − 1)/m times too small.

    Raises
    ------
    InputError
        If A has no runs, or lengths differ.

    Examples
    --------
    >>> interval = seed_interval(
    ...     [0, 1, 1], [[0, 1, 1], [0, 1, 0]], metric="accuracy", n_classes=2, replicates=100
    ... )
    >>> round(float(interval.estimate), 4)
    0.8333
    """
    if len(runs_a) == 0:
        raise InputError("a group needs at least one run; got none")
    function = count_metric(metric)
    rng = generator(seed, "seeds")
    runs = [*runs_a, *runs_b]
    whole = _whole(actual, runs, n_classes, sample_weight)
    draws = sample_resample(
        actual, runs, n_classes, replicates, rng, sample_weight=sample_weight, groups=groups
    )
    estimate = [np.asarray(function(marginals), dtype=np.float64) for marginals in whole]
    values = [np.asarray(function(marginals), dtype=np.float64) for marginals in draws]
    count_a = len(runs_a)
    point = np.mean(estimate[:count_a], axis=0)
    scores = _mean_of_drawn_runs(values[:count_a], rng)
    if len(runs_b):
        point = np.mean(estimate[count_a:], axis=0) - point
        scores = _mean_of_drawn_runs(values[count_a:], rng) - scores
    return interval_of_replicates(
        np.asarray(point), scores, confidence=confidence, method="percentile"
    )


def seed_interval_of_counts(
    counts: Counts,
    runs_a: Sequence[int],
    runs_b: Sequence[int] = (),
    *,
    metric: CountMetric | str,
    replicates: int = 2_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> BootstrapInterval:
    """Return `seed_interval` of runs that are models of counts, named by position.

    Raises
    ------
    IncompatibleError
        If the rows are not known, so that samples cannot be drawn for all runs together.
    """
    rows = counts.samples
    if rows is None:
        raise IncompatibleError(
            "Runs of a group cannot be resampled together: their rows are not known."
        )
    return seed_interval(
        rows.actual,
        [rows.models[i].predicted for i in runs_a],
        [rows.models[i].predicted for i in runs_b],
        metric=metric,
        n_classes=len(rows.classes),
        replicates=replicates,
        confidence=confidence,
        sample_weight=rows.weights,
        groups=rows.groups,
        seed=seed,
    )


def _mean_of_drawn_runs(values: Sequence[FloatArray], rng: np.random.Generator) -> FloatArray:
    """Return for each replicate the mean over as many runs as there are, drawn with repetition."""
    by_run = np.stack(values, axis=1)
    replicates, runs = by_run.shape[:2]
    drawn = rng.integers(0, runs, size=(replicates, runs))
    mean: FloatArray = by_run[np.arange(replicates)[:, None], drawn].mean(axis=1)
    return mean


def _whole(
    actual: ArrayLike,
    runs: Sequence[ArrayLike],
    n_classes: int,
    sample_weight: ArrayLike | None,
) -> list[Marginals]:
    """Return the marginals of each run on all samples."""
    codes = np.asarray(actual)
    weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)

    def counted(which: ArrayLike) -> FloatArray:
        chosen = np.asarray(which)
        return np.bincount(
            codes[chosen], None if weight is None else weight[chosen], n_classes
        ).astype(np.float64)

    every = np.ones(len(codes), dtype=bool)
    found = []
    for run in runs:
        predicted = np.asarray(run)
        of_predicted = np.bincount(predicted, weight, n_classes).astype(np.float64)
        support = counted(every)
        found.append(Marginals(counted(predicted == codes), support, of_predicted, support.sum()))
    return found
