"""Differences of two models are second minus first: positive where the second is better."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalkit import statistics
from evalkit.counts.identity import block_marginals, deal_blocks
from evalkit.statistics import JointCounts
from evalkit.statistics.blocks import block_interval
from evalkit.statistics.proportions import paired_proportion_score

if TYPE_CHECKING:
    from collections.abc import Callable

N = 400
ACTUAL = np.arange(N) % 2
WORSE, BETTER = (
    np.where(np.random.default_rng(seed).random(N) < accuracy, ACTUAL, 1 - ACTUAL)
    for seed, accuracy in ((0, 0.7), (1, 0.9))
)
LEAD = float((BETTER == ACTUAL).mean() - (WORSE == ACTUAL).mean())
TWO_MODELS = ({"joint"}, {"a", "b"}, {"b", "c"}, {"y_score_b"}, {"runs_b"}, {"predicted_b"})
NO_DIFFERENCE = {
    "discordant_by_class": "counts of each model",
    "lead_change_by_class": "values of β",
    "lead_ranges": "names the leader",
    "mcnemar": "two-sided",
    "paired_resample": "marginals of each model",
    "sample_swap": "marginals of each model",
    "swap_resample": "marginals of each model",
}


def joint(first: Any, second: Any) -> JointCounts:
    return JointCounts.from_codes(ACTUAL, first, second, 2)


def matrices(first: Any, second: Any) -> tuple[Any, Any]:
    counts = joint(first, second)
    return counts.confusion_a(), counts.confusion_b()


def discordant(first: Any, second: Any) -> tuple[float, float, float]:
    counts = joint(first, second)
    return counts.only_a, counts.only_b, counts.total


def limits(found: Any) -> tuple[Any, ...]:
    estimate = found.difference if hasattr(found, "difference") else found.estimate
    return estimate, found.low, found.high


def by_blocks(first: Any, second: Any) -> tuple[Any, ...]:
    blocks = deal_blocks(N)
    assert blocks is not None
    marginals = (block_marginals(ACTUAL, codes, 2, blocks) for codes in (first, second))
    return limits(block_interval("accuracy", *marginals))


def change_on_the_diagonal(first: Any, second: Any) -> tuple[float, ...]:
    changed = statistics.changed_cells(*matrices(first, second))
    return (float(changed.change[changed.actual == changed.predicted].sum() / N),)


# Both classes are equally common. So the area under the curve of predicted classes is accuracy, and
# so is macro F-∞, which is macro recall. With a cost of 1 for correct predictions, so is the cost.
DIFFERENCES: dict[str, Callable[[Any, Any], tuple[Any, ...]]] = {
    "accuracy_equivalence": lambda a, b: limits(
        statistics.accuracy_equivalence(*discordant(a, b), margin=0.1)
    ),
    "accuracy_gap": lambda a, b: (statistics.accuracy_gap(*matrices(a, b)).sum(),),
    "block_interval": by_blocks,
    "changed_cells": change_on_the_diagonal,
    "cost_difference_interval": lambda a, b: limits(
        statistics.cost_difference_interval(joint(a, b), np.eye(2))
    ),
    "delong_test": lambda a, b: limits(statistics.delong_test(ACTUAL, a, b)),
    "equivalence_test": lambda a, b: limits(
        statistics.equivalence_test(joint(a, b), "balanced_accuracy", margin=0.1)
    ),
    "macro_f_beta_gap": lambda a, b: (
        statistics.macro_f_beta_gap(*matrices(a, b), beta=np.inf).sum(),
    ),
    "paired_interval": lambda a, b: limits(statistics.paired_interval(joint(a, b), "accuracy")),
    "paired_proportion_interval": lambda a, b: statistics.paired_proportion_interval(
        *discordant(a, b)
    ),
    "permutation_test": lambda a, b: (
        statistics.permutation_test(joint(a, b), "accuracy", replicates=9).difference,
    ),
    "seed_interval": lambda a, b: limits(
        statistics.seed_interval(ACTUAL, [a], [b], metric="accuracy", n_classes=2)
    ),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_second_minus_first(name: str) -> None:
    """The estimate is the lead in accuracy, and the whole interval lies on its side of zero."""
    found = [float(each) for each in DIFFERENCES[name](WORSE, BETTER)]
    assert 0 < min(found) <= LEAD + 1e-12
    assert max(found) >= LEAD - 1e-12
    exchanged = [float(each) for each in DIFFERENCES[name](BETTER, WORSE)]
    assert -LEAD - 1e-12 <= max(exchanged) < 0
    assert min(exchanged) <= -LEAD + 1e-12


@pytest.mark.parametrize("name", DIFFERENCES)
def test_estimates_are_the_lead(name: str) -> None:
    if name != "paired_proportion_interval":
        assert float(DIFFERENCES[name](WORSE, BETTER)[0]) == pytest.approx(LEAD)


def test_statistics_have_the_sign_of_the_difference() -> None:
    b, c, n = discordant(WORSE, BETTER)
    assert paired_proportion_score(b, c, n, 0.0) > 0
    assert statistics.delong_test(ACTUAL, WORSE, BETTER).z > 0
    margin = LEAD / 2
    for found in (
        statistics.accuracy_equivalence(b, c, n, margin=margin),
        statistics.equivalence_test(joint(WORSE, BETTER), "balanced_accuracy", margin=margin),
    ):
        # The better model is surely not worse by the margin, and may be better by it.
        assert found.p_lower < 0.01 < found.p_upper


def test_every_public_function_of_two_models_is_covered() -> None:
    public = {
        name
        for name in statistics.__all__
        if inspect.isfunction(function := getattr(statistics, name))
        and any(names <= set(inspect.signature(function).parameters) for names in TWO_MODELS)
    }
    assert public == (set(DIFFERENCES) | set(NO_DIFFERENCE)) - {"block_interval"}


def test_probability_of_improvement_keeps_the_published_direction() -> None:
    """P(X > Y), where X is the first argument (Agarwal et al. 2021)."""
    assert statistics.probability_of_improvement([0.9, 0.8], [0.7, 0.6]) == 1
