"""Costs: means with the errors of means, and decisions that a search confirms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from evalkit.errors import InputError
from evalkit.metrics.count import zero_one_loss
from evalkit.statistics import (
    JointCounts,
    cost_difference_interval,
    cost_interval,
    cost_optimal_decisions,
    cost_optimal_threshold,
    expected_cost,
)

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTS = np.array([[80, 15, 5], [10, 60, 10], [4, 6, 30]])
COSTS = np.array([[0.0, 1.0, 5.0], [2.0, -0.5, 1.0], [20.0, 3.0, 0.0]])
BINARY = [[0, 1], [10, 0]]


def test_equal_costs_are_the_error_rate() -> None:
    assert expected_cost(COUNTS, 1 - np.eye(3)) == pytest.approx(zero_one_loss(COUNTS))
    stacked = np.stack([COUNTS, 2 * COUNTS, 0 * COUNTS])
    assert expected_cost(stacked, COSTS)[0] == pytest.approx(expected_cost(stacked, COSTS)[1])
    assert np.isnan(expected_cost(stacked, COSTS)[2])


def test_interval_has_the_error_of_a_mean() -> None:
    each = COSTS.ravel().repeat(COUNTS.ravel())
    interval = cost_interval(COUNTS, COSTS, replicates=20_000)
    assert interval.estimate == pytest.approx(each.mean())
    assert interval.standard_error == pytest.approx(each.std() / np.sqrt(len(each)), rel=0.03)
    assert interval.low < each.mean() < interval.high


def test_difference_is_paired(draw_joint: Callable[..., JointCounts]) -> None:
    joint = draw_joint(400, 3)
    actual, a, b = joint.cells.repeat(joint.counts, axis=0).T
    each = COSTS[actual, b] - COSTS[actual, a]
    interval = cost_difference_interval(joint, COSTS, replicates=20_000)
    assert interval.estimate == pytest.approx(each.mean())
    assert interval.standard_error == pytest.approx(each.std() / np.sqrt(400), rel=0.03)
    swapped = cost_difference_interval(joint.swap(), COSTS, replicates=100)
    assert swapped.estimate == pytest.approx(-each.mean())


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 5).map(lambda k: k / 5)), min_size=1, max_size=30
    )
)
def test_threshold_by_search(rows: list[tuple[bool, float]]) -> None:
    positive, scores = (np.array(column) for column in zip(*rows, strict=True))
    best = cost_optimal_threshold(positive, scores, BINARY)

    def cost(threshold: float) -> float:
        return float(np.mean([BINARY[int(p)][int(s >= threshold)] for p, s in rows]))

    assert best.cost == pytest.approx(min(cost(t) for t in [*scores.tolist(), np.inf]))
    assert cost(best.threshold) == pytest.approx(best.cost)
    assert best.calibrated_cost == pytest.approx(cost(1 / 11))
    assert best.calibrated_cost >= best.cost - 1e-12


def test_decisions_by_search() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), 50)
    expected = [
        min(range(3), key=lambda j, p=p: sum(p[i] * COSTS[i, j] for i in range(3)))  # type: ignore[misc]
        for p in probabilities
    ]
    assert cost_optimal_decisions(probabilities, COSTS).tolist() == expected
    assert (cost_optimal_decisions(probabilities, 1 - np.eye(3)) == probabilities.argmax(1)).all()


def test_calibrated_threshold_is_the_decision_of_two_classes() -> None:
    scores = np.linspace(0, 1, 201)
    threshold = cost_optimal_threshold(scores > 0.5, scores, BINARY).calibrated_threshold
    decided = cost_optimal_decisions(np.stack([1 - scores, scores], axis=1), BINARY)
    assert (decided == (scores > threshold)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: expected_cost(COUNTS, np.ones((2, 2))),
            r"costs has shape \(2, 2\), expected \(3, 3\)",
        ),
        (lambda: expected_cost(COUNTS, np.full((3, 3), np.nan)), "costs contains NaN or infinity"),
        (lambda: cost_interval(COUNTS / 7, COSTS), "whole counts"),
        (lambda: cost_optimal_decisions([0.5, 0.5], BINARY), "shape"),
        (lambda: cost_optimal_threshold([True], [0.1, 0.2], BINARY), "expected"),
        (
            lambda: cost_optimal_threshold([True], [np.nan], BINARY),
            "y_score contains NaN or infinity",
        ),
        (
            lambda: cost_optimal_threshold([True], [0.1], [[1, 0], [1, 0]]),
            "costs no more than a correct prediction",
        ),
    ],
)
def test_wrong_input_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_a_costly_class_without_samples_is_no_certainty() -> None:
    """No sample of a class whose misses cost 50 each: neither model is known to be cheaper."""
    joint = JointCounts.from_dense([[[40, 6], [0, 4]], [[0, 0], [0, 0]]])
    found = cost_difference_interval(joint, [[0, 1], [50, 0]])
    assert found.low < 0 < found.high
    assert cost_interval([[50, 0], [0, 0]], [[0, 1], [50, 0]]).high > 1


def test_equal_costs_by_rare_costly_errors_are_covered() -> None:
    """B misses half as often and has more false positives; A and B cost the same."""
    rng, draws, held = np.random.default_rng(0), 300, 0
    rates = ((0.3, 0.1), (0.15, 0.1 + 0.15 * 0.05 * 50 / 0.95))
    price = [[0.0, 1.0], [50.0, 0.0]]
    for seed in range(draws):
        actual = (rng.random(50) < 0.05).astype(int)
        a, b = (
            np.where(rng.random(50) < np.where(actual, miss, false), 1 - actual, actual)
            for miss, false in rates
        )
        joint = JointCounts.from_codes(actual, a, b, 2)
        found = cost_difference_interval(joint, price, replicates=500, seed=seed)
        held += int(found.low <= 0 <= found.high)
    assert held / draws >= 0.95 - 3 * (0.05 * 0.95 / draws) ** 0.5
