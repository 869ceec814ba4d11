"""Tests of models that are right on the same samples: McNemar's of two, Cochran's Q of more."""

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


@dataclass(frozen=True, slots=True)
class CochranQ:
    """Cochran's Q with its chi-square tail.

    Attributes
    ----------
    statistic : Q.
    p_value : P(χ² > Q) with `degrees` degrees of freedom.
    degrees : one less than there are models.
    """

    statistic: float
    p_value: float
    degrees: int


def cochran_q(correct: ArrayLike, *, counts: ArrayLike | None = None) -> CochranQ:
    """Return Cochran's test that all models are right with the same probability.

    Q = (m − 1) (m Σ_j G_j² − N²) / (m N − Σ_i L_i²), with G_j the samples that model j has
    right, L_i the models that have sample i right, N their sum and m the number of models. For
    two models Q is McNemar's statistic without correction.

    Parameters
    ----------
    correct : (n, m) booleans, a column a model.
    counts : (n,) how many samples each row stands for; one if absent.

    Returns
    -------
    Statistic and p-value; 0 and 1 where no sample tells the models apart.

    Raises
    ------
    InputError
        If there are less than two models, or entries are not 0 or 1.

    References
    ----------
    W. G. Cochran, "The comparison of percentages in matched samples", 1950.

    Examples
    --------
    >>> test = cochran_q([[1, 0, 0], [1, 1, 0], [1, 0, 0], [1, 1, 1]])
    >>> round(test.statistic, 4), round(test.p_value, 4)
    (4.6667, 0.097)
    """
    table = np.asarray(correct)
    if table.ndim != 2 or table.shape[1] < 2:
        raise InputError(
            f"correct must have shape (n, models) with two models or more; got {table.shape}"
        )
    if not np.isin(table, (0, 1)).all():
        raise InputError("correct must hold booleans, or 0 and 1: pass y_pred == y_true")
    right = table.astype(np.bool_)
    models = right.shape[1]
    times = np.ones(len(right), np.int64) if counts is None else np.asarray(counts, np.int64)
    by_model = times @ right
    by_sample = right.sum(axis=1, dtype=np.int64)
    total = int(by_model.sum())
    telling = models * total - int(times @ by_sample**2)
    if telling == 0:
        return CochranQ(0.0, 1.0, models - 1)
    spread = models * int((by_model**2).sum()) - total**2
    statistic = (models - 1) * spread / telling
    return CochranQ(statistic, float(chdtrc(models - 1, statistic)), models - 1)
