from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import permutation_test

from evalkit.errors import InputError
from evalkit.statistics import mcnemar, sign_flip_p_value


def test_scipy_counts_every_sign() -> None:
    """Of ten differences SciPy visits all 1,024 signs; ours are drawn."""
    differences = np.random.default_rng(0).normal(0.5, 1.0, 10)
    exact = permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf
    ).pvalue
    found = sign_flip_p_value(differences, replicates=40_000)
    assert found == pytest.approx(exact, abs=3 * np.sqrt(exact * (1 - exact) / 40_000))


def test_of_right_and_wrong_it_is_mcnemar_s() -> None:
    """Differences of 1 and −1 leave a binomial."""
    found = sign_flip_p_value([1.0, -1.0, 0.0], counts=[25, 12, 100], replicates=40_000)
    assert found == pytest.approx(float(mcnemar(25, 12).p_exact), abs=0.004)


def test_counts_are_repetitions() -> None:
    values, counts = [0.3, -0.1, 2.0], [4, 5, 2]
    together = sign_flip_p_value(values, counts=counts, replicates=20_000)
    apart = sign_flip_p_value(np.repeat(values, counts), replicates=20_000)
    assert together == pytest.approx(apart, abs=0.02)
    assert sign_flip_p_value(-np.array(values), counts=counts) == sign_flip_p_value(
        values, counts=counts
    )
    assert sign_flip_p_value(1e9 * np.array(values), counts=counts) == sign_flip_p_value(
        values, counts=counts
    )


def test_no_difference_is_no_evidence() -> None:
    assert sign_flip_p_value([0.0, 0.0, 0.0]) == 1.0


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1.0, np.nan], {}, "finite"),
        ([1.0], {"counts": [1, 2]}, "as many counts"),
        ([], {}, "at least one"),
        ([1.0], {"replicates": 0}, "at least one replicate"),
    ],
)
def test_wrong_input_is_refused(
    values: list[float], options: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        sign_flip_p_value(values, **options)  # type: ignore[arg-type]
