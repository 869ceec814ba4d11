"""The bootstrap over seeds and samples: what a configuration would score on other runs and data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.bootstrap import BootstrapInterval, interval_of_replicates
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.sample_resampling import sample_resample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import CountMetric


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
    """Return the interval of a configuration's mean score, or of A's less B's, over seeds and data.

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
    rng = np.random.default_rng(seed)
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
        point = point - np.mean(estimate[count_a:], axis=0)
        scores = scores - _mean_of_drawn_runs(values[count_a:], rng)
    return interval_of_replicates(
        np.asarray(point), scores, confidence=confidence, method="percentile"
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
