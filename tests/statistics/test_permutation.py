"""The permutation test against exact enumerations and exact tests, and the laws it keeps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings, strategies as st
from mlxtend.evaluate import permutation_test as mlxtend_permutation_test

from evalkit.errors import InputError
from evalkit.metrics.count import f1, f_beta
from evalkit.statistics import (
    JointCounts,
    discordant_by_class,
    holm,
    mcnemar,
    permutation_test,
    sign_flip_p_value,
    swap_resample,
)
from evalkit.statistics.class_permutation import ExchangedClasses
from evalkit.statistics.count_metric import count_metric

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

REPLICATES = 10_000
CODES = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=60)
METRICS = ("accuracy", "f1_macro", "recall", "matthews_corrcoef")
BY_CLASS = ("precision", "recall", "f1", "f_beta[0.1]", "jaccard", "specificity")


def monte_carlo_error(p: float) -> float:
    return float(4.5 * np.sqrt(p * (1 - p) / REPLICATES) + 1e-3)


def macro_f1(actual: NDArray[Any], predicted: NDArray[Any]) -> float:
    counts = np.zeros((3, 3))
    np.add.at(counts, (actual, predicted), 1)
    return float(f1(counts, average="macro"))


def test_all_exchanges_enumerated() -> None:
    """SciPy visits all 2¹² exchanges of twelve samples."""
    rng = np.random.default_rng(4)
    actual = np.repeat([0, 1, 2], 4)
    a = np.where(rng.random(12) < 0.9, actual, rng.integers(0, 3, 12))
    b = rng.integers(0, 3, 12)
    oracle = scipy.stats.permutation_test(
        (a, b),
        lambda x, y: macro_f1(actual, y) - macro_f1(actual, x),
        permutation_type="samples",
        n_resamples=np.inf,
        alternative="two-sided",
    )
    test = permutation_test(JointCounts.from_codes(actual, a, b, 3), "f1_macro")
    assert test.difference == pytest.approx(oracle.statistic)
    # SciPy doubles the smaller tail; the exact null distribution here is symmetric. The ratio of
    # standard errors is at least 1, so that p is at least SciPy's.
    assert test.p_value >= oracle.pvalue - monte_carlo_error(oracle.pvalue)
    assert test.p_value == pytest.approx(oracle.pvalue, abs=0.05)


@pytest.mark.parametrize(("b", "c"), [(1, 7), (70, 59), (30, 60), (2000, 2100)])
def test_accuracy_is_mcnemars_exact_test(b: int, c: int) -> None:
    joint = JointCounts.from_dense([[[50, b], [c, 20]], [[0, 0], [0, 30]]])
    expected = float(mcnemar(b, c).p_exact)
    test = permutation_test(joint, "accuracy")
    assert test.p_value == pytest.approx(expected, abs=monte_carlo_error(expected))


def test_mlxtend_agrees() -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.random((2, 14)) < [[0.9], [0.5]]).astype(int)
    expected = mlxtend_permutation_test(
        a, b, paired=True, method="exact", func=lambda x, y: abs(np.mean(y) - np.mean(x))
    )
    joint = JointCounts.from_codes(np.ones(14, int), a, b, 2)
    p = permutation_test(joint, "accuracy").p_value
    assert p == pytest.approx(expected, abs=monte_carlo_error(expected))


@pytest.mark.parametrize("metric", ["f1_macro", "recall"])
def test_matrices_and_marginals_agree(metric: str, draw_joint: Callable[..., JointCounts]) -> None:
    """A function that reads matrices only is given them; p agrees within Monte Carlo error."""
    joint = draw_joint(300, 4, (0.7, 0.64))
    named = permutation_test(joint, metric)
    options = {"average": "macro"} if metric == "f1_macro" else {"beta": np.inf}

    def of_matrices(counts: Any) -> Any:
        return f_beta(np.asarray(counts)[..., :, :], **options)

    dense = permutation_test(joint, of_matrices)
    np.testing.assert_allclose(named.difference, dense.difference, atol=1e-12)
    np.testing.assert_allclose(named.p_value, dense.p_value, atol=0.02)


def test_exchanged_marginals_are_of_real_exchanges(draw_joint: Callable[..., JointCounts]) -> None:
    """What A gains B loses, supports stay, and means and spreads are those of fair exchanges."""
    joint = draw_joint(500, 3, (0.8, 0.6))
    a, b = swap_resample(joint, 20_000, np.random.default_rng(0))
    of_a, of_b = joint.confusion_a(), joint.confusion_b()
    assert (a.true_positive + b.true_positive == np.diag(of_a) + np.diag(of_b)).all()
    assert (a.predicted + b.predicted == of_a.sum(axis=0) + of_b.sum(axis=0)).all()
    assert (a.predicted.sum(axis=1) == 500).all()
    assert (a.actual == of_a.sum(axis=1)).all()
    assert (a.true_positive <= np.minimum(a.actual, a.predicted)).all()
    actual, first, second = joint.cells.T
    for k in range(3):
        for marginal, told in (
            (a.true_positive, ((first == k) != (second == k)) & (actual == k)),
            (a.predicted, (first == k) != (second == k)),
        ):
            contested = joint.counts[told].sum()
            assert marginal[:, k].std() == pytest.approx(np.sqrt(contested / 4), rel=0.03)
    mean = (of_a.sum(axis=0) + of_b.sum(axis=0)) / 2
    np.testing.assert_allclose(a.predicted.mean(axis=0), mean, rtol=0.01)


@settings(max_examples=30)
@given(rows=CODES, metric=st.sampled_from(BY_CLASS))
def test_exchanging_the_models_negates_and_keeps_p(
    rows: list[tuple[int, int, int]], metric: str
) -> None:
    actual, a, b = np.array(rows).T
    joint = JointCounts.from_codes(actual, a, b, 4)
    one, other = (permutation_test(j, metric, replicates=199) for j in (joint, joint.swap()))
    np.testing.assert_array_equal(one.difference, -other.difference)
    np.testing.assert_allclose(one.p_value, other.p_value, rtol=1e-9)


@settings(max_examples=30)
@given(rows=CODES, metric=st.sampled_from(METRICS))
def test_identical_models(rows: list[tuple[int, int, int]], metric: str) -> None:
    actual, a, _ = np.array(rows).T
    test = permutation_test(JointCounts.from_codes(actual, a, a, 4), metric, replicates=99)
    known = ~np.isnan(test.difference)
    assert (np.asarray(test.difference)[known] == 0).all()
    assert (np.asarray(test.p_value)[known] == 1).all()
    assert np.isnan(np.asarray(test.p_value)[~known]).all()


def test_p_is_never_zero_and_at_most_that_of_exact_tests() -> None:
    """Hoeffding's bound is above the probability that 30 fair coins agree."""
    joint = JointCounts.from_dense([[[0, 900], [0, 0]], [[0, 0], [900, 0]]])
    assert 0 < permutation_test(joint, "accuracy", replicates=999).p_value < 1e-9
    joint = JointCounts.from_dense([[[50, 30], [0, 20]], [[0, 0], [0, 30]]])
    p = float(permutation_test(joint, "accuracy", replicates=999).p_value)
    assert mcnemar(30, 0).p_exact < p < 1 / 1000


@pytest.mark.parametrize("metric", ["precision", "f1", "f_beta[0.1]"])
def test_p_by_class_is_the_sum_over_all_exchanges(metric: str) -> None:
    """A walk over 2¹² exchanges; the ratio of standard errors is 1 for models that are alike."""
    rng = np.random.default_rng(4)
    actual = np.repeat([0, 1], 12)
    a, b = (np.where(rng.random(24) < 0.75, actual, 1 - actual) for _ in range(2))
    joint = JointCounts.from_codes(actual, a, b, 2)
    differ = np.flatnonzero(a != b)
    masks = (np.arange(2 ** len(differ))[:, None] >> np.arange(len(differ))) & 1
    function = count_metric(metric)
    found = []
    for mask in masks.astype(bool):
        one, other = a.copy(), b.copy()
        one[differ[mask]], other[differ[mask]] = b[differ[mask]], a[differ[mask]]
        exchanged = JointCounts.from_codes(actual, one, other, 2)
        found.append(function(exchanged.confusion_b()) - function(exchanged.confusion_a()))
    for nearest in (0.05, 0.2, 0.4):
        expected = (np.abs(found) >= nearest - 1e-12).mean(axis=0)
        ours = ExchangedClasses.of_joint(joint, function).share_of_exchanges(np.full(2, nearest))
        np.testing.assert_allclose(ours, np.maximum(expected, 1e-12), rtol=1e-9)


def test_many_exchanges_are_summed_in_steps() -> None:
    """For recall the sum over 4,000 exchanges is McNemar's test."""
    joint = JointCounts.from_dense([[[100, 1_900], [2_100, 0]], [[0, 50], [40, 3_000]]])
    exact = mcnemar(*discordant_by_class(joint)).p_exact
    recall = count_metric("recall")
    difference = np.abs(recall(joint.confusion_b()) - recall(joint.confusion_a()))
    found = ExchangedClasses.of_joint(joint, recall).share_of_exchanges(difference)
    np.testing.assert_allclose(found, exact, rtol=0.05)


def test_merged_parts_give_the_same_test(draw_joint: Callable[..., JointCounts]) -> None:
    whole = draw_joint(400, 4, seed=1) + draw_joint(300, 4, seed=2)
    parts = draw_joint(300, 4, seed=2) + draw_joint(400, 4, seed=1)
    one, other = (permutation_test(joint, "f1_macro", replicates=500) for joint in (whole, parts))
    assert one.p_value == other.p_value


def test_dense_counts_are_taken() -> None:
    dense = np.random.default_rng(0).integers(0, 9, (3, 3, 3))
    one = permutation_test(dense, partial(f1, average="macro"), replicates=200)
    assert (
        one.p_value
        == permutation_test(JointCounts.from_dense(dense), "f1_macro", replicates=200).p_value
    )


def test_wrong_input_is_refused() -> None:
    weighted = JointCounts.from_codes([0, 1], [0, 1], [1, 1], 2, [0.5, 0.25])
    with pytest.raises(InputError, match="whole counts"):
        permutation_test(weighted, "accuracy")
    with pytest.raises(InputError, match="at least one replicate"):
        permutation_test(np.ones((2, 2, 2)), "accuracy", replicates=0)


def test_scipy_counts_every_sign() -> None:
    """Of ten differences SciPy visits all 1,024 signs; ours are drawn."""
    differences = np.random.default_rng(0).normal(0.5, 1.0, 10)
    exact = scipy.stats.permutation_test(
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


def test_differences_of_zero_are_no_evidence() -> None:
    assert sign_flip_p_value([0.0, 0.0, 0.0]) == 1.0


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1.0, np.nan], {}, "differences contains NaN or infinity"),
        ([1.0], {"counts": [1, 2]}, r"counts has shape \(2,\)"),
        ([], {}, "No differences to test"),
        ([1.0], {"replicates": 0}, "at least one replicate"),
    ],
)
def test_wrong_differences_are_refused(
    values: list[float], options: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        sign_flip_p_value(values, **options)  # type: ignore[arg-type]


def test_equal_precision_with_unequal_calls_is_no_difference() -> None:
    """A calls 5 % of 1,000 samples positive and B 25 %, both with a precision of 60 %."""
    rng, draws, alarms = np.random.default_rng(0), 400, 0
    for _ in range(draws):
        actual = (rng.random(1_000) < 0.2).astype(int)
        a, b = (
            (rng.random(1_000) < rate * np.where(actual, 0.6 / 0.2, 0.4 / 0.8)).astype(int)
            for rate in (0.05, 0.25)
        )
        joint = JointCounts.from_codes(actual, a, b, 2)
        alarms += int(permutation_test(joint, "precision").p_value[1] < 0.05)
    assert alarms / draws <= 0.05 + 3 * (0.05 * 0.95 / draws) ** 0.5


def test_many_classes_can_differ_and_do_not_by_chance() -> None:
    """Of 400 classes, Holm's method finds all of a perfect model, and none of models alike."""
    rng = np.random.default_rng(0)
    actual = np.repeat(np.arange(400), 20)
    chance = rng.integers(0, 400, len(actual))
    joint = JointCounts.from_codes(actual, actual, chance, 400)
    assert (holm(permutation_test(joint, "precision").p_value) < 0.05).sum() >= 390
    a, b = (
        np.where(rng.random(len(actual)) < 0.8, actual, rng.integers(0, 400, len(actual)))
        for _ in range(2)
    )
    joint = JointCounts.from_codes(actual, a, b, 400)
    assert (holm(permutation_test(joint, "precision").p_value) >= 0.05).all()
