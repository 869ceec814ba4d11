"""One number for one question: `evalkit.statistics`, `compare`, the page, the gate and history.

Every assertion holds invariant 2 of the design: equal question, data and seed give one number,
whether asked of `evalkit.statistics`, `compare`, the report's slider, `gate` or `history`;
differences have one sign, second minus first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit import gate, statistics
from evalkit.history.series import read_history
from evalkit.statistics import JointCounts
from evalkit.statistics.intervals import Interval, extended_to_zero
from tests.spine.inputs import CLASSES, all_inputs
from tests.spine.known import Known, marked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.evaluation import Evaluation
    from evalkit.statistics.estimates import Difference, Estimate

INPUTS = {each.name: each for each in all_inputs()}
SIMPLE = (
    "plain",
    "two_classes",
    "five_classes",
    "perfect_model",
    "constant_model",
    "absent_class",
    "unpredicted_class",
    "few_rows",
)
# The name of a metric in evalkit.statistics and in the gate, and its key in a comparison.
METRICS = {
    "f1_macro": "f_beta_macro[1]",
    "f_beta[0.1]_macro": "f_beta_macro[0.1]",
    "matthews_corrcoef": "matthews_corrcoef",
}
ONE_NUMBER = "Invariant 2: one question has one number"
ONE_SIGN = "Invariant 2: differences are second minus first"


@dataclass(frozen=True)
class Asked:
    """The models of an input and their comparison, with the defaults of a user."""

    labels: tuple[list[int], ...]
    evaluations: tuple[Evaluation, ...]
    comparison: Comparison

    @property
    def joint(self) -> JointCounts:
        """The joint counts of the first two models, the first as A."""
        actual, a, b = self.labels[:3]
        return JointCounts.from_codes(actual, a, b, len(self.comparison.classes))

    @property
    def counts(self) -> list[Any]:
        """The confusion matrix of each model."""
        return [each.confusion_matrix.counts for each in self.evaluations]


@cache
def asked(name: str) -> Asked:
    """Return the models of an input, compared with 10,000 replicates and seed 0."""
    tables = INPUTS[name].tables
    columns = [column for table in tables.values() for column in table.values()]
    classes = sorted({label for column in columns for label in column})
    actual = next(iter(tables.values()))["y_true"]
    predicted = [table["y_pred"] for table in tables.values()]
    evaluations = tuple(
        evalkit.evaluate(actual, each, classes=classes, name=stem)
        for stem, each in zip(tables, predicted, strict=True)
    )
    return Asked(
        tuple([classes.index(label) for label in column] for column in (actual, *predicted)),
        evaluations,
        evalkit.compare(evaluations, betas=(0.1, 1.0)),
    )


def numbers(found: Estimate | Difference) -> tuple[float | None, ...]:
    """Return a value and its interval."""
    return found.value, found.low, found.high


def numbers_of_interval(found: Any) -> tuple[float | None, ...]:
    """Return an estimate of evalkit.statistics and its interval; None where undefined."""
    ends = (float(found.estimate), float(found.low), float(found.high))
    return tuple(None if np.isnan(each) else each for each in ends)


def equal(ours: Sequence[float | None], theirs: Sequence[float | None]) -> bool:
    """Return whether numbers are equal but for rounding in the last digits."""
    return all(
        one == other
        or (one is not None and other is not None and abs(one - other) <= 1e-12 * (1 + abs(other)))
        for one, other in zip(ours, theirs, strict=True)
    )


@pytest.mark.parametrize(("name", "model", "metric"), [*product(SIMPLE, ("0", "1"), METRICS)])
def test_bootstrap_interval_is_that_of_the_comparison(name: str, model: str, metric: str) -> None:
    given = asked(name)
    found = statistics.bootstrap_interval(given.counts[int(model)], metric, seed=0)
    table = given.comparison.models[int(model)].overall[METRICS[metric]]
    assert equal(numbers_of_interval(found), numbers(table)), (
        f"{ONE_NUMBER}: the interval of {metric} by bootstrap_interval and in the comparison"
    )


@pytest.mark.parametrize("name", SIMPLE)
def test_bootstrap_interval_by_class_is_that_of_the_comparison(name: str) -> None:
    given = asked(name)
    found = statistics.bootstrap_interval(given.counts[0], "f1", seed=0)
    table = given.comparison.models[0].per_class["f_beta[1]"]
    for k, each in enumerate(table):
        ends = (float(found.estimate[k]), float(found.low[k]), float(found.high[k]))
        known = tuple(None if np.isnan(end) else end for end in ends)
        assert equal(known, numbers(each)), (
            f"{ONE_NUMBER}: the interval of F1 of class {k} by bootstrap_interval and in the "
            "comparison"
        )


@pytest.mark.parametrize("name", SIMPLE)
def test_proportion_interval_is_that_of_the_comparison(name: str) -> None:
    """Accuracy, recall and precision of independent samples are proportions."""
    given = asked(name)
    for counts, model in zip(given.counts, given.comparison.models, strict=True):
        right = np.diag(counts)
        asked_for = {
            "accuracy": [(right.sum(), counts.sum(), model.overall["accuracy"])],
            "recall": zip(right, counts.sum(axis=1), model.per_class["recall"], strict=True),
            "precision": zip(right, counts.sum(axis=0), model.per_class["precision"], strict=True),
        }
        for metric, cases in asked_for.items():
            for successes, trials, estimate in cases:
                low, high = map(float, statistics.proportion_interval(successes, trials))
                known = (None, None) if trials == 0 else (low, high)
                assert known == (estimate.low, estimate.high), (
                    f"{ONE_NUMBER}: the interval of {metric} by proportion_interval and in the "
                    "comparison"
                )


@pytest.mark.parametrize(("name", "metric"), [*product(SIMPLE, METRICS)])
def test_paired_interval_is_that_of_the_comparison(name: str, metric: str) -> None:
    """But for the rule that an interval contains 0 where its test does not reject 0."""
    given = asked(name)
    found = statistics.paired_interval(given.joint, metric, seed=0)
    table = given.comparison.pairs[0].overall[METRICS[metric]]
    p_value = statistics.permutation_test(given.joint, metric, seed=0).p_value
    ends = extended_to_zero(Interval(found.low, found.high), p_value, 0.95)
    assert equal(numbers_of_interval(replace(found, low=ends[0], high=ends[1])), numbers(table)), (
        f"{ONE_NUMBER}, second minus first: the difference of {metric} by paired_interval and in "
        "the comparison"
    )


@pytest.mark.parametrize(("name", "metric"), [*product(SIMPLE, METRICS)])
def test_permutation_test_is_that_of_the_comparison(name: str, metric: str) -> None:
    given = asked(name)
    found = statistics.permutation_test(given.joint, metric, seed=0)
    table = given.comparison.pairs[0].overall[METRICS[metric]]
    difference = None if np.isnan(found.difference) else float(found.difference)
    p_value = None if np.isnan(found.p_value) else float(found.p_value)
    interval = statistics.paired_interval(given.joint, metric, seed=0)
    if p_value is not None and p_value < 0.05 and interval.low <= 0 <= interval.high:
        assert table.p_value is not None
        assert table.p_value >= 1 - 0.95
        p_value = table.p_value
    assert equal((difference, p_value), (table.value, table.p_value)), (
        f"{ONE_NUMBER}, second minus first: the permutation test of {metric} by permutation_test "
        "and in the comparison"
    )


@pytest.mark.parametrize("name", SIMPLE)
def test_proportion_difference_intervals_are_those_of_the_comparison(name: str) -> None:
    """Accuracy and recall, paired and of the matrices alone."""
    given = asked(name)
    only_a, only_b = statistics.discordant_by_class(given.joint)
    first, second = given.counts
    n = first.sum(axis=1)
    hits = [np.append(np.trace(each), np.diag(each)) for each in (first, second)]
    trials = np.append(n.sum(), n)
    alone = [
        evalkit.Evaluation(name=each.name, confusion_matrix=each.confusion_matrix)
        for each in given.evaluations
    ]
    for pair, low, high in (
        (
            given.comparison.pairs[0],
            *statistics.paired_proportion_interval(
                np.append(only_a.sum(), only_a),
                np.append(only_b.sum(), only_b),
                trials,
                test="exact",
            ),
        ),
        (
            evalkit.compare(alone, replicates=20).pairs[0],
            *statistics.proportion_difference_interval(
                hits[0], trials, hits[1], trials, test="exact"
            ),
        ),
    ):
        for k, found in enumerate((pair.overall["accuracy"], *pair.per_class["recall"])):
            if trials[k]:
                assert (found.low, found.high) == (low[k], high[k]), ONE_NUMBER


@pytest.mark.parametrize("name", SIMPLE)
def test_mcnemar_is_that_of_the_comparison(name: str) -> None:
    given = asked(name)
    pair = given.comparison.pairs[0]
    found = statistics.mcnemar(given.joint.only_a, given.joint.only_b)
    assert pair.mcnemar is not None
    for part in ("statistic", "p_value", "p_exact", "p_midp"):
        assert float(getattr(found, part)) == getattr(pair.mcnemar, part), (
            f"{ONE_NUMBER}: {part} of McNemar's test by mcnemar and in the comparison"
        )
    assert pair.overall["accuracy"].p_value == pair.mcnemar.p_exact, (
        f"{ONE_NUMBER}: p of the difference in accuracy, and of McNemar's exact test"
    )


def _of_costs(joint: JointCounts) -> float:
    """Return the difference in what is saved: a sample that is right costs −1."""
    saved = -np.eye(joint.n_classes)
    return -float(statistics.cost_difference_interval(joint, saved, replicates=50).estimate)


def _of_areas(joint: JointCounts) -> float:
    del joint
    a, b = np.array([0.2, 0.6, 0.4, 0.8]), np.array([0.1, 0.2, 0.7, 0.9])
    return float(statistics.delong_test(np.array([0, 0, 1, 1]), a, b).difference)


# Functions of two models, each asked about an A that is worse than B.
SIGNED: dict[str, Callable[[JointCounts], float]] = {
    "paired_interval": lambda joint: float(
        statistics.paired_interval(joint, "accuracy", replicates=50).estimate
    ),
    "permutation_test": lambda joint: float(
        statistics.permutation_test(joint, "accuracy", replicates=50).difference
    ),
    "paired_proportion_interval": lambda joint: float(
        sum(statistics.paired_proportion_interval(joint.only_a, joint.only_b, joint.total))
    ),
    "equivalence_test": lambda joint: float(
        statistics.equivalence_test(joint, "accuracy", margin=0.1).difference
    ),
    "equivalence_test_f1": lambda joint: float(
        statistics.equivalence_test(joint, "f1_macro", margin=0.1, replicates=50).difference
    ),
    "accuracy_equivalence": lambda joint: float(
        statistics.accuracy_equivalence(
            joint.only_a, joint.only_b, joint.total, margin=0.1
        ).difference
    ),
    "accuracy_gap": lambda joint: float(
        statistics.accuracy_gap(joint.confusion_a(), joint.confusion_b()).sum()
    ),
    "macro_f_beta_gap": lambda joint: float(
        statistics.macro_f_beta_gap(joint.confusion_a(), joint.confusion_b()).sum()
    ),
    "changed_cells": lambda joint: float(
        sum(
            change if actual == predicted else -change
            for actual, predicted, change in zip(
                *(
                    getattr(
                        statistics.changed_cells(joint.confusion_a(), joint.confusion_b()), part
                    )
                    for part in ("actual", "predicted", "change")
                ),
                strict=True,
            )
        )
    ),
    "cost_difference_interval": _of_costs,
    "delong_test": _of_areas,
}


@pytest.mark.parametrize("name", SIGNED)
def test_differences_are_second_minus_first(name: str) -> None:
    """B is right where A is not, so that every difference in what is good is positive."""
    joint = JointCounts.from_codes([0, 0, 1, 1] * 5, [0, 1, 0, 0] * 5, [0, 0, 1, 1] * 5, 2)
    assert SIGNED[name](joint) > 0, f"{ONE_SIGN}: {name}"


GATE_VALUES = {
    "accuracy": lambda model: model.overall["accuracy"],
    "f1_macro": lambda model: model.overall["f_beta_macro[1]"],
    "recall": lambda model: model.per_class["recall"][0],
    "precision": lambda model: model.per_class["precision"][0],
    "f1": lambda model: model.per_class["f_beta[1]"][0],
}
BY_CLASS = ("recall", "precision", "f1")


def gate_rule(comparison: Comparison, metric: str) -> str:
    return f'{metric}["{comparison.classes[0]}"]' if metric in BY_CLASS else metric


@pytest.mark.parametrize(
    ("name", "metric", "source"), [*product(SIMPLE, GATE_VALUES, ("evaluation", "results"))]
)
def test_gate_is_the_comparison(name: str, metric: str, source: str, tmp_path: Path) -> None:
    """The gate judges the limits of `decision_interval`, of the value that the comparison shows."""
    given = asked(name)
    candidate: Any = given.evaluations[0]
    counts = candidate.counts
    if source == "results":
        given.comparison.save_json(tmp_path / "results.json")
        candidate = f"{tmp_path / 'results.json'}::{given.comparison.models[0].name}"
    rule = f"{gate_rule(given.comparison, metric)} >= 0.5"
    (check,) = gate.check(candidate, rules=[rule], alpha=0.05).checks
    limits = statistics.decision_interval(counts, metric, confidence=0.95)
    first = limits[0] if isinstance(limits, tuple) else limits
    assert check.value == GATE_VALUES[metric](given.comparison.models[0]).value
    assert equal((check.value, check.low, check.high), numbers(first)), (
        f"{ONE_NUMBER}: {metric} in the gate, from {source}, and in evalkit.statistics"
    )


@pytest.mark.parametrize(
    ("name", "metric", "source"),
    [*product(SIMPLE, ("accuracy", "f1_macro"), ("evaluation", "results"))],
)
def test_a_drop_is_the_difference_of_the_comparison(
    name: str, metric: str, source: str, tmp_path: Path
) -> None:
    """A drop from the first model to the second is the difference with its sign changed."""
    given = asked(name)
    baseline, candidate = given.evaluations
    sides: list[Any] = [candidate, baseline]
    if source == "results":
        given.comparison.save_json(tmp_path / "results.json")
        sides = [f"{tmp_path / 'results.json'}::{each.name}" for each in (candidate, baseline)]
    (check,) = gate.check(*sides, rules=[f"drop({metric}) <= 0.5"], alpha=0.05).checks
    table = given.comparison.pairs[0].overall["f_beta_macro[1]" if metric == "f1_macro" else metric]
    limits = statistics.decision_interval(given.joint, metric, confidence=0.95)
    assert not isinstance(limits, tuple)
    assert table.value is not None
    assert limits.low is not None
    assert limits.high is not None
    told = f"{ONE_NUMBER}: the drop of {metric} in the gate, from {source}, and elsewhere"
    assert check.value == pytest.approx(-table.value, rel=1e-12), told
    if source == "evaluation" or metric == "accuracy":  # a file has no joint counts for others
        # Influences are derivatives by finite differences.
        ends = pytest.approx((-limits.high, -limits.low), abs=1e-7)
        assert (check.low, check.high) == ends, told


@pytest.mark.parametrize("name", SIMPLE)
def test_history_shows_the_comparison(name: str, tmp_path: Path) -> None:
    """A history of one file shows what the file says of each model."""
    comparison = asked(name).comparison
    comparison.save_json(tmp_path / "results.json")
    history = read_history([tmp_path / "results.json"])
    for metric in history.metrics:
        for series, model in zip(history.of_metric(metric), comparison.models, strict=True):
            (point,) = series.points
            assert point.estimate == model.overall[metric], (
                f"{ONE_NUMBER}: {metric} in the history and in the comparison"
            )


@pytest.mark.parametrize("name", SIMPLE)
def test_the_slider_at_one_is_the_table(name: str) -> None:
    """The page's slider starts at β = 1, beside a table that shows F1."""
    for model in asked(name).comparison.models:
        curve, table = model.beta_curve, model.overall["f_beta_macro[1]"]
        at = min(range(len(curve.betas)), key=lambda i: abs(curve.betas[i] - 1.0))
        shown = curve.values[at], curve.low[at], curve.high[at]
        assert equal(shown, numbers(table)), (
            f"{ONE_NUMBER}: macro F1 on the slider and in the table"
        )


ORDERS = {
    "another_order": (2, 0, 1),
    "another_pair": (1, 0),
    "alone": (1,),
    "the_other_two": (0, 2),
}


@pytest.mark.parametrize("order", ORDERS)
def test_a_model_does_not_depend_on_its_position(order: str) -> None:
    """The other models and their order do not change the interval of a model."""
    evaluations, whole = three_models()
    chosen = evalkit.compare([evaluations[i] for i in ORDERS[order]])
    for i, model in zip(ORDERS[order], chosen.models, strict=True):
        for metric, estimate in model.overall.items():
            assert estimate == whole.models[i].overall[metric], (
                f"{ONE_NUMBER}: {metric} of one model does not depend on which others are compared"
            )


def pair_position_cases() -> list[Any]:
    known = [
        Known(("other_order",), "cells are drawn in an order that the order of the two decides")
    ]
    return marked(product(("same_order", "other_order")), known)


@pytest.mark.parametrize("order", pair_position_cases())
def test_a_pair_does_not_depend_on_its_position(order: str) -> None:
    """A third model does not change a difference; the order of the two changes its sign."""
    evaluations, whole = three_models()
    sign = 1 if order == "same_order" else -1
    pair = evalkit.compare([evaluations[i] for i in (0, 2)[::sign]]).pairs[0]
    for metric, difference in pair.overall.items():
        before = whole.pair(0, 2).overall[metric]
        assert difference.value is not None
        assert difference.low is not None
        assert difference.high is not None
        ends = sorted((sign * difference.low, sign * difference.high))
        ours = (sign * difference.value, *ends, difference.p_value)
        assert equal(ours, (*numbers(before), before.p_value)), (
            f"{ONE_NUMBER}: the difference in {metric} does not depend on which others are compared"
        )


@cache
def three_models() -> tuple[tuple[Evaluation, ...], Comparison]:
    """Return three models and their comparison."""
    tables = INPUTS["three_models"].tables
    evaluations = tuple(
        evalkit.evaluate(table["y_true"], table["y_pred"], classes=CLASSES, name=stem)
        for stem, table in tables.items()
    )
    return evaluations, evalkit.compare(evaluations)


@pytest.mark.parametrize("name", ["probabilities_two", "probabilities_four", "probabilities_only"])
def test_areas_are_those_of_the_comparison(name: str) -> None:
    """The area under the ROC curve of a class, with its interval."""
    given = INPUTS[name]
    table = next(iter(given.tables.values()))
    scores = np.array([table[f"proba_{label}"] for label in given.classes]).T
    evaluation = evalkit.evaluate(table["y_true"], y_proba=scores, classes=given.classes)
    probability = evalkit.compare([evaluation], replicates=50).models[0].probability
    assert probability is not None
    for k, label in enumerate(given.classes):
        found = statistics.auc_interval(np.array(table["y_true"]) == label, scores[:, k])
        ours = (found.auc, found.low, found.high)
        assert ours == numbers(probability.auc[k]), (
            f"{ONE_NUMBER}: the area of {label} by auc_interval and in the comparison"
        )


@pytest.mark.parametrize("what", ["model", "pair"])
def test_costs_are_those_of_the_comparison(what: str) -> None:
    given = asked("plain")
    price = np.array([[0.0, 1.0, 5.0], [2.0, 0.0, 1.0], [1.0, 3.0, 0.0]])
    costs = evalkit.compare(given.evaluations, costs=price).costs
    assert costs is not None
    if what == "model":
        found, table = statistics.cost_interval(given.counts[0], price), costs.models[0].expected
        assert equal(numbers_of_interval(found), numbers(table)), (
            f"{ONE_NUMBER}: expected costs by cost_interval and in the comparison"
        )
    else:
        difference = statistics.cost_difference_interval(given.joint, price)
        assert equal(numbers_of_interval(difference), numbers(costs.pairs[0])), (
            f"{ONE_NUMBER}, second minus first: costs by cost_difference_interval and in the "
            "comparison"
        )
