"""Estimates and differences of count metrics, with their intervals and tests.

Proportions of unweighted, ungrouped samples have Wilson's interval; other metrics have bootstrap
intervals. For such samples, differences in accuracy and in the recall of a class have Tango's
interval and McNemar's exact test; other differences have permutation tests. Models that are not
paired are independent samples: differences of proportions have Newcombe's interval and Fisher's
exact test. Reports, slices and gates use these functions, so their results agree.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from evalkit.counts.counts import Counts
from evalkit.metrics.catalog import lookup
from evalkit.metrics.confusion import ConfusionMatrix
from evalkit.metrics.count.marginals import Marginals
from evalkit.statistics.bootstrap import percentile_limits, percentile_p_value
from evalkit.statistics.class_permutation import exact_p_values, is_by_class
from evalkit.statistics.count_metric import contrast, count_metric, proportion_of
from evalkit.statistics.decomposition import discordant_by_class
from evalkit.statistics.effective_size import proportion_limits, widened
from evalkit.statistics.independent_proportions import (
    independent_f_beta_test,
    independent_proportions_test,
    proportion_difference_interval,
)
from evalkit.statistics.intervals import Interval, extended_to_zero, holding
from evalkit.statistics.multiplicity import holm
from evalkit.statistics.paired_tests import mcnemar
from evalkit.statistics.permutation import SPREAD_REPLICATES, studentized_p_value
from evalkit.statistics.proportions import paired_proportion_interval, proportion_interval
from evalkit.statistics.resamplers import bounded_replicates, resampler_of
from evalkit.statistics.streams import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from evalkit.counts.joint import JointCounts
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.count_metric import CountMetric

REPLICATES = 10_000
EFFECTIVE = "Wilson, effective sample size"
UNDEFINED_OF_TWO = "undefined for one of the two models"


@dataclass(frozen=True)
class Estimate:
    """A value with its confidence interval.

    Attributes
    ----------
    value : point estimate; None if undefined.
    low, high : limits of the interval; None if there is no interval.
    method : method of the interval, such as ``"Wilson"``, ``"bootstrap"`` or ``"DeLong"``.
    undefined : reason why the value is undefined.
    classes_covered : for an average over classes, the number of classes in the average.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str = ""
    undefined: str | None = None
    classes_covered: int | None = None

    def __post_init__(self) -> None:
        """Extend the interval to the value, which quantiles of replicates may exclude."""
        _extend_to_value(self)


@dataclass(frozen=True)
class Difference:
    """A difference, second model minus first, with its confidence interval and its test.

    The interval contains zero exactly where `p_value` is at least 1 − confidence. `p_adjusted` is
    the p-value adjusted by Holm's method: over pairs of models for overall metrics, over classes
    for metrics by class, and over slices. `significant` is whether it is below 1 − confidence and
    the interval excludes zero.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    test: str = ""
    significant: bool = False
    undefined: str | None = None

    def __post_init__(self) -> None:
        """Extend the interval to the value, as in `Estimate`."""
        _extend_to_value(self)


def _extend_to_value(found: Estimate | Difference) -> None:
    if found.value is None:
        return
    if found.low is not None and found.low > found.value:
        object.__setattr__(found, "low", found.value)
    if found.high is not None and found.high < found.value:
        object.__setattr__(found, "high", found.value)


def known_estimate(
    value: float,
    low: float,
    high: float,
    method: str,
    *,
    undefined: str = "undefined for every class",
    covered: int | None = None,
) -> Estimate:
    """Return an estimate from numbers that are NaN if unknown."""
    if not np.isfinite(value):
        return Estimate(None, undefined=undefined, classes_covered=covered)
    if not (np.isfinite(low) and np.isfinite(high)):
        return Estimate(float(value), classes_covered=covered)
    return Estimate(float(value), float(low), float(high), method, classes_covered=covered)


@dataclass(frozen=True)
class Limits:
    """Limits of intervals, in the shape of the metric, and the method."""

    low: FloatArray
    high: FloatArray
    method: str


class Estimator(ABC):
    """Intervals of count metrics; replicates are drawn once, and limits are computed once.

    Parameters
    ----------
    counts : counts of the models.
    models : positions of the model, or of the two models.
    replicates : number of replicates; fewer are drawn for more than 200 classes.
    seed : integer seed of the resampling.
    """

    def __init__(self, counts: Counts, models: tuple[int, ...], replicates: int, seed: int) -> None:
        self._counts, self._models, self._seed = counts, models, seed
        self._n_replicates = bounded_replicates(replicates, len(counts.classes))
        self._resampler = resampler_of(counts)
        self._known: dict[tuple[CountMetric | str, float, int | None], Limits] = {}

    def limits(
        self, metric: CountMetric | str, confidence: float, position: int | None = None
    ) -> Limits:
        """Return the confidence interval of a metric, or of its difference.

        Parameters
        ----------
        metric : ``"recall"``, ``"f1_macro"``, ``"f_beta[0.5]_macro"``, or a function.
        confidence : strictly between 0 and 1.
        position : position of a class; all classes if absent.

        Returns
        -------
        Limits in the shape of the metric, NaN where it is undefined.
        """
        key = metric, confidence, position
        if key not in self._known:
            self._known[key] = self._limits(*key)
        return self._known[key]

    @abstractmethod
    def value(self, metric: CountMetric | str, position: int | None = None) -> FloatArray:
        """Return the values of a metric or of its difference, or those at `position`."""

    @property
    @abstractmethod
    def drawn(self) -> tuple[Marginals, ...]:
        """Bootstrap replicates of each model, as marginals (R, K)."""

    def limits_of(
        self,
        metric: CountMetric | str,
        values: FloatArray,
        confidence: float,
        position: int | None = None,
        *,
        value: FloatArray | None = None,
    ) -> Interval:
        """Return limits from replicates of a metric, further from its value for few units.

        Parameters
        ----------
        metric, confidence, position : as in `limits`.
        values : (R, ...) replicates of the metric or of its difference.
        value : value of another difference, of which `values` are the replicates.
        """
        are_differences = len(self._models) > 1 or value is not None
        limits = percentile_limits(values, confidence)
        value = self.value(metric, position) if value is None else value
        reach = self._resampler.reach(self._models, self.drawn, confidence)
        if reach > 1.0:
            bounds = _bounds(metric, differences=are_differences)
            limits = widened(value, limits, reach, bounds, confidence)
        # Quantiles of replicates may exclude the value.
        return holding(limits, value)

    def _of_replicates(
        self, metric: CountMetric | str, confidence: float, position: int | None
    ) -> Limits:
        function = count_metric(metric)
        values = contrast([_at(function, each, position) for each in self.drawn])
        return Limits(*self.limits_of(metric, values, confidence, position), self._resampler.method)

    @abstractmethod
    def _limits(
        self, metric: CountMetric | str, confidence: float, position: int | None
    ) -> Limits: ...


class ModelEstimator(Estimator):
    """Estimates of count metrics of one model.

    Parameters
    ----------
    counts : counts of one model.
    replicates, seed : as in `Estimator`.
    """

    def __init__(self, counts: Counts, *, replicates: int = REPLICATES, seed: int = 0) -> None:
        super().__init__(counts, (0,), replicates, seed)
        self.marginals: Marginals = Marginals.of(counts.matrices[0])

    @cached_property
    def _plain_and_smoothed(self) -> tuple[Marginals, Marginals]:
        """Replicates without and with pseudo-samples."""
        rng = generator(self._seed, "model")
        plain = self._resampler.draw([0], self._n_replicates, rng)
        return plain[0], self._resampler.smoothed([0], plain, rng)[0]

    @property
    def drawn(self) -> tuple[Marginals, ...]:
        """The replicates of the model."""
        return (self.replicates,)

    @property
    def replicates(self) -> Marginals:
        """Bootstrap replicates of the model, as marginals (R, K)."""
        return self._plain_and_smoothed[1]

    def value(self, metric: CountMetric | str, position: int | None = None) -> FloatArray:
        """Return the values of a metric, or its value for the class at `position`."""
        return _at(count_metric(metric), self.marginals, position)

    def _limits(self, metric: CountMetric | str, confidence: float, position: int | None) -> Limits:
        proportion, design = proportion_of(metric), self._resampler.design
        if proportion is None:
            return self._of_replicates(metric, confidence, position)

        def counted(marginals: Marginals) -> tuple[FloatArray, FloatArray]:
            successes, trials = (
                np.asarray(each if position is None else each[..., position], np.float64)
                for each in proportion(marginals)
            )
            return successes, trials

        if design is None:
            return Limits(
                *proportion_interval(*counted(self.marginals), confidence=confidence), "Wilson"
            )
        limits = proportion_limits(
            design, counted, self.marginals, self._plain_and_smoothed[0], confidence
        )
        return Limits(*limits, EFFECTIVE)


class PairEstimator(Estimator):
    """Differences of count metrics of two models, second minus first, from the same replicates.

    Parameters
    ----------
    counts : counts of at least two models.
    pair : positions of the two models.
    replicates, seed : as in `Estimator`.
    """

    def __init__(
        self,
        counts: Counts,
        pair: tuple[int, int] = (0, 1),
        *,
        replicates: int = REPLICATES,
        seed: int = 0,
    ) -> None:
        super().__init__(counts, pair, replicates, seed)
        self._pair = pair
        first, second = (Marginals.of(counts.matrices[i]) for i in pair)
        self.marginals: tuple[Marginals, Marginals] = (first, second)
        self._tests: dict[CountMetric | str, tuple[FloatArray, str] | None] = {}
        self._drawn: tuple[CountMetric | str, FloatArray] | None = None

    @cached_property
    def joint(self) -> JointCounts | None:
        """The joint counts; None if the models are not paired."""
        return self._counts.joint(*self._pair)

    @property
    def has_exact_tests(self) -> bool:
        """Whether samples are paired, and not weighted, grouped or stratified."""
        return self.joint is not None and self._counts.sampling.simple

    @property
    def drawn(self) -> tuple[Marginals, ...]:
        """The replicates of both models."""
        return self.resampled

    @cached_property
    def resampled(self) -> tuple[Marginals, Marginals]:
        """Paired bootstrap replicates of the two models, as marginals (R, K)."""
        rng = generator(self._seed, "pair")
        plain = self._resampler.draw(self._pair, self._n_replicates, rng)
        first, second = self._resampler.smoothed(self._pair, plain, rng)
        return first, second

    @cached_property
    def _spread(self) -> tuple[Marginals, Marginals]:
        """Few replicates of the two models, for the standard error of the permutation test."""
        rng = generator(self._seed, "spread")
        few = min(self._n_replicates, SPREAD_REPLICATES)
        plain = self._resampler.draw(self._pair, few, rng)
        first, second = self._resampler.smoothed(self._pair, plain, rng)
        return first, second

    @cached_property
    def swapped(self) -> tuple[Marginals, Marginals] | None:
        """The two models with predictions exchanged at random; None if they are not paired."""
        rng = generator(self._seed, "exchange")
        return self._resampler.swap(self._pair, self._n_replicates, rng)

    def value(self, metric: CountMetric | str, position: int | None = None) -> FloatArray:
        """Return the difference of a metric."""
        function = count_metric(metric)
        before, after = (_at(function, each, position) for each in self.marginals)
        return np.asarray(after - before)

    def replicates_of(self, metric: CountMetric | str, position: int | None = None) -> FloatArray:
        """Return the bootstrap replicates (R, ...) of the difference of a metric."""
        if position is None and self._drawn is not None and self._drawn[0] == metric:
            return self._drawn[1]
        function = count_metric(metric)
        before, after = (_at(function, each, position) for each in self.resampled)
        found = np.asarray(after - before)
        if position is None and self._counts.parts:
            # Interval and test of independent samples need the same replicates.
            self._drawn = metric, found
        return found

    def _discordant(self, metric: CountMetric | str) -> tuple[ArrayLike, ...] | None:
        """Return the numbers that only A and only B has right, and all; None without exact test."""
        if self.joint is None or not self.has_exact_tests:
            return None
        if metric == "accuracy":
            return self.joint.only_a, self.joint.only_b, self.joint.total
        if metric == "recall":  # Recall is accuracy within a class.
            return *discordant_by_class(self.joint), self.marginals[0].actual
        return None

    @property
    def _are_simple_parts(self) -> bool:
        """Whether the models have independent samples without weights, groups and strata."""
        parts = self._counts.parts
        return bool(parts) and all(parts[i].sampling.simple for i in self._pair)

    def _independent(self, metric: CountMetric | str) -> tuple[ArrayLike, ...] | None:
        """Return successes and trials of A and B; None unless they are independent proportions."""
        proportion = proportion_of(metric) if self._are_simple_parts else None
        if proportion is None:
            return None
        first, second = self.marginals
        return *proportion(first), *proportion(second)

    def _limits(self, metric: CountMetric | str, confidence: float, position: int | None) -> Limits:
        paired, independent = self._discordant(metric), self._independent(metric)
        if paired is not None:
            b, c, n = _each_at(paired, position)
            found = paired_proportion_interval(b, c, n, confidence=confidence, test="exact")
            return Limits(*found, "Tango")
        if independent is not None:
            numbers = _each_at(independent, position)
            interval = proportion_difference_interval
            return Limits(*interval(*numbers, confidence=confidence, test="exact"), "Newcombe")
        drawn = self._of_replicates(metric, confidence, position)
        tested = self.p_values(metric)
        if tested is None:
            return drawn
        (p_value,) = _each_at((tested[0],), position)
        extended = extended_to_zero(Interval(drawn.low, drawn.high), p_value, confidence)
        return Limits(*extended, drawn.method)

    def p_values(self, metric: CountMetric | str) -> tuple[FloatArray, str] | None:
        """Return p-values in the shape of the metric and the name of the test, or None."""
        if metric not in self._tests:
            self._tests[metric] = self._p_values(metric)
        return self._tests[metric]

    def _p_values(self, metric: CountMetric | str) -> tuple[FloatArray, str] | None:
        paired, independent = self._discordant(metric), self._independent(metric)
        if paired is not None:
            return np.asarray(mcnemar(*paired[:2]).p_exact), "exact McNemar"
        if independent is not None:
            return np.asarray(independent_proportions_test(*independent)), "Fisher's exact"
        if self._counts.parts:
            beta = _beta_of_class(metric) if self._are_simple_parts else None
            if beta is not None:
                return independent_f_beta_test(*self.marginals, beta), "log odds of F"
            p_value = percentile_p_value(self.value(metric), self.replicates_of(metric))
            return np.asarray(p_value), "independent bootstrap"
        if self.swapped is None:
            return None
        function = count_metric(metric)
        if self.joint is not None and self._counts.sampling.simple and is_by_class(metric):
            return exact_p_values(self.joint, function, self.value(metric)), "permutation"
        resampled, exchanged = (
            contrast([_at(function, each, None) for each in pair])
            for pair in (self._spread, self.swapped)
        )
        return studentized_p_value(self.value(metric), resampled, exchanged), "permutation"

    def differences(self, metric: CountMetric | str, confidence: float) -> tuple[Difference, ...]:
        """Return the difference of each value of a metric, with the p-value not yet adjusted.

        An interval and its test never contradict each other. The interval is extended to 0 where
        the test does not reject; where it rejects but the interval contains 0, the p-value is
        raised to that of the bootstrap, and to at least 1 − confidence.
        """
        values = np.atleast_1d(self.value(metric))
        if not np.isfinite(values).any():
            return (Difference(None, undefined=UNDEFINED_OF_TWO),) * len(values)
        limits = self.limits(metric, confidence)
        tested = self.p_values(metric)
        low, high = np.atleast_1d(limits.low), np.atleast_1d(limits.high)
        p = None if tested is None else np.atleast_1d(tested[0])
        if p is not None:
            contradicted = (p < 1.0 - confidence) & (low <= 0) & (high >= 0)
            if contradicted.any():
                p = np.where(contradicted, self._raised(metric, values, confidence), p)
        return tuple(
            Difference(None, undefined=UNDEFINED_OF_TWO)
            if not np.isfinite(values[k])
            else Difference(
                float(values[k]),
                float(low[k]),
                float(high[k]),
                None if p is None else float(p[k]),
                test="" if tested is None else tested[1],
            )
            for k in range(len(values))
        )

    def _raised(
        self, metric: CountMetric | str, values: FloatArray, confidence: float
    ) -> FloatArray:
        """Return p-values of at least 1 − confidence, those of the bootstrap if it was drawn."""
        if self._discordant(metric) is not None or self._independent(metric) is not None:
            return np.full(len(values), 1.0 - confidence)
        drawn = self.replicates_of(metric)
        found = percentile_p_value(values, drawn.reshape(len(drawn), -1))
        return np.maximum(found, 1.0 - confidence)


def judged(difference: Difference, p_adjusted: float, alpha: float) -> Difference:
    """Return the difference with its adjusted p-value, significant if its interval agrees."""
    excludes_zero = (
        difference.low is not None
        and difference.high is not None
        and (difference.low > 0 or difference.high < 0)
    )
    return replace(
        difference, p_adjusted=p_adjusted, significant=p_adjusted < alpha and excludes_zero
    )


def holm_judged(differences: Sequence[Difference], alpha: float) -> tuple[Difference, ...]:
    """Return the differences with p-values adjusted by Holm's method, and their significance."""
    tested = [(i, d.p_value) for i, d in enumerate(differences) if d.p_value is not None]
    found = list(differences)
    for (i, _), p in zip(tested, holm([p for _, p in tested]), strict=True):
        found[i] = judged(differences[i], float(p), alpha)
    return tuple(found)


def estimate(
    counts: ArrayLike | ConfusionMatrix | Counts,
    metric: CountMetric | str,
    *,
    confidence: float = 0.95,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Estimate | tuple[Estimate, ...]:
    """Return a metric with the confidence interval that reports and gates show.

    Parameters
    ----------
    counts : (K, K) counts, a `ConfusionMatrix`, or the `counts` of an evaluation.
    metric : catalog name, such as ``"recall"`` or ``"f1_macro"``, or function of `Marginals`.
    confidence : strictly between 0 and 1.
    replicates, seed : number of bootstrap replicates, and integer seed.

    Returns
    -------
    One estimate, or one per class.

    Examples
    --------
    >>> found = estimate([[45, 5], [10, 40]], "accuracy")
    >>> found.method, round(found.low, 4), round(found.high, 4)
    ('Wilson', 0.7672, 0.9069)
    """
    known = counts
    if not isinstance(known, Counts):
        matrix = known if isinstance(known, ConfusionMatrix) else ConfusionMatrix(known)
        known = Counts.of_matrix(matrix)
    estimator = ModelEstimator(known, replicates=replicates, seed=seed)
    values, limits = estimator.value(metric), estimator.limits(metric, confidence)
    if np.ndim(values) == 0:
        return known_estimate(
            float(values),
            float(limits.low),
            float(limits.high),
            limits.method,
            undefined="undefined for these counts",
        )
    return tuple(
        known_estimate(*numbers, limits.method, undefined="undefined for this class")
        for numbers in zip(values.tolist(), limits.low.tolist(), limits.high.tolist(), strict=True)
    )


def _bounds(metric: CountMetric | str, *, differences: bool) -> tuple[float, float]:
    """Return the least and the greatest value of a metric, or of its differences."""
    if not isinstance(metric, str):
        return -np.inf, np.inf
    known = lookup(metric)
    most = known.high - known.low
    return (-most, most) if differences else (known.low, known.high)


def _at(metric: CountMetric, marginals: Marginals, position: int | None) -> FloatArray:
    if position is None:
        return np.asarray(metric(marginals), dtype=np.float64)
    return np.asarray(metric(marginals.take([position])), np.float64)[..., 0]


def _beta_of_class(metric: CountMetric | str) -> float | None:
    """Return the β of the F-β of each class; None for other metrics."""
    if metric == "f1":
        return 1.0
    found = re.fullmatch(r"f_beta\[(.+)\]", metric) if isinstance(metric, str) else None
    return None if found is None else float(found[1])


def _each_at(numbers: Sequence[ArrayLike], position: int | None) -> list[FloatArray]:
    """Return each array at the position of a class, or whole."""
    return [np.asarray(each)[() if position is None else position] for each in numbers]
