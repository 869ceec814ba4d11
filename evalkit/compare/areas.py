"""Areas under ROC and precision–recall curves in the summary, with paired tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalkit.metrics.quantities import AREAS
from evalkit.statistics.auc_difference import auc_difference
from evalkit.statistics.average_precision import average_precision_difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.records import ModelResult, PairResult, Settings
    from evalkit.compare.summary import Answers, Question
    from evalkit.counts.counts import Counts
    from evalkit.statistics.estimates import Difference, Estimate


def areas_of(
    asked: Sequence[Question],
    counts: Counts,
    models: Sequence[ModelResult],
    pairs: Sequence[PairResult],
    settings: Settings,
) -> Answers:
    """Return the estimates and differences of the areas among the questions of a summary."""
    return {
        each: (
            [_estimate(model, each) for model in models],
            [_difference(each, counts, (p.first, p.second), settings) for p in pairs],
        )
        for each in asked
        if each.metric in AREAS
    }


def _estimate(model: ModelResult, question: Question) -> Estimate:
    assert model.probability is not None
    assert question.of_class is not None
    areas = model.probability
    by_class = areas.auc if question.metric == "roc_auc" else areas.average_precision
    return by_class[question.of_class]


def _difference(
    question: Question, counts: Counts, pair: tuple[int, int], settings: Settings
) -> Difference:
    k = question.of_class
    assert k is not None
    if question.metric == "roc_auc":
        return auc_difference(counts, pair, k, settings.confidence)
    return average_precision_difference(counts, pair, k, settings.confidence, seed=settings.seed)
