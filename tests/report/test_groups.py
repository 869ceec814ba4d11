"""Groups of runs on the page: compared as groups, never by their best runs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

import evalkit
from evalkit.report.data import page_data
from evalkit.report.sections import beta, disagreement, provenance
from evalkit.report.subject import Subject

if TYPE_CHECKING:
    from evalkit.compare.comparison import Comparison

RUNS = 5


@cache
def compared() -> Comparison:
    """Two groups of five runs whose accuracies differ."""
    rng = np.random.default_rng(3)
    actual = rng.integers(0, 3, 500)
    return evalkit.compare(
        [
            evalkit.evaluate(
                actual,
                np.where(rng.random(500) < skill + 0.02 * seed, actual, (actual + 1) % 3),
                name=f"{group}-{seed}",
                group=group,
            )
            for group, skill in (("a", 0.5), ("b", 0.7))
            for seed in range(RUNS)
        ],
        replicates=20,
    )


def test_two_typical_runs_stand_for_two_groups() -> None:
    """The pair shown in detail are the middle runs, not the best of each group."""
    comparison = compared()
    accuracy = [model.overall["accuracy"].value or 0.0 for model in comparison.models]
    content = disagreement.collect(Subject(comparison))
    assert content is not None
    assert content.of_groups
    (pair,) = content.pairs
    for shown, group in ((pair.first, 0), (pair.second, 1)):
        runs = comparison.groups[group].runs
        median = float(np.median([accuracy[i] for i in runs]))
        assert accuracy[shown.position] == median < max(accuracy[i] for i in runs)


def test_the_curve_of_a_group_is_the_mean_over_its_runs() -> None:
    """At β = 1 it is the mean macro F1 of the group, with the spread of its runs."""
    comparison = compared()
    content = beta.collect(Subject(comparison))
    assert content is not None
    assert [shown.name for shown in content.shown] == ["a", "b"]
    assert not content.leads
    assert not content.by_class
    (row,) = (row for row in content.rows if row.beta == "1")
    for figure, group in zip(row.figures, comparison.groups, strict=True):
        metric = group.metrics["f_beta_macro[1]"]
        assert figure.number == pytest.approx(metric.mean.value, abs=1e-9)
        assert metric.standard_deviation is not None
        spread = 100 * group.factor * metric.standard_deviation
        assert figure.interval == f"±{spread:.1f}"
    assert page_data(Subject(comparison))["groupRuns"] == [
        list(range(RUNS)),
        list(range(RUNS, 2 * RUNS)),
    ]


def test_what_all_models_share_is_said_once() -> None:
    """A fact that is equal for all models stands above the table, one that differs in a column."""
    from dataclasses import replace

    evaluations = [
        replace(
            evalkit.evaluate([0, 1], [0, 1], name=name),
            provenance={"Format": "checkpoint", "Seed": seed, "SHA-256": seed * 64},
        )
        for name, seed in (("x", "1"), ("y", "2"))
    ]
    content = provenance.collect(Subject(evalkit.compare(evaluations, replicates=5)))
    assert [(fact.label, fact.text) for fact in content.common] == [("Format", "checkpoint")]
    assert content.labels == ("Seed", "SHA-256")
    assert [item.texts[0] for item in content.models] == ["1", "2"]
    assert content.models[0].texts[1] == "1" * 12 + "…"
