"""The metrics of the summary: the primary metric, those beside it, and the baseline."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy.special import entr

from evalkit.compare.metric_set import overall_metrics
from evalkit.compare.records import SummaryMetric
from evalkit.errors import InputError
from evalkit.metrics.catalog import lookup
from evalkit.metrics.count.marginals import Marginals
from evalkit.metrics.quantities import COST, LOSSES, Quantity, parse_metric
from evalkit.nearest import suggestion
from evalkit.statistics.count_metric import count_metric
from evalkit.statistics.estimates import Difference, Estimate, holm_judged, known_estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalkit.compare.records import (
        Costs,
        GroupPair,
        GroupResult,
        ModelResult,
        PairResult,
        Settings,
    )
    from evalkit.metrics.count.marginals import FloatArray
    from evalkit.statistics.estimates import ModelEstimator, PairEstimator

Answers: TypeAlias = "Mapping[Question, tuple[Sequence[Estimate], Sequence[Difference]]]"

OF_SAMPLES = ("accuracy", "precision_macro", "recall_macro", "f1_macro", "matthews_corrcoef")
OF_POSITIVE = ("recall", "precision", "f1", "average_precision")


@dataclass(frozen=True)
class Question:
    """A metric of the whole model, or of the class at a position."""

    metric: str
    of_class: int | None = None

    @property
    def by_counts(self) -> str | None:
        """The name by which estimators know it; None for probabilities and costs."""
        if self.metric == COST or lookup(self.metric).of_counts is None:
            return None
        # Estimators keep what they know by name, and the records hold F1 as F-β.
        return re.sub(r"^f1(?=_|$)", "f_beta[1.0]", self.metric)


def named_question(name: str, classes: Sequence[str]) -> Question:
    """Return the question of a metric as gate rules write it: ``"recall[fraud]"``.

    Raises
    ------
    InputError
        If there is no such metric or class, or the metric needs a class or has none.
    """
    found = parse_metric(name)
    if found.every_class:
        raise InputError(f"{name} stands for every class. Name one class or an average.")
    if found.metric != COST and lookup(found.metric).needs == "multilabel":
        raise InputError(f"{name} needs several labels per sample. Choose another metric.")
    if found.of_class is None:
        return Question(found.metric, None)
    place = f" in the metric {name}"
    return Question(found.metric, class_position(found.of_class, classes, place))


def name_of(question: Question, classes: Sequence[str]) -> str:
    """Return the name of a metric, from which `named_question` makes the question again."""
    k = question.of_class
    return str(Quantity(question.metric, None if k is None else classes[k]))


def class_position(name: str, classes: Sequence[str], place: str = "") -> int:
    """Return the position of a class; an error says in which `place` it was named.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in classes:
        raise InputError(f'Unknown class "{name}"{place}: {suggestion(name, list(classes))}')
    return list(classes).index(name)


def positive_class(
    classes: Sequence[str], support: Sequence[float], named: str | None
) -> int | None:
    """Return the position of the positive class: the named one, or the rarer of two classes.

    Of two classes with the same number of samples, the second is positive, as in scikit-learn. A
    class without samples is positive only if it is named.
    """
    if named is not None:
        return class_position(named, classes)
    if len(classes) != 2:
        return None
    first, second = (n or np.inf for n in support)
    return 0 if first < second else 1


def questions(
    primary: Question, positive: int | None, *, with_probabilities: bool, with_costs: bool
) -> tuple[Question, ...]:
    """Return what the summary answers, the primary metric first."""
    if positive is None:
        asked = [Question(key) for key in OF_SAMPLES]
        asked += [Question("log_loss")] * with_probabilities
    else:
        asked = [Question("accuracy")]
        asked += [Question(key, positive) for key in OF_POSITIVE[: 4 if with_probabilities else 3]]
        asked += [Question("matthews_corrcoef")]
    asked += [Question(COST)] * with_costs
    return tuple(dict.fromkeys([primary, *asked]))


def recorded_questions(
    models: Sequence[ModelResult], costs: Costs | None, positive: int | None, betas: Sequence[float]
) -> tuple[Question, ...]:
    """Return the questions that the records of an earlier version answer, accuracy first."""
    asked = questions(
        Question("accuracy"),
        positive,
        with_probabilities=all(m.probability and m.probability.overall for m in models),
        with_costs=costs is not None,
    )
    return tuple(each for each in asked if each.metric == COST or is_recorded(each, betas))


def counted_estimate(question: Question, estimator: ModelEstimator, confidence: float) -> Estimate:
    """Return the estimate of a count metric of one model."""
    name = question.by_counts
    assert name is not None, question
    values, limits = estimator.value(name), estimator.limits(name, confidence)
    k = () if question.of_class is None else question.of_class
    return known_estimate(
        float(values[k]), float(limits.low[k]), float(limits.high[k]), limits.method
    )


def counted_difference(
    question: Question, estimator: PairEstimator, confidence: float
) -> Difference:
    """Return the difference of a count metric of a pair."""
    name = question.by_counts
    assert name is not None, question
    return estimator.differences(name, confidence)[question.of_class or 0]


@dataclass(frozen=True)
class Known:
    """What the answers are taken from.

    Records of models and pairs hold most metrics. `counted` has the estimates and differences of
    other count metrics, `areas` those of areas under curves, and `over_groups` those of groups of
    runs that their records do not hold.
    """

    models: Sequence[ModelResult]
    pairs: Sequence[PairResult]
    support: Sequence[float]
    costs: Costs | None = None
    groups: Sequence[GroupResult] = ()
    group_pairs: Sequence[GroupPair] = ()
    counted: Answers = field(default_factory=dict)
    areas: Answers = field(default_factory=dict)
    over_groups: Answers = field(default_factory=dict)


def summary_metric(question: Question, known: Known, settings: Settings) -> SummaryMetric:
    """Return the answer to a question for all models, pairs and groups."""
    models, pairs = _of_models(question, known)
    groups, group_pairs = known.over_groups.get(question) or _of_groups(question, known)
    return SummaryMetric(
        metric=question.metric,
        of_class=question.of_class,
        models=tuple(models),
        pairs=holm_judged(pairs, settings.alpha),
        groups=tuple(groups),
        group_pairs=tuple(group_pairs),
        baseline=baseline_value(question, known.support, known.costs),
    )


def _of_models(question: Question, known: Known) -> tuple[Sequence[Estimate], Sequence[Difference]]:
    metric, k = question.metric, question.of_class
    if metric == COST:
        assert known.costs is not None
        return [each.expected for each in known.costs.models], known.costs.pairs
    if metric in LOSSES:
        return (
            [m.probability.overall[metric] for m in known.models if m.probability is not None],
            [pair.probability.get(metric, Difference(None)) for pair in known.pairs],
        )
    for answers in (known.counted, known.areas):
        if question in answers:
            return answers[question]
    key = key_of_record(question)
    if k is None:
        return [m.overall[key] for m in known.models], [p.overall[key] for p in known.pairs]
    return [m.per_class[key][k] for m in known.models], [p.per_class[key][k] for p in known.pairs]


def _of_groups(question: Question, known: Known) -> tuple[Sequence[Estimate], Sequence[Difference]]:
    key = key_of_record(question)
    if question.of_class is not None or any(key not in each.metrics for each in known.groups):
        return (), ()
    return (
        [each.metrics[key].mean for each in known.groups],
        [each.differences[key] for each in known.group_pairs],
    )


def key_of_record(question: Question) -> str:
    """Return the key of a metric in `ModelResult.overall` or `per_class`."""
    metric = question.metric
    return {"f1": "f_beta[1]", "f1_macro": "f_beta_macro[1]"}.get(metric, metric)


def is_recorded(question: Question, betas: Sequence[float]) -> bool:
    """Return whether results without samples hold the metric."""
    key = key_of_record(question)
    if question.of_class is None:
        return key in overall_metrics(betas) or key in LOSSES
    return key in ("precision", "recall") or (key == "f_beta[1]" and 1.0 in betas)


def baseline_class(support: Sequence[float], costs: Costs | None, primary: Question) -> int:
    """Return the class of the constant prediction: the most frequent one, or the cheapest."""
    counts = np.asarray(support, np.float64)
    if primary.metric == COST and costs is not None:
        return int((counts @ np.asarray(costs.matrix)).argmin())
    return int(counts.argmax())


def constant_counts(support: Sequence[float] | FloatArray, k: int) -> FloatArray:
    """Return the confusion matrix (K, K) of predicting the class at `k` for every sample."""
    counts = np.zeros((len(support), len(support)))
    counts[:, k] = support
    return counts


def baseline_value(
    question: Question, support: Sequence[float], costs: Costs | None
) -> float | None:
    """Return a metric of the constant prediction of the most frequent class; None if undefined.

    Its probabilities are the class frequencies, and its cost is that of the cheapest class.
    """
    shares = np.asarray(support, np.float64)
    shares = shares / shares.sum()
    name, k = question.by_counts, question.of_class
    if question.metric == COST:
        assert costs is not None
        return float((shares @ np.asarray(costs.matrix)).min())
    if name is not None:
        constant = Marginals.of(constant_counts(support, int(shares.argmax())))
        with np.errstate(invalid="ignore"):
            value = np.asarray(count_metric(name)(constant), np.float64)[() if k is None else k]
        return float(value) if np.isfinite(value) else None
    if question.metric == "log_loss":
        return float(entr(shares).sum())
    if question.metric == "brier_score":
        return float(1 - np.square(shares).sum()) / (2 if len(shares) == 2 else 1)
    if question.metric.startswith("roc_auc"):
        return 0.5
    if question.metric == "average_precision" and k is not None:
        return float(shares[k])
    return None
