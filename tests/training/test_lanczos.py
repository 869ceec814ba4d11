from __future__ import annotations

import numpy as np
import pytest

from evalkit.training.lanczos import extreme_eigenvalues


@pytest.mark.parametrize("size", [1, 2, 5, 60, 300])
def test_extremes_equal_a_dense_solver(size: int) -> None:
    """The extreme eigenvalues of a random symmetric matrix are within the error bounds."""
    generator = np.random.default_rng(size)
    A = generator.normal(size=(size, size))
    A = A + A.T
    found = extreme_eigenvalues(A.dot, size, iterations=300, generator=generator)
    values = np.linalg.eigvalsh(A)
    slack = 1e-10 * abs(values).max()
    assert abs(found.smallest - values[0]) <= found.smallest_error + slack
    assert abs(found.largest - values[-1]) <= found.largest_error + slack
    assert max(found.smallest_error, found.largest_error) <= 1e-6 * abs(values).max() + slack


def test_few_products_still_bound_their_error() -> None:
    """After few products, estimates lie inside the spectrum, and bounds contain an eigenvalue."""
    A = np.diag(np.linspace(-3, 10, 500))
    found = extreme_eigenvalues(A.dot, 500, iterations=8, generator=np.random.default_rng(0))
    assert found.products == 8
    assert -3 <= found.smallest <= found.largest <= 10
    for value, error in (
        (found.smallest, found.smallest_error),
        (found.largest, found.largest_error),
    ):
        assert np.abs(A.diagonal() - value).min() <= error


def test_a_matrix_of_zeros_has_none() -> None:
    """For a matrix of zeros, the iteration stops after one product with 0."""
    found = extreme_eigenvalues(np.zeros_like, 9, generator=np.random.default_rng(0))
    assert (found.smallest, found.largest, found.products) == (0, 0, 1)
