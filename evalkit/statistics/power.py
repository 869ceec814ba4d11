"""Power and sample sizes of the tests that reports and gates make.

Power is computed by enumeration of the numbers that the test depends on, not by a normal
approximation. Exact tests are conservative, and their power includes that.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError
from evalkit.statistics.proportions import paired_proportion_score

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from evalkit.metrics.count.marginals import FloatArray

MOST_SAMPLES = 10**8
_INTERPOLATED = 25
_TAIL = 1e-12


def power_mcnemar(n: int, difference: float, *, disagreement: float, alpha: float = 0.05) -> float:
    """Return the power of McNemar's exact test for two models on the same samples.

    The number of samples that exactly one model predicts correctly is binomial, and so is, given
    this number, that of the second model. Both are enumerated.

    Parameters
    ----------
    n : number of samples.
    difference : accuracy of the second model minus that of the first.
    disagreement : share of samples that exactly one of the models predicts correctly, at least
        |difference|.
    alpha : level of the two-sided test; α/m for one of m corrected tests.

    Returns
    -------
    Probability of p < α.

    Raises
    ------
    InputError
        If there are no samples, or a rate is out of range.

    References
    ----------
    J. W. Duffy, "Asymptotic and exact power for the McNemar test and its analogue with R controls
    per case", 1984.

    Examples
    --------
    >>> round(power_mcnemar(1_000, 0.02, disagreement=0.05), 3)
    0.785
    """
    from scipy.stats import binom

    _require(n, alpha)
    share = _share_of_second(difference, disagreement)
    discordant, probability = _window(n, disagreement)
    # The largest number with p < α: half of the level is not reached by the numbers up to it.
    most = binom.ppf(alpha / 2.0, discordant, 0.5) - 1.0
    rejected = binom.cdf(most, discordant, share) + binom.sf(
        discordant - most - 1.0, discordant, share
    )
    return float(probability @ np.where(most >= 0, rejected, 0.0))


def power_noninferiority(
    n: int,
    margin: float,
    *,
    disagreement: float,
    difference: float = 0.0,
    alpha: float = 0.05,
) -> float:
    """Return the power of Tango's score test that the second model is not worse by the margin.

    It is one of the two tests of `equivalence_test`: accuracy(B) − accuracy(A) > −margin.

    Parameters
    ----------
    n, disagreement, difference : as in `power_mcnemar`.
    margin : positive margin, a fraction.
    alpha : level of the one-sided test.

    Raises
    ------
    InputError
        As `power_mcnemar`, or if the margin is not between 0 and 1.

    Examples
    --------
    >>> round(power_noninferiority(1_000, 0.02, disagreement=0.05), 3)
    0.866
    """
    from scipy.special import ndtri
    from scipy.stats import binom

    _require(n, alpha)
    if not 0 < margin < 1:
        raise InputError(f"Invalid margin {margin}. Pass a fraction between 0 and 1.")
    share = _share_of_second(difference, disagreement)
    discordant, probability = _window(n, disagreement)
    needed = -float(ndtri(alpha))
    # The score grows with the number of samples that only the second model predicts correctly.
    rejected, accepted = discordant + 1.0, np.full(len(discordant), -1.0)
    while (rejected - accepted > 1).any():
        middle = np.floor((rejected + accepted) / 2.0)
        inner = np.clip(middle, 0.0, discordant)
        enough = paired_proportion_score(discordant - inner, inner, n, -margin) > needed
        open_ = rejected - accepted > 1
        rejected = np.where(open_ & enough, middle, rejected)
        accepted = np.where(open_ & ~enough, middle, accepted)
    return float(probability @ binom.sf(rejected - 1.0, discordant, share))


def power_two_proportions(n: int, first: float, second: float, *, alpha: float = 0.05) -> float:
    """Return the power of Fisher's exact test for two models on independent samples of n each.

    For each number of errors of one model, the smallest number of the other with p < α is found. If
    more than 25 numbers are likely, it is found for 25 of them and interpolated.

    Parameters
    ----------
    n : number of samples of each model.
    first, second : accuracies, or other proportions.
    alpha : level of the two-sided test.

    Raises
    ------
    InputError
        If there are no samples, or a rate is out of range.

    Examples
    --------
    >>> round(power_two_proportions(1_000, 0.85, 0.90), 3)
    0.915
    """
    _require(n, alpha)
    for rate in (first, second):
        _require_rate(rate)
    if first + second > 1.0:
        first, second = 1.0 - first, 1.0 - second
    return _rejected_above(n, first, second, alpha) + _rejected_above(n, second, first, alpha)


def _rejected_above(n: int, first: float, second: float, alpha: float) -> float:
    """Return the probability that Fisher's test finds more successes in the second sample."""
    from scipy.stats import binom, hypergeom

    numbers, probability = _window(n, first)
    some = np.unique(np.linspace(0, len(numbers) - 1, _INTERPOLATED).astype(np.int64))
    hits = numbers[some]
    # More successes than this are ten standard errors away.
    far = np.ceil(hits + 10.0 * np.sqrt(2.0 * hits + 2.0) + 50.0)
    kept, rejected = hits.copy(), np.minimum(far, n + 1.0)
    while (rejected - kept > 1).any():
        middle = np.floor((rejected + kept) / 2.0)
        # Equal samples have a symmetric distribution given the total: p is twice the smaller tail.
        enough = 2.0 * hypergeom.cdf(hits, 2 * n, hits + middle, n) < alpha
        open_ = rejected - kept > 1
        rejected = np.where(open_ & enough, middle, rejected)
        kept = np.where(open_ & ~enough, middle, kept)
    least = np.ceil(np.interp(numbers, hits, rejected - 0.5))
    return float(probability @ binom.sf(least - 1.0, n, second))


def power_proportion(n: int, value: float, bound: float, *, alpha: float = 0.05) -> float:
    """Return the probability that the exact interval of a proportion lies beyond a bound.

    For the value on the side of the bound that a gate's rule asks for, it is the probability that
    the gate passes; for a value on the other side, that it fails.

    Parameters
    ----------
    n : number of trials: samples for accuracy, samples of the class for its recall.
    value : true value of the proportion, other than `bound`.
    bound : bound of the rule.
    alpha : the interval is Clopper and Pearson's at 1 − α; α/m for one of m decisions.

    Raises
    ------
    InputError
        If there are no samples, a rate is out of range, or value and bound are equal.

    Examples
    --------
    >>> round(power_proportion(200, 0.95, 0.90), 3)
    0.7
    """
    _require(n, alpha)
    for rate in (value, bound):
        _require_rate(rate)
    if value == bound:
        raise InputError(f"The true value equals the bound {bound}, so no sample size decides.")
    return float(_powers_of_proportion(np.array([n]), value, bound, alpha)[0])


def _powers_of_proportion(
    n: NDArray[np.int64], value: float, bound: float, alpha: float
) -> FloatArray:
    from scipy.stats import binom

    if value < bound:
        value, bound = 1.0 - value, 1.0 - bound
    # The lower limit exceeds the bound from the first number whose upper tail is at most α/2.
    least = binom.isf(alpha / 2.0, n, bound) + 1.0
    found: FloatArray = binom.sf(least - 1.0, n, value)
    return found


def samples_mcnemar(
    difference: float, *, disagreement: float, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Return the number of samples for which `power_mcnemar` reaches a power.

    Parameters are those of `power_mcnemar`; `power` lies strictly between 0 and 1.

    >>> samples_mcnemar(0.02, disagreement=0.05)
    1035
    """
    _share_of_second(difference, disagreement)
    _require_effect(difference)
    return _least(
        partial(power_mcnemar, difference=difference, disagreement=disagreement, alpha=alpha), power
    )


def samples_noninferiority(
    margin: float,
    *,
    disagreement: float,
    difference: float = 0.0,
    power: float = 0.8,
    alpha: float = 0.05,
) -> int:
    """Return the number of samples for which `power_noninferiority` reaches a power.

    Parameters are those of `power_noninferiority`; `power` lies strictly between 0 and 1.

    >>> samples_noninferiority(0.02, disagreement=0.05)
    819
    """
    if not difference > -margin:
        raise InputError(
            f"The difference {difference} is not above −margin, {-margin}. No sample size shows "
            "non-inferiority then."
        )
    return _least(
        partial(
            power_noninferiority,
            margin=margin,
            difference=difference,
            disagreement=disagreement,
            alpha=alpha,
        ),
        power,
    )


def samples_two_proportions(
    first: float, second: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Return the number of samples of each model for which `power_two_proportions` reaches a power.

    Parameters are those of `power_two_proportions`; `power` lies strictly between 0 and 1.

    >>> samples_two_proportions(0.85, 0.90)
    721
    """
    _require_effect(second - first)
    for rate in (first, second):
        _require_rate(rate)
    return _least(partial(power_two_proportions, first=first, second=second, alpha=alpha), power)


def samples_proportion(
    value: float, bound: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Return the number of trials from which `power_proportion` is at least a power.

    The power of an exact interval rises and falls with n. The number returned is such that no
    larger n has less power.

    Parameters are those of `power_proportion`; `power` lies strictly between 0 and 1.

    >>> samples_proportion(0.95, 0.90)
    255
    """
    found = _least(partial(power_proportion, value=value, bound=bound, alpha=alpha), power)
    # Power is a sawtooth in n, with one tooth per error: search as far as a tooth may still be
    # below the wanted power.
    rarest = min(bound, 1.0 - bound)
    later = np.arange(found, found + min(max(found, int(20 / max(rarest, 1e-4))), 1_000_000))
    short = np.flatnonzero(_powers_of_proportion(later, value, bound, alpha) < power)
    return int(later[short[-1]]) + 1 if len(short) else found


def detectable_difference(
    power_of: Callable[[float], float], *, power: float, most: float
) -> float:
    """Return the smallest effect between 0 and `most` that has a power; NaN if none has.

    Parameters
    ----------
    power_of : the power of an effect at the number of samples at hand, which grows with it.
    power : strictly between 0 and 1.
    most : largest effect; negative for effects below 0.

    Examples
    --------
    >>> found = detectable_difference(
    ...     lambda d: power_mcnemar(1_000, d, disagreement=0.05), power=0.8, most=0.05
    ... )
    >>> round(found, 3)
    0.02
    """
    _require_power(power)
    if not power_of(most) >= power:
        return float("nan")
    too_small, found = 0.0, most
    for _ in range(30):
        middle = (too_small + found) / 2.0
        too_small, found = (too_small, middle) if power_of(middle) >= power else (middle, found)
    return found


def _least(power_of: Callable[[int], float], power: float) -> int:
    """Return the smallest n with a power, found by bisection."""
    _require_power(power)
    high = 2
    while power_of(high) < power:
        high *= 2
        if high > MOST_SAMPLES:
            raise InputError(
                f"More than {MOST_SAMPLES:,} samples are needed. Ask for a larger difference."
            )
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_of(middle) >= power else (middle, high)
    return high


def _window(n: int, rate: float) -> tuple[FloatArray, FloatArray]:
    """Return the numbers of Binomial(n, rate) that are not very improbable, and probabilities."""
    from scipy.stats import binom

    first, last = binom.ppf(_TAIL, n, rate), binom.isf(_TAIL, n, rate)
    numbers = np.arange(first, last + 1.0)
    return numbers, binom.pmf(numbers, n, rate)


def _share_of_second(difference: float, disagreement: float) -> float:
    """Return the share of the discordant samples that only the second model predicts correctly."""
    if not 0 < disagreement <= 1:
        raise InputError(
            f"Invalid disagreement {disagreement}. Pass the share of samples that exactly one "
            "model predicts correctly, above 0 and at most 1."
        )
    if not abs(difference) <= disagreement:
        raise InputError(
            f"The difference {difference} exceeds the disagreement {disagreement}. Accuracies "
            "cannot differ by more than the share of samples on which one model only is right."
        )
    return (1.0 + difference / disagreement) / 2.0


def _require(n: int, alpha: float) -> None:
    if n < 1:
        raise InputError(f"Invalid number of samples {n}. Pass at least 1.")
    if not 0 < alpha < 1:
        raise InputError(f"Invalid alpha {alpha}. Pass a number between 0 and 1.")


def _require_rate(rate: float) -> None:
    if not 0 <= rate <= 1:
        raise InputError(f"Invalid proportion {rate}. Pass a fraction between 0 and 1.")


def _require_power(power: float) -> None:
    if not 0 < power < 1:
        raise InputError(f"Invalid power {power}. Pass a number between 0 and 1, such as 0.8.")


def _require_effect(difference: float) -> None:
    if difference == 0:
        raise InputError("The difference is 0, which no sample size shows. Pass another one.")
