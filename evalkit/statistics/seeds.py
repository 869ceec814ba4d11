"""Runs with different seeds: summaries, comparisons and intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr, stdtrit

from evalkit.errors import IncompatibleError, InputError
from evalkit.statistics.bootstrap import BootstrapInterval, interval_of_replicates
from evalkit.statistics.count_metric import contrast, count_metric
from evalkit.statistics.intervals import standardised, tail_probability
from evalkit.statistics.sample_resampling import sample_marginals, sample_resample
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
    """Mean and spread of the runs of one configuration.

    Attributes
    ----------
    runs : number of runs.
    mean, standard_deviation : over runs, with the divisor runs − 1; NaN for a single run.
    factor : distance of the limits from the mean, in standard deviations.
    low, high : mean ∓ factor × standard deviation.
    warning : a warning for fewer than five runs, otherwise the empty string.
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
    """Corrected resampled t-test.

    Attributes
    ----------
    mean, standard_error : mean of the differences and its corrected standard error.
    statistic, degrees, p_value : t, its degrees of freedom and its two-sided p-value.
    low, high : limits of the confidence interval of the mean difference.
    """

    mean: float
    standard_error: float
    statistic: float
    degrees: int
    p_value: float
    low: float
    high: float


def group_summary(scores: ArrayLike, *, factor: float = 2.0) -> GroupSummary:
    """Return mean ± factor × standard deviation over runs.

    This is the spread between runs. For a confidence interval of the mean see `seed_interval`.

    Parameters
    ----------
    scores : (runs, ...) scores, of at least one run; training curves are (runs, epochs).
    factor : positive number of standard deviations.

    Returns
    -------
    The summary, in the shape of one run; the spread is NaN for a single run.

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
        raise InputError("No runs to summarise. Pass at least one.")
    if not factor > 0:
        raise InputError(f"Invalid factor {factor}. Pass a positive number.")
    runs = len(values)
    mean = values.mean(axis=0)
    deviation = values.std(axis=0, ddof=1) if runs > 1 else np.full_like(mean, np.nan)
    few = f"only {runs} run{'s' if runs > 1 else ''}: the standard deviation is very uncertain"
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
    """Return the mean of the scores without the ⌊n/4⌋ lowest and the ⌊n/4⌋ highest.

    It is more robust to failed runs than the mean, and more efficient than the median.

    Parameters
    ----------
    scores : array of any shape, such as (runs, tasks), pooled; none at all is an `InputError`.

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
        raise InputError("No scores to average. Pass at least one.")
    cut = len(ordered) // 4
    return float(ordered[cut : len(ordered) - cut].mean())


def probability_of_improvement(scores_a: ArrayLike, scores_b: ArrayLike) -> float:
    """Return P(X > Y) + ½ P(X = Y) for the scores X of a run of A and Y of a run of B.

    Each run of A is compared with each run of B on the same task, and the mean over tasks is taken.
    Values above ½ mean that the first argument is better, as in the reference of
    `interquartile_mean`.

    Parameters
    ----------
    scores_a, scores_b : (runs,) or (runs, tasks) scores; the numbers of runs may differ. No runs,
        or other tasks, are an `InputError`.

    Examples
    --------
    >>> x, y = [[1, 2], [2, 2], [1, 1], [2, 1]], [[1, 1], [2, 2], [3, 3]]
    >>> round(probability_of_improvement(x, y), 4)
    0.3333
    """
    a, b = (np.asarray(scores, dtype=np.float64) for scores in (scores_a, scores_b))
    if a.ndim not in (1, 2) or a.shape[1:] != b.shape[1:] or not (a.size and b.size):
        raise InputError(
            f"The scores have shapes {a.shape} and {b.shape}, expected (runs,) or (runs, tasks) "
            "with the same tasks for both."
        )
    wins = (a[:, None] > b[None]).mean() + 0.5 * (a[:, None] == b[None]).mean()
    return float(wins)


def corrected_resampled_t(
    differences: ArrayLike, *, test_train_ratio: float, confidence: float = 0.95
) -> CorrectedT:
    """Return Nadeau and Bengio's corrected t-test of score differences over resampled splits.

    t = mean / √((1/J + n_test/n_train) s²) with J − 1 degrees of freedom. The training sets of the
    splits overlap, so the uncorrected t-test has too many false positives.

    Parameters
    ----------
    differences : (J,) score of B − score of A, one per split.
    test_train_ratio : n_test / n_train; 1/9 for ten folds.
    confidence : confidence of the interval, strictly between 0 and 1.

    Returns
    -------
    The test; p = 1 if all differences are 0. If they all equal another number, their variance is
    unknown, and p and the limits are NaN.

    Raises
    ------
    InputError
        If there are fewer than two differences, or the ratio is not positive.

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
        raise InputError(f"differences has shape {values.shape}, expected (J,) with J ≥ 2.")
    if not test_train_ratio > 0:
        raise InputError(f"Invalid test_train_ratio {test_train_ratio}. Pass a positive number.")
    degrees = len(values) - 1
    mean = float(values.mean())
    error = float(np.sqrt((1.0 / len(values) + test_train_ratio) * values.var(ddof=1)))
    # Equal numbers may have a variance by rounding.
    error = 0.0 if np.ptp(values) <= 1e-12 * np.abs(values).max() else error
    if error == 0.0 and mean != 0.0:
        nan = float("nan")
        return CorrectedT(mean, error, nan, degrees, nan, nan, nan)
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
    """Return the bootstrap interval of the mean score over runs, of A or of B minus A.

    A replicate draws samples, which are the same for all runs, and independently draws runs of each
    group. Its score is the mean over the drawn runs. So the interval includes the variation of the
    test samples and of the seeds.

    Parameters
    ----------
    actual : (n,) codes of the actual classes.
    runs_a, runs_b : (n,) predicted codes for each run; without `runs_b`, the score is that of A.
    metric : a function of `Marginals` that returns a number or an array, or a catalog name.
    n_classes : K.
    replicates, confidence, sample_weight, groups, seed : as in `sample_bootstrap`.

    Returns
    -------
    The mean over runs, or mean(B) − mean(A), with its interval. The interval is too narrow for few
    runs: with m runs, the variance between them is underestimated by the factor (m − 1) / m.

    Raises
    ------
    InputError
        If A has no runs, or lengths differ.

    Examples
    --------
    >>> runs = [[0, 1, 1], [0, 1, 0]]
    >>> interval = seed_interval([0, 1, 1], runs, metric="accuracy", n_classes=2, replicates=100)
    >>> round(float(interval.estimate), 4)
    0.8333
    """
    if len(runs_a) == 0:
        raise InputError("A has no runs. Pass at least one.")
    function = count_metric(metric)
    rng = generator(seed, "seeds")
    runs = [*runs_a, *runs_b]
    whole = sample_marginals(actual, runs, n_classes, sample_weight)
    draws = sample_resample(
        actual, runs, n_classes, replicates, rng, sample_weight=sample_weight, groups=groups
    )
    of_all, drawn = (
        [np.asarray(function(marginals), dtype=np.float64) for marginals in each]
        for each in (whole, draws)
    )
    sides = [slice(len(runs_a))]
    if len(runs_b):
        sides.append(slice(len(runs_a), None))
    point = contrast([np.mean(of_all[part], axis=0)[0] for part in sides])
    scores = contrast([_mean_of_drawn_runs(drawn[part], rng) for part in sides])
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
    """Return `seed_interval` for runs given by their positions in counts with known rows."""
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
    """Return for each replicate the mean over runs drawn with replacement."""
    by_run = np.stack(values, axis=1)
    replicates, runs = by_run.shape[:2]
    drawn = rng.integers(0, runs, size=(replicates, runs))
    mean: FloatArray = by_run[np.arange(replicates)[:, None], drawn].mean(axis=1)
    return mean
