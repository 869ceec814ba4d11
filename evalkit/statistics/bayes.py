"""Bayesian comparison: posterior probabilities that a model is better, practically equal or worse.

A difference inside the region of practical equivalence (rope), from −rope to +rope, does not matter
in practice. Unlike a test, the posterior can say that two models are practically equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, betaincinv, stdtr

from evalkit.errors import InputError
from evalkit.statistics.seeds import corrected_resampled_t

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from evalkit.metrics.count.marginals import FloatArray

PRIOR = 0.5
"""Parameter of the Dirichlet and Beta priors (Jeffreys)."""
_NODES = 500


@dataclass(frozen=True)
class Posterior:
    """Posterior probabilities of a difference, second model minus first.

    Attributes
    ----------
    better, equal, worse : probabilities that the difference is above rope, from −rope to rope, and
        below −rope. They sum to 1.
    rope : half the width of the region of practical equivalence.
    method : distribution and prior.
    """

    better: float
    equal: float
    worse: float
    rope: float
    method: str


def paired_accuracy_posterior(only_a: float, only_b: float, n: float, *, rope: float) -> Posterior:
    """Return the posterior of the difference in accuracy of two models on the same samples.

    The rates of samples that only A, only B, and both or none predict correctly have the Dirichlet
    posterior of Jeffreys' prior, Dirichlet(½, ½, ½). The difference is that of the first two rates.

    Parameters
    ----------
    only_a, only_b : numbers of samples that only A, and that only B, predicts correctly.
    n : number of all samples.
    rope : region of practical equivalence, 0 or a positive fraction; `equal` is 0 for 0.

    Raises
    ------
    InputError
        If numbers are negative or exceed n, or rope is not in [0, 1).

    References
    ----------
    A. Benavoli, G. Corani, J. Demšar and M. Zaffalon, "Time for a change: a tutorial for comparing
    multiple classifiers through Bayesian analysis", 2017.

    Examples
    --------
    >>> found = paired_accuracy_posterior(40, 60, 1_000, rope=0.01)
    >>> round(found.better, 3), round(found.equal, 3), round(found.worse, 3)
    (0.841, 0.157, 0.001)
    """
    require_rope(rope)
    if not (only_a >= 0 and only_b >= 0 and 0 < n >= only_a + only_b):
        raise InputError(f"Invalid counts {only_a:g} and {only_b:g} of {n:g} samples.")
    a, b, same = only_a + PRIOR, only_b + PRIOR, n - only_a - only_b + PRIOR

    def above(first: float, second: float) -> float:
        # The discordant share u is Beta(a + b, same); second of it is Beta, independently of u.
        # The difference u (2w − 1) exceeds rope if w exceeds (1 + rope/u) / 2.
        def given(u: FloatArray) -> FloatArray:
            needed = np.minimum((1.0 + rope / np.maximum(u, 1e-300)) / 2.0, 1.0)
            return np.asarray(betainc(first, second, 1.0 - needed))

        return _mean_over_beta(given, a + b, same)

    return posterior_of(above(a, b), above(b, a), rope, "Dirichlet, prior ½ each")


def independent_accuracy_posterior(
    right_a: float, n_a: float, right_b: float, n_b: float, *, rope: float
) -> Posterior:
    """Return the posterior of the difference in accuracy of two models on independent samples.

    Each accuracy has the Beta posterior of Jeffreys' prior, Beta(½, ½).

    Parameters
    ----------
    right_a, n_a, right_b, n_b : numbers of correct and of all samples of A and of B.
    rope : as in `paired_accuracy_posterior`, and so are the errors.

    Examples
    --------
    >>> found = independent_accuracy_posterior(900, 1_000, 920, 1_000, rope=0.01)
    >>> round(found.better, 3), round(found.equal, 3), round(found.worse, 3)
    (0.782, 0.208, 0.01)
    """
    require_rope(rope)
    for right, n in ((right_a, n_a), (right_b, n_b)):
        if not 0 <= right <= n or not n > 0:
            raise InputError(f"Invalid number of correct samples {right:g} of {n:g}.")
    first, second = (
        (right + PRIOR, n - right + PRIOR) for right, n in ((right_a, n_a), (right_b, n_b))
    )

    def above(low: tuple[float, float], high: tuple[float, float]) -> float:
        def given(accuracy: FloatArray) -> FloatArray:
            # P(high > accuracy + rope), as the lower tail of its complement.
            return np.asarray(betainc(high[1], high[0], np.clip(1.0 - accuracy - rope, 0.0, 1.0)))

        return _mean_over_beta(given, *low)

    return posterior_of(above(first, second), above(second, first), rope, "Beta, prior ½ each")


def correlated_t_posterior(
    differences: ArrayLike, *, test_train_ratio: float, rope: float
) -> Posterior:
    """Return the posterior of Corani and Benavoli's correlated t-test over folds.

    With a flat prior of the mean, the difference has Student's t distribution of
    `corrected_resampled_t`: J − 1 degrees of freedom and variance (1/J + n_test/n_train) s².

    Parameters
    ----------
    differences : (J,) score of B − score of A, one per fold or matched run.
    test_train_ratio : n_test / n_train; 1/9 for ten folds.
    rope : as in `paired_accuracy_posterior`.

    Returns
    -------
    The posterior; if all differences are equal, all of it at their value.

    Raises
    ------
    InputError
        As `corrected_resampled_t`, or if rope is not in [0, 1).

    References
    ----------
    G. Corani and A. Benavoli, "A Bayesian approach for comparing cross-validated algorithms on
    multiple data sets", 2015.

    Examples
    --------
    >>> d = [0.02, 0.01, 0.03, -0.01, 0.02, 0, 0.04, 0.01, 0.02, 0.01]
    >>> found = correlated_t_posterior(d, test_train_ratio=1 / 9, rope=0.01)
    >>> round(found.better, 3), round(found.equal, 3), round(found.worse, 3)
    (0.766, 0.232, 0.002)
    """
    require_rope(rope)
    test = corrected_resampled_t(differences, test_train_ratio=test_train_ratio)

    def beyond(mean: float) -> float:
        if not test.standard_error > 0:
            return float(mean > rope) + 0.5 * (mean == rope == 0)
        return float(stdtr(test.degrees, (mean - rope) / test.standard_error))

    return posterior_of(beyond(test.mean), beyond(-test.mean), rope, "correlated t, flat prior")


def posterior_of(better: float, worse: float, rope: float, method: str) -> Posterior:
    """Return the posterior with the rest of the probability inside the rope, none if it is 0."""
    rest = 0.0 if rope == 0 else max(0.0, 1.0 - better - worse)
    return Posterior(better, rest, worse, rope, method)


def _mean_over_beta(function: Callable[[FloatArray], FloatArray], a: float, b: float) -> float:
    """Return the mean of a function of a Beta(a, b) variable, by Gauss–Legendre quadrature."""
    nodes, weights = _quadrature()
    return float(weights @ function(np.asarray(betaincinv(a, b, (nodes + 1.0) / 2.0))) / 2.0)


@cache
def _quadrature() -> tuple[FloatArray, FloatArray]:
    """Return the nodes and weights, which take longer to compute than everything else."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights


def require_rope(rope: float) -> None:
    """Refuse a region of practical equivalence that is not a fraction."""
    if not 0 <= rope < 1:
        raise InputError(f"Invalid rope {rope}. Pass a fraction from 0 to below 1, such as 0.01.")
