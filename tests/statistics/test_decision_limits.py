"""Limits that decide: SciPy's exact intervals, Garwood's, laws, and rates in simulations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, chi2

import evalkit
from evalkit.counts.joint import JointCounts
from evalkit.errors import InputError
from evalkit.metrics.catalog import CATALOG
from evalkit.statistics import Estimate, alpha_at_look, decision_interval
from evalkit.statistics.decision_limits import model_limits, paired_limits
from evalkit.statistics.sequential import alpha_of_split

COUNTS = np.array([[45, 4, 1], [6, 80, 4], [0, 2, 18]])


def one(found: Estimate | tuple[Estimate, ...], position: int = 0) -> tuple[float, float]:
    """The limits of an estimate, or of that of one class."""
    estimate = found[position] if isinstance(found, tuple) else found
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.9995])
def test_proportions_are_exact(confidence: float) -> None:
    """Proportions have SciPy's exact interval, micro averages that of accuracy."""
    for metric, right, total in (
        ("accuracy", 143, 160),
        ("recall_micro", 143, 160),
        ("f1_micro", 143, 160),
        ("recall", 45, 50),
        ("precision", 45, 51),
        ("jaccard", 45, 56),
    ):
        exact = binomtest(right, total).proportion_ci(confidence)
        found = one(decision_interval(COUNTS, metric, confidence=confidence))
        assert found == pytest.approx((exact.low, exact.high), rel=1e-9), metric


def test_f1_of_a_class_is_exact_given_its_hits_and_errors() -> None:
    exact = binomtest(45, 56).proportion_ci(0.95)
    wanted = [2 * j / (1 + j) for j in (exact.low, exact.high)]
    assert one(decision_interval(COUNTS, "f1")) == pytest.approx(wanted)


def test_other_metrics_of_a_class_come_from_two_proportions_at_half_the_level() -> None:
    recall = binomtest(45, 50).proportion_ci(0.975)
    specificity = binomtest(104, 110).proportion_ci(0.975)
    wanted = recall.low + specificity.low - 1, recall.high + specificity.high - 1
    assert one(decision_interval(COUNTS, "informedness")) == pytest.approx(wanted)
    ratio = recall.low / (1 - specificity.low), recall.high / (1 - specificity.high)
    assert one(decision_interval(COUNTS, "positive_likelihood_ratio")) == pytest.approx(ratio)
    precision = binomtest(45, 51).proportion_ci(0.975)
    f2 = [
        5 * p * r / (4 * p + r)
        for p, r in ((precision.low, recall.low), (precision.high, recall.high))
    ]
    assert one(decision_interval(COUNTS, "f_beta[2.0]")) == pytest.approx(f2)


def test_equal_weights_give_the_limits_of_garwood() -> None:
    """Only B is right 12 times, never A: the limits of a Poisson count, and 0 against at most u."""
    joint = JointCounts.from_dense([[[100_000, 0], [12, 0]], [[0, 0], [0, 0]]])
    n, z = 100_012, 0.025
    low, high = chi2.ppf(z, 24) / 2, chi2.ppf(1 - z, 26) / 2
    none = chi2.ppf(1 - z, 2) / 2
    found = one(decision_interval(joint, "accuracy"))
    assert found[0] * n == pytest.approx(12 - np.hypot(12 - low, none), rel=1e-3)
    assert found[1] * n == pytest.approx(high, rel=1e-3)


def test_models_that_agree_have_the_limit_of_no_event_on_both_sides() -> None:
    """b = c = 0: the probability of no event is alpha / 2 at −ln(alpha / 2) / n."""
    joint = JointCounts.from_dense([[[500, 0], [0, 20]], [[10, 0], [0, 470]]])
    reach = -np.log(0.025) / 1_000
    assert one(decision_interval(joint, "accuracy")) == pytest.approx((-reach, reach), rel=1e-6)


def test_exchanging_two_models_changes_the_sign() -> None:
    rng = np.random.default_rng(0)
    joint = JointCounts.from_dense(rng.integers(0, 30, (3, 3, 3)))
    for metric in ("accuracy", "f1_macro", "matthews_corrcoef", "recall", "precision"):
        position = 1 if metric in ("recall", "precision") else None
        forth = paired_limits(joint, metric, 0.95, position)
        back = paired_limits(joint.swap(), metric, 0.95, position)
        assert (forth.low, forth.high) == pytest.approx((-back.high, -back.low), abs=1e-6)


@pytest.mark.parametrize("key", [k for k, m in CATALOG.items() if m.of_counts is not None])
def test_every_metric_of_counts_has_limits_around_its_value_or_says_that_none_holds(
    key: str,
) -> None:
    names = [key, f"{key}_macro", f"{key}_weighted"] if CATALOG[key].by_class else [key]
    for name in names:
        metric = name.replace("f_beta", "f_beta[0.5]") if name.startswith("f_beta") else name
        found = decision_interval(COUNTS, metric)
        for each in found if isinstance(found, tuple) else (found,):
            if each.low is None:
                assert "likelihood_ratio" in metric
                assert model_limits(COUNTS, metric, 0.95).missing
                continue
            assert each.value is not None
            assert each.high is not None
            assert CATALOG[key].low <= each.low < each.value < each.high <= CATALOG[key].high


@pytest.mark.parametrize(
    ("metric", "accuracy", "n"),
    [("f1_macro", 0.9, 100), ("f1_macro", 0.99, 300), ("matthews_corrcoef", 0.99, 300)],
)
def test_gamma_limits_hold_their_level(metric: str, accuracy: float, n: int) -> None:
    """Two classes of 90 and 10 %, 600 samples of each size; three standard errors above 5 %."""
    rng = np.random.default_rng(3)
    cells = np.outer([0.9, 0.1], [accuracy, 1 - accuracy])
    cells[1] = cells[1, ::-1]
    true = model_limits(np.round(cells * 1e9).astype(np.int64), metric, 0.5)
    middle = (true.low + true.high) / 2
    found = [
        model_limits(table.reshape(2, 2), metric, 0.95)
        for table in rng.multinomial(n, cells.ravel(), 600)
    ]
    wrong = np.mean([each.low > middle or each.high < middle for each in found])
    assert wrong <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)


def test_weighted_samples_are_refused() -> None:
    weighted = evalkit.evaluate([0, 1], [0, 1], sample_weight=[1.0, 2.0])
    with pytest.raises(InputError, match="weighted, grouped or stratified"):
        decision_interval(weighted.counts, "accuracy")


def test_the_shares_of_all_looks_add_up_to_alpha() -> None:
    looks = np.array([alpha_at_look(0.05, k) for k in range(1, 20_001)])
    assert looks.sum() == pytest.approx(0.05, rel=1e-4)
    splits = sum(alpha_of_split(0.05, b, a) for b in range(1, 400) for a in range(1, 400))
    assert 0.0495 < splits < 0.05
    with pytest.raises(InputError, match="look 0"):
        alpha_at_look(0.05, 0)
