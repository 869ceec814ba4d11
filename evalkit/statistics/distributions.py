"""Tails and quantiles of chi-square, Student's t, Beta and binomial distributions, on arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from evalkit.errors import InputError
from evalkit.statistics.incomplete_beta import (
    beta_power_term,
    broadcast,
    inverse_regularised_beta,
    lower_quantile_log_odds,
    regularised_beta,
)
from evalkit.statistics.normal import normal_quantile, normal_sf

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


_NEARLY_NORMAL = 1_000
_FAR_TAIL = 1e-4
"""Beyond so many degrees of freedom, and so far from 0 and 1, four terms of 1 / ν are enough."""


def chi_square_sf(x: ArrayLike, degrees: int) -> NDArray[np.float64]:
    """Return P(X > x) for a chi-square X with a whole number of degrees of freedom.

    A finite sum: Σ_{i<d/2} e^(−x/2) (x/2)^i / i! for even degrees d, and 2 P(Z > √x) with the
    terms of half-integer order for odd ones.

    Parameters
    ----------
    x : non-negative.
    degrees : at least 1.

    Raises
    ------
    InputError
        If there is less than one degree of freedom.

    References
    ----------
    NIST Digital Library of Mathematical Functions, 8.4.10 and 8.4.11.

    Examples
    --------
    >>> round(float(chi_square_sf(3.841458820694124, 1)), 12)
    0.05
    """
    if degrees < 1:
        raise InputError(f"degrees of freedom must be at least 1; got {degrees}")
    half = np.asarray(x, dtype=np.float64) / 2.0
    odd = degrees % 2
    tail = 2.0 * normal_sf(np.sqrt(2.0 * half)) if odd else np.zeros_like(half)
    for term in range(degrees // 2):
        order = term + 0.5 * odd
        tail = tail + half**order * np.exp(-half - math.lgamma(order + 1.0))
    return tail


def student_t_sf(t: ArrayLike, degrees: ArrayLike) -> NDArray[np.float64]:
    """Return P(T > t) for Student's t.

    ½ I_{ν/(ν+t²)}(ν/2, ½) for t ≥ 0, and its complement below.

    Examples
    --------
    >>> round(float(student_t_sf(2.262157163, 9)), 9)
    0.025
    """
    (t, degrees), shape = broadcast(t, degrees)
    tail = 0.5 * regularised_beta(degrees / (degrees + t * t), degrees / 2.0, 0.5)
    return np.where(t >= 0, tail, 1.0 - tail).reshape(shape)


def student_t_quantile(p: ArrayLike, degrees: ArrayLike) -> NDArray[np.float64]:
    """Return the t with P(T ≤ t) = p for Student's t.

    Examples
    --------
    >>> round(float(student_t_quantile(0.975, 9)), 9)
    2.262157163
    """
    (p, degrees), shape = broadcast(p, degrees)
    with np.errstate(invalid="ignore"):
        nearly_normal = (degrees >= _NEARLY_NORMAL) & (np.abs(p - 0.5) < 0.5 - _FAR_TAIL)
    found = np.empty(p.shape)
    found[nearly_normal] = _expanded_t(normal_quantile(p[nearly_normal]), degrees[nearly_normal])
    found[~nearly_normal] = _inverted_t(p[~nearly_normal], degrees[~nearly_normal])
    return found.reshape(shape)


def _expanded_t(z: NDArray[np.float64], degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Student's quantile from the normal one, by Fisher and Cornish's expansion in 1 / ν.

    Of four terms, as Abramowitz and Stegun have them in 26.7.5; the next is below 10⁻¹² here.
    """
    square = z * z
    terms = (
        (square + 1) / 4,
        ((5 * square + 16) * square + 3) / 96,
        (((3 * square + 19) * square + 17) * square - 15) / 384,
        ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160,
    )
    correction = np.zeros_like(z)
    for term in reversed(terms):
        correction = (correction + term) / degrees
    return z * (1.0 + correction)


def _inverted_t(p: NDArray[np.float64], degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    # Where |T| exceeds |t| with probability q, t² / (ν + t²) is a quantile of Beta(½, ν/2).
    q = 2.0 * np.minimum(p, 1.0 - p)
    half, rest = np.full_like(q, 0.5), degrees / 2.0
    far = q <= 0.5
    size = np.where((q == 0.0) | np.isnan(q), np.where(q == 0.0, np.inf, np.nan), 0.0)
    inside = (q > 0.0) & (q < 1.0)
    log_odds = lower_quantile_log_odds(
        np.where(far, q, 1.0 - q)[inside],
        np.where(far, rest, half)[inside],
        np.where(far, half, rest)[inside],
    )
    size[inside] = np.sqrt(degrees[inside] * np.exp(np.where(far[inside], -log_odds, log_odds)))
    found: NDArray[np.float64] = np.sign(p - 0.5) * size
    return found


def beta_cdf(x: ArrayLike, a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Return P(X ≤ x) for X ~ Beta(a, b): I_x(a, b), zero below 0 and one above 1.

    Examples
    --------
    >>> round(float(beta_cdf(0.5, 2, 3)), 12)
    0.6875
    """
    return regularised_beta(np.clip(np.asarray(x, dtype=np.float64), 0.0, 1.0), a, b)


def beta_quantile(p: ArrayLike, a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Return the x with P(X ≤ x) = p for X ~ Beta(a, b), p in [0, 1], a and b positive.

    Examples
    --------
    >>> round(float(beta_quantile(0.5, 2, 2)), 12)
    0.5
    """
    return inverse_regularised_beta(p, a, b)


def binomial_pmf(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> NDArray[np.float64]:
    """Return P(X = k) for X ~ Binomial(n, p), 0 ≤ k ≤ n, 0 < p < 1.

    Examples
    --------
    >>> round(float(binomial_pmf(2, 4, 0.5)), 12)
    0.375
    """
    (k, n, p), shape = broadcast(k, n, p)
    q = 1.0 - p
    mass = beta_power_term(p, q, k + 1.0, n - k + 1.0) / (p * q * (n + 1.0))
    return mass.reshape(shape)


def binomial_cdf(k: ArrayLike, n: ArrayLike, p: ArrayLike) -> NDArray[np.float64]:
    """Return P(X ≤ k) for X ~ Binomial(n, p): I_{1−p}(n − k, k + 1), zero below 0, one from n on.

    Examples
    --------
    >>> round(float(binomial_cdf(1, 8, 0.5)), 12)
    0.03515625
    """
    (k, n, p), shape = broadcast(k, n, p)
    inside = (k >= 0) & (k < n)
    successes, failures = np.where(inside, k + 1.0, 1.0), np.where(inside, n - k, 1.0)
    tail = regularised_beta(1.0 - p, failures, successes)
    return np.where(inside, tail, (k >= n) * 1.0).reshape(shape)
