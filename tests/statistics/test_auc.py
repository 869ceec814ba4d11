"""DeLong's method against its definition over all pairs and against other implementations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from confidenceinterval.auc import roc_auc_score as auc_with_interval
from hypothesis import example, given, strategies as st
from scipy.stats import norm, t, ttest_ind as t_test
from sklearn.metrics import roc_auc_score

from evalkit.errors import InputError
from evalkit.statistics import auc_interval, delong_test
from evalkit.statistics.auc import logit_limits, score_limits, wald_limits, welch_degrees

SCORES = st.lists(
    st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 6)), min_size=4, max_size=40
).filter(lambda rows: 1 < sum(row[0] for row in rows) < len(rows) - 1)
AREAS = st.floats(0.01, 0.99)
SIZES = st.tuples(st.integers(1, 500), st.integers(1, 500))


def placements(positive: Any, scores: Any) -> tuple[Any, Any]:
    """V of each positive and of each negative, over all pairs as the paper defines them."""
    above, below = scores[positive], scores[~positive]
    wins = (above[:, None] > below) + 0.5 * (above[:, None] == below)
    return wins.mean(axis=1), wins.mean(axis=0)


def columns(rows: list[tuple[bool, int, int]]) -> tuple[Any, Any, Any]:
    table = np.array(rows, dtype=float)
    return table[:, 0] == 1, table[:, 1], table[:, 2]


@given(SCORES)
def test_definition(rows: list[tuple[bool, int, int]]) -> None:
    positive, scores, _ = columns(rows)
    v_pos, v_neg = placements(positive, scores)
    interval = auc_interval(positive, scores)
    assert interval.auc == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    expected = v_pos.var(ddof=1) / len(v_pos) + v_neg.var(ddof=1) / len(v_neg)
    assert interval.standard_error == pytest.approx(np.sqrt(expected), abs=1e-12)


@given(SCORES)
def test_covariance(rows: list[tuple[bool, int, int]]) -> None:
    positive, a, b = columns(rows)
    (pos_a, neg_a), (pos_b, neg_b) = placements(positive, a), placements(positive, b)
    variance = np.cov(pos_a, pos_b) / positive.sum() + np.cov(neg_a, neg_b) / (~positive).sum()
    expected = np.sqrt(max(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1], 0))
    test = delong_test(positive, a, b)
    assert test.standard_error == pytest.approx(expected, abs=1e-7)
    assert test.difference == pytest.approx(
        roc_auc_score(positive, b) - roc_auc_score(positive, a), abs=1e-12
    )


@given(SCORES)
def test_exchanging_the_models_negates_and_keeps_p(rows: list[tuple[bool, int, int]]) -> None:
    positive, a, b = columns(rows)
    one, other = delong_test(positive, a, b), delong_test(positive, b, a)
    assert one.difference == -other.difference
    assert one.z == -other.z
    assert one.p_value == other.p_value
    assert one.low == -other.high


@given(SCORES)
def test_only_ranks_matter_and_classes_mirror(rows: list[tuple[bool, int, int]]) -> None:
    positive, scores, _ = columns(rows)
    one = auc_interval(positive, scores)
    stretched = auc_interval(positive, np.exp(scores))
    mirrored = auc_interval(~positive, -scores)
    assert (one.auc, one.standard_error) == pytest.approx((stretched.auc, stretched.standard_error))
    assert (one.auc, one.low, one.high) == pytest.approx(
        (mirrored.auc, mirrored.low, mirrored.high)
    )


@pytest.mark.parametrize("n", [100, 1_000, 10_000])
def test_p_values_far_in_the_tail(n: int) -> None:
    """Both tails beyond z together are those of Student's t, by SciPy, however small."""
    rng = np.random.default_rng(0)
    positive = np.arange(n) % 2 == 0
    a, b = rng.normal(size=n), rng.normal(size=n) + positive
    test = delong_test(positive, a, b)
    (pos_a, neg_a), (pos_b, neg_b) = placements(positive, a), placements(positive, b)
    degrees = t_test(pos_b - pos_a, neg_b - neg_a, equal_var=False).df
    assert test.p_value == pytest.approx(2 * t.sf(abs(test.z), degrees), rel=1e-9)
    assert 0 < test.p_value < 1


@pytest.mark.parametrize("n", [2, 3, 4])
def test_few_positives_have_the_degrees_of_freedom_of_their_number(n: int) -> None:
    rng = np.random.default_rng(n)
    positive = np.arange(50) < n
    test = delong_test(positive, rng.normal(size=50), rng.normal(size=50))
    assert test.p_value == pytest.approx(2 * t.sf(abs(test.z), n - 1), rel=1e-9)


@given(SCORES)
def test_interval_and_p_value_agree(rows: list[tuple[bool, int, int]]) -> None:
    test = delong_test(*columns(rows))
    assert test.low <= test.difference <= test.high
    assert (test.low > 0 or test.high < 0) == (test.p_value < 0.05)


@pytest.mark.parametrize(("n_pos", "n_neg"), [(2, 30), (2, 200), (3, 30), (5, 200), (10, 30)])
@pytest.mark.parametrize("auc", [0.5, 0.8, 0.99])
def test_false_alarms_of_few_positives(n_pos: int, n_neg: int, auc: float) -> None:
    """At most 5 % of tests of two scores of equal area reject, within three standard errors."""
    rng, draws = np.random.default_rng(n_pos * n_neg), 400
    positive = np.arange(n_pos + n_neg) < n_pos
    shift, alarms = norm.ppf(auc) * math.sqrt(2) * positive, 0
    for _ in range(draws):
        shared = rng.normal(size=len(positive)) * math.sqrt(0.3)
        a, b = (shared + shift + rng.normal(size=len(positive)) * math.sqrt(0.7) for _ in range(2))
        alarms += delong_test(positive, a, b).p_value < 0.05
    assert alarms / draws <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / draws)


def test_the_other_implementation_agrees() -> None:
    rng = np.random.default_rng(0)
    positive = rng.random(500) < 0.3
    scores = rng.normal(size=500) + positive
    value, (low, high) = auc_with_interval(positive.astype(int), scores, confidence_level=0.95)
    interval = auc_interval(positive, scores, method="wald")
    # It ranks in single precision.
    assert interval.auc == pytest.approx(value, rel=1e-6)
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-5)


def test_logit_interval_is_symmetric_in_log_odds() -> None:
    rng = np.random.default_rng(0)
    positive = np.arange(400) < 150
    interval = auc_interval(positive, rng.normal(size=400) + 1.2 * positive)
    assert interval.method == "DeLong"
    log_odds = np.log([p / (1 - p) for p in (interval.low, interval.auc, interval.high)])
    assert log_odds[1] == pytest.approx((log_odds[0] + log_odds[2]) / 2)


def test_few_misplaced_samples_extend_the_interval_to_newcombe_s() -> None:
    rng = np.random.default_rng(0)
    positive = np.arange(40) < 15
    scores = rng.normal(size=40) + 3.2 * positive
    interval = auc_interval(positive, scores)
    assert interval.method == "DeLong and Newcombe"
    assert 0 < interval.low < interval.auc < interval.high < 1
    low, high = score_limits(interval.auc, (15, 25), 0.95)
    assert interval.low <= low < high <= interval.high
    assert auc_interval(positive, scores, method="wald").high == 1


@pytest.mark.parametrize(
    ("n_pos", "n_neg", "auc"),
    [(2, 30, 0.5), (3, 200, 0.9), (10, 1_000, 0.99), (30, 5_000, 0.999), (200, 200, 0.9)],
)
def test_coverage_of_few_positives(n_pos: int, n_neg: int, auc: float) -> None:
    """At least 95 % of intervals hold the area of normal scores, within three standard errors."""
    rng, draws = np.random.default_rng(n_pos * n_neg), 300
    positive = np.arange(n_pos + n_neg) < n_pos
    held = 0
    for _ in range(draws):
        scores = rng.normal(size=len(positive)) + norm.ppf(auc) * math.sqrt(2) * positive
        found = auc_interval(positive, scores)
        held += found.low <= auc <= found.high
    assert held / draws >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / draws)


def test_float32_scores_and_numeric_labels() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    scores = (rng.random(300) + labels).astype(np.float32)
    assert auc_interval(labels, scores).auc == pytest.approx(roc_auc_score(labels, scores))
    assert auc_interval(2 * labels - 1, scores).auc == auc_interval(labels, scores).auc


def test_identical_models() -> None:
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 2, 100), rng.random(100)
    test = delong_test(labels, scores, scores)
    assert (test.difference, test.z, test.p_value, test.low, test.high) == (0, 0, 1, 0, 0)


def test_degenerate_data() -> None:
    """One class alone has no area; a perfect ranking has no error, and still an interval."""
    assert np.isnan(auc_interval([1, 1, 1], [0.1, 0.2, 0.3]).auc)
    assert np.isnan(delong_test([False, False], [0.1, 0.2], [0.1, 0.2]).p_value)
    perfect = auc_interval([0, 0, 1, 1], [1, 2, 3, 4])
    assert (perfect.auc, perfect.standard_error, perfect.high) == (1, 0, 1)
    assert 0.2 < perfect.low < 0.6
    plain = auc_interval([0, 0, 1, 1], [1, 2, 3, 4], method="wald")
    assert (plain.low, plain.high) == (1, 1)
    assert delong_test([0, 0, 1, 1], [1, 2, 3, 4], [4, 3, 2, 1]).p_value > 0.05
    assert auc_interval([0, 1], [0.1, 0.9]).auc == 1


def test_one_positive_has_no_test() -> None:
    """The variance of one placement is unknown, so there is a reason and no p-value."""
    test = delong_test([0, 0, 0, 1], [1, 2, 3, 4], [1, 4, 3, 2])
    assert test.difference == pytest.approx(1 / 3 - 1)
    assert np.isnan([test.p_value, test.low, test.high]).all()
    assert test.undefined is not None
    assert "too few samples" in test.undefined


@pytest.mark.parametrize(("n", "significant"), [(2, False), (5, False), (20, True), (60, True)])
def test_perfect_scores_against_a_constant(n: int, significant: bool) -> None:
    """Both variances are 0: the intervals of both areas decide, and agree with the p-value."""
    positive, perfect = np.arange(2 * n) >= n, np.arange(2 * n)
    test = delong_test(positive, perfect, np.zeros(2 * n))
    assert (test.auc_a, test.auc_b, test.standard_error) == (1, 0.5, 0)
    assert (test.p_value < 0.05) == (test.high < 0) == significant
    assert test.low <= test.difference <= test.high
    at_p = delong_test(positive, perfect, np.zeros(2 * n), confidence=1 - test.p_value)
    assert at_p.high == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1, 2], [0.1, 0.2, 0.3], "more than two values"),
        (["a", "b"], [0.1, 0.2], "booleans or numbers"),
        ([0, 1], [0.1, 0.2, 0.3], r"shape \(3,\), expected \(2,\)"),
        ([0, 1], [0.1, float("nan")], "the first is in row 1"),
    ],
)
def test_wrong_input_is_refused(labels: Any, scores: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        auc_interval(labels, scores)
    with pytest.raises(InputError, match=r"Unknown method 'probit'. Use 'logit' or 'wald'"):
        auc_interval([0, 1, 0], [0.3, 0.2, 0.1], method="probit")  # type: ignore[arg-type]


@given(auc=AREAS, error=st.floats(1e-4, 0.2), degrees=st.floats(1, 1000))
@example(auc=0.015, error=0.2, degrees=1.0)
def test_logit_limits(auc: float, error: float, degrees: float) -> None:
    """They hold the area, are symmetric in log-odds, mirror, and widen as degrees are lost."""
    low, high = logit_limits(auc, error, degrees, 0.95)
    assert 0 <= low < auc < high <= 1
    mirrored = logit_limits(1 - auc, error, degrees, 0.95)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)
    if low > 1e-6 and high < 1 - 1e-6:
        odds = [np.log(p / (1 - p)) for p in (low, auc, high)]
        assert odds[2] - odds[1] == pytest.approx(odds[1] - odds[0], rel=1e-6)
    wider = logit_limits(auc, error, degrees / 2, 0.95)
    assert wider[0] <= low
    assert high <= wider[1]


def test_many_degrees_are_normal() -> None:
    low, high = logit_limits(0.8, 0.01, 1e9, 0.95)
    assert high - low == pytest.approx(2 * 1.959964 * 0.01, rel=0.01)


@given(auc=st.floats(0, 1), sizes=SIZES)
def test_score_limits_solve_their_equation(auc: float, sizes: tuple[int, int]) -> None:
    m, n = sizes
    for end in score_limits(auc, sizes, 0.95):
        if 0 < end < 1 and abs(end - auc) > 1e-9:
            others = (m + n) / 2 - 1
            # Hanley and McNeil: q1 = θ/(2 − θ), q2 = 2θ²/(1 + θ), both groups averaged in size.
            q1, q2 = end / (2 - end), 2 * end**2 / (1 + end)
            variance = (end * (1 - end) + others * (q1 - end**2 + q2 - end**2)) / (m * n)
            assert (auc - end) ** 2 == pytest.approx(1.959964**2 * variance, rel=1e-5)


@given(sizes=SIZES)
def test_a_perfect_ranking_has_a_width(sizes: tuple[int, int]) -> None:
    low, high = score_limits(1.0, sizes, 0.95)
    assert low < high == 1
    assert score_limits(0.0, sizes, 0.95) == pytest.approx((0, 1 - low))
    more = score_limits(1.0, (4 * sizes[0], 4 * sizes[1]), 0.95)
    assert more[0] > low


def test_wald_limits_are_cut() -> None:
    assert wald_limits(0.99, 0.02, 0.95) == pytest.approx((0.99 - 0.0391993, 1.0))
    assert wald_limits(0.01, 0.02, 0.95)[0] == 0


@given(a=st.floats(0.01, 5), b=st.floats(0.01, 5), sizes=st.tuples(*[st.integers(2, 90)] * 2))
def test_welch_degrees(a: float, b: float, sizes: tuple[int, int]) -> None:
    """They lie between those of the smaller group alone and those of both."""
    degrees = welch_degrees((a, b), sizes)
    assert min(sizes) - 1 - 1e-9 <= degrees <= sum(sizes) - 2 + 1e-9
