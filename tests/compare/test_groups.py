"""Runs under several seeds: what a group says of itself and of another group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import evalkit
from evalkit.compare.from_files import grouped_files
from evalkit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from evalkit.compare.comparison import Comparison
    from tests.compare.conftest import MakeEvaluation


def groups(make_evaluation: MakeEvaluation, weak: float, strong: float) -> Comparison:
    """Five runs each of two configurations with given accuracies."""
    return evalkit.compare(
        [
            make_evaluation(f"{name}-{i}", seed=10 * k + i, accuracy=accuracy, group=name)
            for k, (name, accuracy) in enumerate((("weak", weak), ("strong", strong)))
            for i in range(5)
        ],
        replicates=1_000,
    )


def test_mean_and_spread_are_those_of_the_runs(make_evaluation: MakeEvaluation) -> None:
    """The mean of the runs' accuracies, and two of their standard deviations to each side."""
    comparison = groups(make_evaluation, 0.5, 0.8)
    for group in comparison.groups:
        scores = [comparison.models[i].overall["accuracy"].value or 0.0 for i in group.runs]
        found = group.metrics["accuracy"]
        assert found.mean.value == pytest.approx(np.mean(scores))
        assert found.spread_high == pytest.approx(np.mean(scores) + 2 * np.std(scores, ddof=1))
        assert group.warning == ""


def test_a_clear_difference_is_significant(make_evaluation: MakeEvaluation) -> None:
    """Every strong run beats every weak one, and the interval excludes zero."""
    comparison = groups(make_evaluation, 0.4, 0.9)
    (pair,) = comparison.group_pairs
    assert pair.probability_of_improvement["accuracy"] == 1.0
    assert pair.differences["accuracy"].significant
    assert any(f.kind == "seeds" and "more than seeds" in f.text for f in comparison.findings)


def test_few_runs_are_warned_of(make_evaluation: MakeEvaluation) -> None:
    """Below five runs the spread is hardly known, and one run has none."""
    comparison = evalkit.compare(
        [make_evaluation("a", seed=1, group="one"), make_evaluation("b", seed=2)], replicates=500
    )
    (group,) = comparison.groups
    assert "only 1 run" in group.warning
    assert group.metrics["accuracy"].standard_deviation is None


def test_ungrouped_models_have_no_groups(make_evaluation: MakeEvaluation) -> None:
    """Nothing is said of seeds where nothing is known of them."""
    comparison = evalkit.compare([make_evaluation("a", seed=1)])
    assert comparison.groups == ()
    assert comparison.group_pairs == ()


def test_a_group_names_its_files(tmp_path: Path) -> None:
    """Files come in the order of their names; a pattern that fits nothing is refused."""
    for name in ("b.pkl", "a.pkl"):
        (tmp_path / name).touch()
    name, files = grouped_files(f"mine={tmp_path}/*.pkl")
    assert name == "mine"
    assert [file[-5:] for file in files] == ["a.pkl", "b.pkl"]
    with pytest.raises(InputError, match="none fits"):
        grouped_files(f"mine={tmp_path}/*.pt")
    with pytest.raises(InputError, match="NAME=GLOB"):
        grouped_files("runs/*.pkl")
