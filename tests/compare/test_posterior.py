"""A rope in a comparison: the posterior of each pair, on the page and in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import evalkit
from evalkit import statistics
from evalkit.compare.evaluation import Evaluation
from evalkit.errors import InputError
from evalkit.report.sections.posterior import collect
from evalkit.report.subject import Subject

if TYPE_CHECKING:
    from tests.compare.conftest import MakeEvaluation


def test_paired_models(make_evaluation: MakeEvaluation) -> None:
    """The numbers of `statistics`, in the record, the file, the table and the page."""
    models = [make_evaluation("a", seed=1), make_evaluation("b", seed=2, accuracy=0.75)]
    comparison = evalkit.compare(models, replicates=50, rope=0.02)
    (pair,) = comparison.pairs
    assert pair.only_first is not None
    assert pair.only_second is not None
    found = statistics.paired_accuracy_posterior(
        pair.only_first, pair.only_second, comparison.n_samples, rope=0.02
    )
    assert pair.posterior == found
    assert type(comparison).from_dict(comparison.to_dict()) == comparison
    assert f"{100 * found.better:.1f}" in str(comparison)
    assert "practically equal: accuracies within 2.00 points" in str(comparison)
    page = comparison.to_html(plotly="none")
    assert "Practical equivalence" in page
    assert f"{100 * found.equal:.1f}</td>" in page


def test_without_a_rope_there_is_none(make_evaluation: MakeEvaluation) -> None:
    models = [make_evaluation("a", seed=1), make_evaluation("b", seed=2)]
    comparison = evalkit.compare(models, replicates=50)
    assert comparison.pairs[0].posterior is None
    assert "Practical equivalence" not in comparison.to_html(plotly="none")
    assert "posterior" not in str(comparison)
    with pytest.raises(InputError, match="Invalid rope 1"):
        evalkit.compare(models, rope=1)


def test_matrices_are_independent_samples(make_evaluation: MakeEvaluation) -> None:
    models = [make_evaluation(name, seed=i) for i, name in enumerate("ab")]
    matrices = [Evaluation(each.name, each.confusion_matrix) for each in models]
    (pair,) = evalkit.compare(matrices, replicates=50, rope=0.01).pairs
    right = [float(np.trace(each.confusion_matrix.counts)) for each in models]
    expected = statistics.independent_accuracy_posterior(right[0], 400, right[1], 400, rope=0.01)
    assert pair.posterior == expected


def test_weighted_samples_have_no_posterior(make_evaluation: MakeEvaluation) -> None:
    models = [
        make_evaluation(name, seed=i, sample_weight=np.r_[2.0, np.ones(399)])
        for i, name in enumerate("ab")
    ]
    comparison = evalkit.compare(models, replicates=50, rope=0.01)
    assert comparison.pairs[0].posterior is None
    assert "There is no posterior" in comparison.to_html(plotly="none")


def test_groups_of_runs(make_evaluation: MakeEvaluation) -> None:
    """Of a difference that is significant at 5 %, at least 97.5 % lie on its side of zero."""
    made = [
        make_evaluation(f"{name}{i}", seed=10 * k + i, accuracy=0.5 + 0.4 * k, group=name)
        for k, name in enumerate("ab")
        for i in range(3)
    ]
    comparison = evalkit.compare(made, replicates=200, rope=0)
    (pair,) = comparison.group_pairs
    assert pair.posterior is not None
    assert pair.differences["accuracy"].p_value is not None
    assert pair.posterior.worse == pytest.approx(pair.differences["accuracy"].p_value / 2)
    assert type(comparison).from_dict(comparison.to_dict()) == comparison
    # The runs are not compared one by one.
    assert "b − a " in str(comparison)
    assert "a1 − a0" not in str(comparison)
    section = collect(Subject(comparison))
    assert section is not None
    assert [(row.first, row.second) for row in section.rows] == [("a", "b")]
