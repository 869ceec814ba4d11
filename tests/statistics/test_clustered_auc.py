from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from evalkit.errors import InputError
from evalkit.statistics import auc_interval, clustered_auc_interval


def scored(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and scores with ties that are higher for positives."""
    rng = np.random.default_rng(seed)
    y_true = rng.random(n) < 0.3
    return y_true, np.round(rng.normal(size=n) + 1.2 * y_true, 1)


def test_of_independent_samples_it_is_nearly_delong_s() -> None:
    """The two variances divide by n and by n − 1; nothing else differs."""
    y_true, y_score = scored(2_000)
    delong, ours = auc_interval(y_true, y_score), clustered_auc_interval(y_true, y_score)
    assert ours.auc == pytest.approx(delong.auc, abs=1e-12)
    assert ours.standard_error == pytest.approx(delong.standard_error, rel=2e-3)
    assert (ours.low, ours.high) == pytest.approx((delong.low, delong.high), abs=2e-4)


def test_copies_of_a_sample_in_its_group_change_nothing() -> None:
    """What is seen five times is not known better: the naive interval would be √5 narrower."""
    y_true, y_score = scored(200)
    once = clustered_auc_interval(y_true, y_score)
    copies = np.repeat(np.arange(200), 5)
    grouped = clustered_auc_interval(y_true[copies], y_score[copies], groups=copies)
    assert grouped.auc == pytest.approx(once.auc, abs=1e-12)
    assert (grouped.low, grouped.high) == pytest.approx((once.low, once.high), abs=1e-12)
    naive = auc_interval(y_true[copies], y_score[copies])
    assert naive.standard_error < 0.5 * grouped.standard_error


def test_weights_are_scikit_learn_s() -> None:
    y_true, y_score = scored(300)
    weight = np.random.default_rng(1).random(300)
    found = clustered_auc_interval(y_true, y_score, sample_weight=weight)
    assert found.auc == pytest.approx(
        roc_auc_score(y_true, y_score, sample_weight=weight), abs=1e-12
    )
    scaled = clustered_auc_interval(y_true, y_score, sample_weight=1e-3 * weight)
    assert (scaled.low, scaled.high) == pytest.approx((found.low, found.high), abs=1e-12)


def test_groups_are_covered() -> None:
    """Thirty groups that share an effect: 95 % intervals hold the area within Monte Carlo error."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 8)
    # The label and half of a score's variance are the group's: the area is P(N(1, √2 · 1) > 0).
    true = float(np.mean(rng.normal(1.0, np.sqrt(2.0), 10**6) > 0))
    covered, narrow = 0, 0
    for _ in range(400):
        y_true = (np.arange(30) < 15)[groups]
        shared = rng.normal(0, np.sqrt(0.5), 30)[groups]
        y_score = y_true + shared + rng.normal(0, np.sqrt(0.5), len(groups))
        found = clustered_auc_interval(y_true, y_score, groups=groups)
        naive = auc_interval(y_true, y_score)
        covered += found.low <= true <= found.high
        narrow += naive.low <= true <= naive.high
    assert covered / 400 >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400)
    assert narrow / 400 < 0.85


def test_with_a_stratum_a_class_it_is_delong_s() -> None:
    """DeLong takes the numbers of positives and negatives for fixed."""
    y_true, y_score = scored(400)
    stratified = clustered_auc_interval(y_true, y_score, strata=y_true)
    delong = auc_interval(y_true, y_score)
    assert stratified.standard_error == pytest.approx(delong.standard_error, rel=1e-12)


def test_a_perfect_ranking_is_as_sure_as_its_groups() -> None:
    y_true = np.repeat([False, True], 20)
    whole = clustered_auc_interval(y_true, y_true * 1.0, groups=np.repeat(np.arange(8), 5))
    assert whole.auc == 1.0
    assert (whole.low, whole.high) == pytest.approx(
        (auc_interval(y_true[::5], y_true[::5] * 1.0).low, 1.0)
    )


def test_one_class_has_no_area() -> None:
    assert np.isnan(clustered_auc_interval([True, True], [0.1, 0.2]).auc)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_weight": [1.0]}, r"sample_weight has shape \(1,\)"),
        ({"sample_weight": [1.0, -1.0]}, "has -1 in row 1"),
        ({"groups": ["a"]}, "groups"),
        ({"groups": ["a", "a"], "strata": [0, 1]}, "two strata"),
        ({"confidence": 1.0}, "confidence"),
    ],
)
def test_wrong_input_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        clustered_auc_interval([True, False], [0.1, 0.2], **options)  # type: ignore[arg-type]
