"""Compute the extreme eigenvalues of a symmetric matrix from matrix–vector products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]


class Extremes(NamedTuple):
    """Estimates of the smallest and the largest eigenvalue, each with a bound on its error.

    An eigenvalue of the matrix lies within the bound of each estimate.
    """

    smallest: float
    smallest_error: float
    largest: float
    largest_error: float
    products: int


def extreme_eigenvalues(
    product: Callable[[Vector], Vector],
    size: int,
    *,
    iterations: int = 100,
    tolerance: float = 1e-6,
    generator: np.random.Generator,
) -> Extremes:
    """Return the smallest and the largest eigenvalue of A, using only products A v.

    The Lanczos method starts from a random unit vector v₁:

        A v_j = β_{j−1} v_{j−1} + α_j v_j + β_j v_{j+1},

    After m products, the extreme eigenvalues θ of the tridiagonal matrix of the α and β
    approximate those of A, and for θ with unit eigenvector s, an eigenvalue of A lies within
    |β_m s_m| of θ. Only three vectors are stored. Without reorthogonalisation, converged
    eigenvalues repeat inside the spectrum, which does not affect its ends (Paige 1980).

    The iteration stops when both bounds are below `tolerance` times the larger magnitude.

    >>> A = np.diag([-2.0, 0.0, 1.0, 5.0])
    >>> found = extreme_eigenvalues(A.dot, 4, generator=np.random.default_rng(0))
    >>> round(found.smallest, 6), round(found.largest, 6)
    (-2.0, 5.0)
    """
    v = generator.standard_normal(size)
    v /= np.linalg.norm(v)
    previous, beta = np.zeros(size), 0.0
    alphas: list[float] = []
    betas: list[float] = []
    extremes = Extremes(0.0, 0.0, 0.0, 0.0, 0)
    for products in range(1, iterations + 1):
        w = product(v) - beta * previous
        alphas.append(float(w @ v))
        w -= alphas[-1] * v
        beta = float(np.linalg.norm(w))
        extremes = _extremes(alphas, betas, beta, products)
        scale = max(abs(extremes.smallest), abs(extremes.largest))
        if max(extremes.smallest_error, extremes.largest_error) <= tolerance * scale:
            break
        betas.append(beta)
        previous, v = v, w / beta
    return extremes


def _extremes(alphas: list[float], betas: list[float], beta: float, products: int) -> Extremes:
    tridiagonal: NDArray[Any] = np.diag(alphas) + np.diag(betas, 1) + np.diag(betas, -1)
    values, vectors = np.linalg.eigh(tridiagonal)
    errors = np.abs(beta * vectors[-1])
    return Extremes(
        float(values[0]), float(errors[0]), float(values[-1]), float(errors[-1]), products
    )
