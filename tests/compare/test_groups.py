"""Runs under several seeds: what a group says of itself and of another group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import evalkit
from evalkit.errors import InputError
from evalkit.predictions import parse_group

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
    assert comparison.primary.group_pairs == (pair.differences["accuracy"],)


def test_one_run_is_not_judged(make_evaluation: MakeEvaluation) -> None:
    """One run says nothing about seeds, however far two runs are apart."""
    for weak, strong in ((1, 1), (3, 1), (1, 3)):
        made = [make_evaluation(f"w{i}", seed=i, accuracy=0.3, group="weak") for i in range(weak)]
        made += [
            make_evaluation(f"s{i}", seed=9 + i, accuracy=0.9, group="strong")
            for i in range(strong)
        ]
        comparison = evalkit.compare(made, replicates=200)
        (pair,) = comparison.group_pairs
        gap = pair.differences["accuracy"]
        assert (gap.low, gap.high, gap.p_value, gap.significant) == (None, None, None, False)
        verdict = comparison.verdict
        assert (verdict.leader, verdict.significant) == (None, False)
        assert "says nothing about seeds" in verdict.headline


def test_p_values_are_adjusted_over_pairs(make_evaluation: MakeEvaluation) -> None:
    """Holm over the pairs of groups, for each metric, and the numbers of `statistics`."""
    made = [
        make_evaluation(f"{name}-{i}", seed=10 * k + i, accuracy=0.6 + 0.05 * k, group=name)
        for k, name in enumerate("abcd")
        for i in range(3)
    ]
    comparison = evalkit.compare(made, replicates=300)
    for key in ("accuracy", "recall_macro"):
        found = [pair.differences[key] for pair in comparison.group_pairs]
        p = [each.p_value for each in found if each.p_value is not None]
        adjusted = [each.p_adjusted for each in found]
        assert adjusted == pytest.approx(evalkit.statistics.holm(p).tolist())
    assert comparison.counts is not None
    rows = comparison.counts.samples
    assert rows is not None
    alone = evalkit.statistics.seed_interval(
        rows.actual,
        [model.predicted for model in rows.models[:3]],
        [model.predicted for model in rows.models[3:6]],
        metric="accuracy",
        n_classes=3,
        replicates=300,
    )
    first = comparison.group_pairs[0].differences["accuracy"]
    assert (first.low, first.high, first.p_value) == pytest.approx(
        (float(alone.low), float(alone.high), float(alone.p_value)), rel=1e-9
    )


def test_a_significant_pair_is_not_denied(make_evaluation: MakeEvaluation) -> None:
    """The best group is close to the second by large spread; the third is worse than the second."""
    accuracies = {"best": (0.55, 0.99, 0.95), "good": (0.8, 0.8, 0.8), "bad": (0.5, 0.5, 0.5)}
    made = [
        make_evaluation(f"{name}-{i}", seed=10 * k + i, accuracy=accuracy, n=4_000, group=name)
        for k, (name, each) in enumerate(accuracies.items())
        for i, accuracy in enumerate(each)
    ]
    comparison = evalkit.compare(made, replicates=300)
    gaps = [pair.differences["accuracy"].significant for pair in comparison.group_pairs]
    assert gaps == [False, False, True]
    assert comparison.verdict.headline.startswith("best has the highest mean accuracy")
    assert "significant pairs: 1 of 3" in comparison.verdict.headline
    assert not comparison.verdict.significant


def test_intervals_over_seeds_alone(make_evaluation: MakeEvaluation) -> None:
    """Newcombe's and Tukey and McLaughlin's, and both hold their values."""
    comparison = groups(make_evaluation, 0.6, 0.7)
    (pair,) = comparison.group_pairs
    found = pair.improvement["accuracy"]
    assert found.value == pair.probability_of_improvement["accuracy"]
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    middle = comparison.groups[0].metrics["accuracy"].interquartile
    assert middle is not None
    assert middle.value == comparison.groups[0].metrics["accuracy"].interquartile_mean
    earlier = comparison.to_dict()
    del earlier["group_pairs"][0]["improvement"]
    for metric in earlier["groups"][0]["metrics"].values():
        del metric["interquartile"]
    read = type(comparison).from_dict(earlier)
    assert read.group_pairs[0].improvement == {}
    assert "with probability" in read.verdict.lede


def test_the_verdict_is_on_the_groups(make_evaluation: MakeEvaluation) -> None:
    """Where every model is a run, the headline names configurations and how many runs they had."""
    comparison = groups(make_evaluation, 0.4, 0.9)
    verdict = comparison.verdict
    assert verdict.significant
    assert verdict.headline.startswith("strong has the higher mean accuracy over 5 runs each: ")
    assert verdict.leader in comparison.groups[1].runs
    assert verdict.leader == comparison.ranking[0]
    gap = comparison.group_pairs[0].differences["accuracy"].value
    assert gap is not None
    assert f"+{100 * gap:.1f} points" in verdict.lede
    assert "in mean accuracy, strong − weak, is" in verdict.lede
    accuracies = [model.overall["accuracy"].value or 0.0 for model in comparison.models]
    middle = {sorted(group.runs, key=lambda i: accuracies[i])[2] for group in comparison.groups}
    pair = comparison.leading_pair
    assert {pair.first, pair.second} == middle
    named = {
        "seeds",
        "classes",
        "confusions",
        "agreement",
        "gap_by_class",
        "calibration",
        "training",
    }
    assert not named & {finding.kind for finding in comparison.findings}


def test_equal_groups_have_no_leader(make_evaluation: MakeEvaluation) -> None:
    """Two names for one configuration: the samples cannot show a difference."""
    verdict = groups(make_evaluation, 0.7, 0.7).verdict
    assert verdict.headline.startswith(
        "No significant difference in mean accuracy over 5 runs each: "
    )
    assert (verdict.leader, verdict.significant) == (None, False)


def test_a_model_outside_the_groups_keeps_the_verdict_on_models(
    make_evaluation: MakeEvaluation,
) -> None:
    """A verdict on configurations would pass over a model that is a run of none."""
    made = [make_evaluation(f"r{i}", seed=i, group="ab"[i % 2]) for i in range(4)]
    comparison = evalkit.compare([*made, make_evaluation("alone", seed=9)], replicates=200)
    assert comparison.group_ranking == ()
    assert "runs" not in comparison.verdict.headline


def test_three_groups_are_ranked(make_evaluation: MakeEvaluation) -> None:
    """The best of several is said to lead only those that it can be told from."""
    made = [
        make_evaluation(f"{name}-{i}", seed=10 * k + i, accuracy=accuracy, n=2_000, group=name)
        for k, (name, accuracy) in enumerate((("low", 0.3), ("mid", 0.6), ("top", 0.9)))
        for i in range(3 + k)
    ]
    comparison = evalkit.compare(made, replicates=500)
    assert comparison.group_ranking == (2, 1, 0)
    assert comparison.verdict.headline.startswith("top has the highest mean accuracy of 3 ")
    assert "configurations over 12 runs in all: " in comparison.verdict.headline
    assert [f.kind for f in comparison.findings].count("seeds") == 3


def test_runs_of_one_name_are_named_with_their_group(make_evaluation: MakeEvaluation) -> None:
    """Files called alike in a folder for each group stay recognisable."""
    made = [
        make_evaluation("net-1", seed=i, group=group) for i, group in enumerate(("wide", "deep"))
    ]
    comparison = evalkit.compare(made, replicates=200)
    assert [model.name for model in comparison.models] == ["wide net-1", "deep net-1"]
    assert any("The group was added to its name" in note for note in comparison.notes)


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
    name, files = parse_group(f"mine={tmp_path}/*.pkl")
    assert name == "mine"
    assert [file[-5:] for file in files] == ["a.pkl", "b.pkl"]
    with pytest.raises(InputError, match="No file matches"):
        parse_group(f"mine={tmp_path}/*.pt")
    with pytest.raises(InputError, match="NAME=GLOB"):
        parse_group("runs/*.pkl")
