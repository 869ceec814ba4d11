"""Specificity, informedness, markedness and the likelihood ratios, by their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from evalkit.metrics import count

# A screening test: 1,000 people, 20 of them ill; 18 of the ill and 49 of the others test positive.
SCREENING = np.array([[931, 49], [2, 18]])
RECALL, SPECIFICITY = 18 / 20, 931 / 980
PRECISION, NEGATIVE_PREDICTIVE_VALUE = 18 / 67, 931 / 933


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("recall", RECALL),
        ("specificity", SPECIFICITY),
        ("precision", PRECISION),
        ("negative_predictive_value", NEGATIVE_PREDICTIVE_VALUE),
        ("informedness", RECALL + SPECIFICITY - 1),
        ("markedness", PRECISION + NEGATIVE_PREDICTIVE_VALUE - 1),
        ("positive_likelihood_ratio", RECALL / (49 / 980)),
        ("negative_likelihood_ratio", (1 - RECALL) / SPECIFICITY),
        ("jaccard", 18 / 69),
    ],
)
def test_screening(key: str, expected: float) -> None:
    """Each value by hand from the four cells."""
    assert getattr(count, key)(SCREENING, average="binary") == pytest.approx(expected, abs=1e-14)


def test_correlation_is_the_geometric_mean() -> None:
    """For two classes the Matthews correlation squared is informedness times markedness."""
    product = count.informedness(SCREENING, average="binary") * count.markedness(
        SCREENING, average="binary"
    )
    assert count.matthews_corrcoef(SCREENING) ** 2 == pytest.approx(product, abs=1e-14)


def test_bayes() -> None:
    """Prior odds times the positive likelihood ratio are the odds of the precision."""
    posterior = 20 / 980 * count.positive_likelihood_ratio(SCREENING, average="binary")
    assert posterior / (1 + posterior) == pytest.approx(PRECISION, abs=1e-14)


def test_jaccard_and_f1_rank_alike() -> None:
    """J = F1 / (2 − F1)."""
    f1 = count.f1(SCREENING)
    assert count.jaccard(SCREENING) == pytest.approx(f1 / (2 - f1), abs=1e-14)


def test_undefined_ratios() -> None:
    """Without false positives, or without true negatives, a ratio has no value."""
    assert np.isnan(count.positive_likelihood_ratio([[5, 0], [1, 4]], average="binary"))
    assert np.isnan(count.negative_likelihood_ratio([[0, 5], [1, 4]], average="binary"))
    assert np.isnan(count.specificity([[0, 0], [1, 4]], average="binary"))
