"""Verdicts where the primary metric is undefined or not tested: no test is claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import evalkit
from evalkit.report.printed import printed_difference

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

CLASSES = ("no", "yes")
ACTUAL = np.array(["no"] * 60 + ["yes"] * 20)


def model(name: str, found: int, alarms: int) -> evalkit.Evaluation:
    """A model that predicts "yes" for so many samples of each class."""
    predicted = np.full(len(ACTUAL), "no", dtype=ACTUAL.dtype)
    predicted[60 : 60 + found] = predicted[:alarms] = "yes"
    return evalkit.evaluate(ACTUAL, predicted, classes=CLASSES, name=name)


GOOD, FAIR, CONSTANT = model("good", 19, 1), model("fair", 8, 9), model("constant", 0, 0)


def compared(*models: evalkit.Evaluation, metric: str = "precision[yes]") -> Comparison:
    return evalkit.compare(models, metric=metric, replicates=200)


def headline(comparison: Comparison) -> str:
    return comparison.verdict.headline.replace("\N{NO-BREAK SPACE}", " ")


def test_an_undefined_difference_is_not_called_insignificant() -> None:
    told = headline(compared(GOOD, CONSTANT))
    assert told.startswith(
        'The difference in precision of "yes" is undefined: good 95.0 %, constant n/a'
    )


def test_an_undefined_model_is_no_rival_of_the_leader() -> None:
    comparison = compared(GOOD, FAIR, CONSTANT)
    assert headline(comparison) == (
        'good has the highest precision of "yes" of 2 models: 95.0 %; it is undefined for constant'
    )
    assert comparison.best == (0,)
    assert [each.letters for each in comparison.models] == ["a", "b", ""]


def test_the_only_defined_model_wins_nothing() -> None:
    comparison = compared(GOOD, CONSTANT, model("same", 0, 0))
    assert headline(comparison) == 'The precision of "yes" is defined for good only: 95.0 %'
    assert (comparison.verdict.leader, comparison.verdict.significant) == (None, False)
    assert "selection" not in comparison.verdict.lede
    nowhere = compared(CONSTANT, model("same", 0, 0), model("third", 0, 0))
    assert headline(nowhere) == 'The precision of "yes" of all 3 models is undefined'


def test_equal_models_without_a_value_have_no_difference_of_0() -> None:
    comparison = compared(CONSTANT, model("same", 0, 0))
    assert comparison.verdict.lede == 'The precision of "yes" of both is undefined.'


def test_a_difference_without_a_test_is_not_called_insignificant() -> None:
    """Costs of models whose samples are not known have an interval only."""
    models = [
        evalkit.Evaluation(each.name, each.confusion_matrix) for each in (GOOD, FAIR, CONSTANT)
    ]
    costs: Any = [[0, 1], [5, 0]]
    pair = evalkit.compare(models[:2], costs=costs, replicates=200)
    assert pair.primary.pairs[0].p_value is None
    assert headline(pair).startswith("The difference in expected cost is not tested: good 0.0")
    three = evalkit.compare(models, costs=costs, replicates=200)
    assert headline(three).startswith(
        "The differences in expected cost between 3 models are not tested: 0.075 to 1.2"
    )


def test_without_a_test_the_baseline_is_not_called_insignificant() -> None:
    rng = np.random.default_rng(1)
    wrong = rng.dirichlet([1, 1], len(ACTUAL))
    comparison = compared(
        evalkit.evaluate(ACTUAL, y_proba=wrong, classes=CLASSES, name="random"), metric="log_loss"
    )
    assert "random is not better than predicting the class frequencies" in comparison.verdict.lede


@pytest.mark.parametrize("metric", ["accuracy", "zero_one_loss"])
def test_a_small_interval_is_not_printed_as_zeros(metric: str) -> None:
    n = 200_000
    actual = np.arange(n) % 2
    before = np.where(np.arange(n) < n // 10, 1 - actual, actual)
    after = np.where(np.arange(n) < 20, actual, before)
    models = [
        evalkit.evaluate(actual, each, name=name) for name, each in (("a", before), ("b", after))
    ]
    comparison = evalkit.compare(models, metric=metric, replicates=200)
    gap = comparison.primary.pairs[0]
    assert gap.significant
    assert "CI 0.0 to 0.0" not in comparison.verdict.lede.replace("\N{NO-BREAK SPACE}", " ")
    interval = comparison.verdict.lede.partition("CI ")[2].partition(",")[0]
    signs = {"+", "\N{MINUS SIGN}"}
    ends = interval.split(" to ")
    assert all(end[0] in signs for end in ends)
    shown = printed_difference(gap)
    assert shown.value[0] in signs
    assert all(end[0] in signs for end in shown.interval.split(" to "))


def test_the_picture_says_what_it_compares() -> None:
    """An untested difference is not called insignificant; a cost is compared with the cheapest."""
    page = compared(GOOD, CONSTANT).to_html(plotly="none")
    assert "are not tested." in page
    assert "No difference in precision" not in page
    costs: Any = [[0, 1], [50, 0]]
    alone = evalkit.compare([GOOD], costs=costs, replicates=200).to_html(plotly="none")
    assert "cheapest class" in alone
    assert "majority class" not in alone
