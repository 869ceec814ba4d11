"""F-β joins precision and recall, and β moves it from the one to the other."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.errors import InputError
from evalkit.metrics.count import f1, f_beta, precision, recall

COUNTS = np.array([[80, 20], [10, 90]])


def test_definition_by_precision_and_recall() -> None:
    """(1 + β²) P R / (β² P + R), as van Rijsbergen defines it."""
    p, r = precision(COUNTS), recall(COUNTS)
    for beta in (0.1, 0.5, 1.0, 2.0, 10.0):
        expected = (1 + beta**2) * p * r / (beta**2 * p + r)
        assert f_beta(COUNTS, beta=beta) == pytest.approx(expected, abs=1e-14)


def test_ends() -> None:
    """β = 0 is precision, β = ∞ is recall, and a very large β is as good as infinite."""
    ends = f_beta(COUNTS, beta=(0, np.inf, 1e200))
    assert ends[0].tolist() == precision(COUNTS).tolist()
    assert ends[1].tolist() == ends[2].tolist() == recall(COUNTS).tolist()


def test_a_sequence_adds_a_leading_axis() -> None:
    """The axis of β stands before those of the counts, and before averages."""
    many = np.stack([COUNTS, COUNTS.T, COUNTS])
    assert f_beta(many, beta=(0.5, 2)).shape == (2, 3, 2)
    assert f_beta(many, beta=(0.5, 2), average="macro").shape == (2, 3)
    assert f_beta(many, beta=(1.0,))[0].tolist() == f1(many).tolist()


def test_published_example() -> None:
    """Goutte and Gaussier's TP 80, FP 10, FN 20 has F1 = 160/190."""
    assert f1([[0, 10], [20, 80]], average="binary") == 160 / 190


@pytest.mark.parametrize("beta", [-1.0, np.nan, (1.0, -0.5)])
def test_beta_is_not_negative(beta: float) -> None:
    """A negative or missing β is refused."""
    with pytest.raises(InputError, match="Invalid beta"):
        f_beta(COUNTS, beta=beta)
