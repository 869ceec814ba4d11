"""McNemar's test, of whether two models are right equally often on the same samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, chdtrc

from evalkit.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class McNemar:
    """The four versions of McNemar's test; every p-value is two-sided.

    Attributes
    ----------
    statistic, p_value : (b − c)² / (b + c) and its chi-square tail with one degree of freedom.
    statistic_corrected, p_corrected : the same with Edwards' continuity correction,
        max(|b − c| − 1, 0)² / (b + c).
    p_exact : the conditional binomial test, P(|X − n/2| ≥ |b − n/2|) for X ~ Binomial(n, ½),
        n = b + c.
    p_midp : the exact p less half the probability of the result seen.
    """

    statistic: FloatArray
    p_value: FloatArray
    statistic_corrected: FloatArray
    p_corrected: FloatArray
    p_exact: FloatArray
    p_midp: FloatArray


def mcnemar(b: ArrayLike, c: ArrayLike) -> McNemar:
    """Return McNemar's test of two models on the same samples.

    Parameters
    ----------
    b : samples that only the first model has right.
    c : samples that only the second has right; the two broadcast.

    Returns
    -------
    The test in four versions. Where b = c = 0 the models never differ: statistic 0 and p = 1.

    Raises
    ------
    InputError
        If a count is negative or not whole.

    References
    ----------
    M. W. Fagerland, S. Lydersen and P. Laake, "The McNemar test for binary matched-pairs data:
    mid-p and asymptotic are better than exact conditional", 2013.

    Examples
    --------
    >>> test = mcnemar(1, 7)
    >>> round(float(test.p_exact), 4), round(float(test.p_midp), 4)
    (0.0703, 0.0391)
    """
    only_a, only_b = np.broadcast_arrays(np.asarray(b, np.float64), np.asarray(c, np.float64))
    for counts in (only_a, only_b):
        if not ((counts >= 0) & (counts == np.floor(counts))).all():
            raise InputError(
                f"b and c must be whole and not negative; got {counts.tolist()}: McNemar's test "
                "counts samples, unweighted"
            )
    total = only_a + only_b
    size = np.maximum(total, 1.0)
    gap = np.abs(only_a - only_b)
    statistic = gap**2 / size
    corrected = np.maximum(gap - 1.0, 0.0) ** 2 / size
    fewer = np.minimum(only_a, only_b)
    tied = gap == 0
    at_most, below = _binomial_half_cdf(fewer, total), _binomial_half_cdf(fewer - 1, total)
    # P(X = fewer) = at_most − below, so that nothing cancels.
    midp = np.where(tied, 0.5 + below, at_most + below)
    return McNemar(
        statistic=statistic[()],
        p_value=chdtrc(1, statistic)[()],
        statistic_corrected=corrected[()],
        p_corrected=chdtrc(1, corrected)[()],
        p_exact=np.where(tied, 1.0, np.minimum(2.0 * at_most, 1.0))[()],
        p_midp=np.where(total == 0, 1.0, midp)[()],
    )


def _binomial_half_cdf(k: FloatArray, n: FloatArray) -> FloatArray:
    """Return P(X ≤ k) for X ~ Binomial(n, ½), by the incomplete beta function.

    `scipy.special.bdtr` is less exact: at n = 10⁶ only eight digits are right.
    """
    inside = (k >= 0) & (k < n)
    cdf = betainc(np.where(inside, n - k, 1.0), np.where(inside, k + 1.0, 1.0), 0.5)
    return np.where(inside, cdf, k >= n)
