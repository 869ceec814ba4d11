"""The verdict in two sentences: which model leads and by how much, if that is significant."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from evalkit.compare.records import Verdict
from evalkit.phrasing import (
    confidence_text,
    joined,
    p_value,
    percent_range,
    percent_sign,
    plural,
    points,
    points_range,
    size_in_points,
)
from evalkit.statistics.seeds import FEW_RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import GroupPair, GroupResult, ModelResult, PairResult
    from evalkit.statistics.estimates import Difference

WIDE_DIFFERENCE = 0.05


def verdict(comparison: Comparison) -> Verdict:
    """Return the headline and the lede of a comparison, made from its accuracies.

    If all models are runs of groups, they are about the groups.
    """
    if len(comparison.models) == 1:
        return _single(comparison)
    if comparison.group_ranking:
        return _of_groups(comparison)
    ranking = comparison.ranking
    leader, runner_up = ranking[0], ranking[1]
    pair = comparison.leading_pair
    gap = pair.overall["accuracy"]
    models = comparison.models
    if pair.paired and pair.only_first == 0 and pair.only_second == 0:
        return _always_equally_right(comparison, pair)
    best, second = models[leader], models[runner_up]
    apart = gap.significant
    if len(models) == 2:
        headline = (
            f"{best.name} leads by {size_in_points(gap.value or 0.0)} points of accuracy: "
            f"{_accuracy(best)} against {_accuracy(second)}"
            if apart
            else f"No difference that {plural(comparison.n_samples, 'sample')} can show: "
            f"{models[0].name} {_accuracy(models[0])}, {models[1].name} {_accuracy(models[1])}"
        )
    else:
        headline = _headline_of_many(comparison, ranking)
    interval = _interval(gap, comparison.settings.confidence)
    lede = (
        f"{models[pair.second].name} − {models[pair.first].name} is {points(gap.value or 0.0)} "
        f"points of accuracy{interval}; {_test(gap)}. "
        f"{_not_to_be_missed(comparison, pair, apart=apart)}"
    )
    return Verdict(headline, lede.rstrip(), leader if apart else None, apart)


def _accuracy(model: ModelResult) -> str:
    value = model.overall["accuracy"].value
    return "n/a" if value is None else percent_sign(value)


def _interval(gap: Difference, confidence: float) -> str:
    if gap.low is None or gap.high is None:
        return ""
    return f", {confidence_text(confidence)} interval {points_range(gap.low, gap.high)}"


def _test(gap: Difference) -> str:
    corrected = gap.p_adjusted is not None and gap.p_value is not None
    p = gap.p_adjusted if corrected else gap.p_value
    if p is None:
        return "no test can be made from what is known"
    suffix = ", corrected for all pairs" if corrected and gap.p_adjusted != gap.p_value else ""
    return f"{gap.test} {p_value(p)}{suffix}"


def _single(comparison: Comparison) -> Verdict:
    model = comparison.models[0]
    accuracy = model.overall["accuracy"]
    samples = plural(comparison.n_samples, "sample")
    headline = f"{model.name} is right on {_accuracy(model)} of {samples}"
    parts = []
    if accuracy.low is not None and accuracy.high is not None:
        parts.append(
            f"The {confidence_text(comparison.settings.confidence)} interval of its accuracy is "
            f"{percent_range(accuracy.low, accuracy.high)}\N{NO-BREAK SPACE}%."
        )
    recalls = [
        (estimate.value, k)
        for k, estimate in enumerate(model.per_class["recall"])
        if estimate.value is not None
    ]
    if len(recalls) > 1:
        (low, worst), (high, best) = min(recalls), max(recalls)
        parts.append(
            f"It finds {comparison.classes[best]} most often, {percent_sign(high)} of them, and "
            f"{comparison.classes[worst]} least, {percent_sign(low)}."
        )
    elif len(recalls) == 1 and len(comparison.classes) > 1:
        only = comparison.classes[recalls[0][1]]
        parts.append(f"Only {only} occurs in the data, so nothing is known of the other classes.")
    return Verdict(headline, " ".join(parts), None, False)


def _always_equally_right(comparison: Comparison, pair: PairResult) -> Verdict:
    first, second = comparison.models[pair.first], comparison.models[pair.second]
    identical = not pair.changed_cells
    what = "make the same predictions" if identical else "are right on exactly the same samples"
    headline = f"{first.name} and {second.name} {what}: {_accuracy(first)} accuracy"
    lede = "The difference is 0, p = 1."
    if not identical:
        lede += " Where they are wrong, they differ in what they predict instead."
    if len(comparison.models) > 2:
        lede = f"They share the highest accuracy of {len(comparison.models)} models. {lede}"
    return Verdict(headline, lede, None, False)


def _headline_of_many(comparison: Comparison, ranking: Sequence[int]) -> str:
    models = comparison.models
    best = models[ranking[0]]
    tied = [models[i].name for i in ranking[1:] if set(models[i].letters) & set(best.letters)]
    if not tied:
        return f"{best.name} leads {len(models)} models with {_accuracy(best)} accuracy"
    if len(tied) == len(models) - 1:
        return (
            f"No difference that {plural(comparison.n_samples, 'sample')} can show between "
            f"{len(models)} models: {_accuracy(models[ranking[-1]])} to {_accuracy(best)}"
        )
    names = joined(tied) if len(tied) <= 2 else f"{len(tied)} more"
    return f"{best.name} is ahead with {_accuracy(best)}, but {names} cannot be told from it"


def _not_to_be_missed(comparison: Comparison, pair: PairResult, *, apart: bool) -> str:
    """Return the most important restriction of the conclusion."""
    accuracy = pair.overall["accuracy"]
    moved = [
        (difference.value, k)
        for k, difference in enumerate(pair.per_class["recall"])
        if difference.significant and difference.value is not None
    ]
    up = max(moved, default=None)
    down = min(moved, default=None)
    first, second = comparison.models[pair.first].name, comparison.models[pair.second].name
    if up and down and up[0] > 0 > down[0]:
        return (
            f"They {'fail' if apart else 'still fail'} differently: {second} finds "
            f"{comparison.classes[up[1]]} more often ({points(up[0])} points of recall) and "
            f"{comparison.classes[down[1]]} less often ({points(down[0])})."
        )
    if up and down:
        value, k = up if abs(up[0]) >= abs(down[0]) else down
        better, worse = (second, first) if value > 0 else (first, second)
        return (
            f"The largest difference is {comparison.classes[k]}: {better} finds "
            f"{size_in_points(value)} points more of them than {worse}."
        )
    if accuracy.low is not None and accuracy.high is not None and not apart:
        reach = max(abs(accuracy.low), abs(accuracy.high))
        if reach > WIDE_DIFFERENCE:
            return (
                f"The interval is wide: the true difference may be as large as "
                f"{size_in_points(reach)} points."
            )
    return ""


def _of_groups(comparison: Comparison) -> Verdict:
    """Return the headline and the lede for groups, made from their mean accuracies.

    One run says nothing about seeds, so only groups of at least two runs are compared.
    """
    groups = comparison.groups
    tested = [i for i in comparison.group_ranking if len(groups[i].runs) > 1]
    single = [groups[i].name for i in comparison.group_ranking if len(groups[i].runs) == 1]
    if len(tested) < 2:
        return _one_run_each(comparison, single)
    best = groups[tested[0]]
    tied = [i for i in tested[1:] if not _gap(comparison, tested[0], i).significant]
    apart = tested[1] not in tied
    lede = _group_lede(comparison, _group_pair(comparison, *tested[:2]))
    if single:
        have = "has" if len(single) == 1 else "have"
        lede += f" {joined(single)} {have} one run, which says nothing about seeds."
    return Verdict(
        _group_headline(comparison, tested, tied),
        lede,
        next(i for i in comparison.ranking if i in best.runs) if apart else None,
        apart,
    )


def _one_run_each(comparison: Comparison, single: list[str]) -> Verdict:
    """Return the verdict on groups that cannot be compared, because they have only one run."""
    order = [comparison.groups[i] for i in comparison.group_ranking]
    if len(single) == len(order):
        headline = "One run per configuration says nothing about seeds"
    else:
        have = "has" if len(single) == 1 else "have"
        headline = f"{joined(single)} {have} only one run, which says nothing about seeds"
    values = ", ".join(f"{group.name} {_mean_accuracy(group)}" for group in order)
    lede = "Compare at least two runs of each configuration."
    if len(comparison.models) == len(order):
        pair = comparison.leading_pair
        first, second = (comparison.models[i].name for i in (pair.first, pair.second))
        gap = pair.overall["accuracy"]
        interval = _interval(gap, comparison.settings.confidence)
        lede += (
            f" Between these two model files, {second} − {first} is {points(gap.value or 0.0)} "
            f"points of accuracy{interval}; {_test(gap)}."
        )
    return Verdict(f"{headline}: {values}", lede, None, False)


def _group_headline(comparison: Comparison, tested: list[int], tied: list[int]) -> str:
    groups = [comparison.groups[i] for i in tested]
    first, *others = groups
    runs = _runs(groups)
    if not tied:
        if len(others) > 1:
            return (
                f"{first.name} leads {len(groups)} configurations with {_mean_accuracy(first)} "
                f"accuracy over {runs}"
            )
        gap = _gap(comparison, *tested).value or 0.0
        return (
            f"{first.name} leads by {size_in_points(gap)} points of accuracy over {runs}: "
            f"{_mean_accuracy(first)} against {_mean_accuracy(others[0])}"
        )
    pairs = list(combinations(tested, 2))
    differ = sum(_gap(comparison, *pair).significant for pair in pairs)
    if differ:
        names = [comparison.groups[i].name for i in tied]
        told = joined(names) if len(names) <= 2 else f"{len(names)} more"
        return (
            f"{first.name} has the highest mean accuracy over {runs}, {_mean_accuracy(first)}, but "
            f"not significantly higher than {told}; significant pairs: {differ} of {len(pairs)}"
        )
    if len(others) == 1:
        values = ", ".join(f"{group.name} {_mean_accuracy(group)}" for group in groups)
        return f"No significant difference in mean accuracy over {runs}: {values}"
    return (
        f"No significant difference in mean accuracy between {len(groups)} configurations over "
        f"{runs}: {_mean_accuracy(others[-1])} to {_mean_accuracy(first)}"
    )


def _group_lede(comparison: Comparison, pair: GroupPair) -> str:
    first, second = comparison.groups[pair.first], comparison.groups[pair.second]
    text = f"{difference_over_seeds(comparison, pair)}."
    runs = min(len(first.runs), len(second.runs))
    if runs < FEW_RUNS and not pair.differences["accuracy"].significant:
        text += f" With {runs} runs only a large difference can be significant."
    return text


def difference_over_seeds(comparison: Comparison, pair: GroupPair) -> str:
    """Return the difference of two groups with its test, and which runs are better how often."""
    first, second = comparison.groups[pair.first].name, comparison.groups[pair.second].name
    gap, level = pair.differences["accuracy"], confidence_text(comparison.settings.confidence)
    tested = ""
    if gap.low is not None and gap.high is not None and gap.p_value is not None:
        p = gap.p_value if gap.p_adjusted is None else gap.p_adjusted
        corrected = ", corrected for all pairs" if p != gap.p_value else ""
        tested = (
            f" ({level} interval {points_range(gap.low, gap.high)} and {p_value(p)}{corrected}, "
            "over seeds and samples)"
        )
    chance = pair.improvement.get("accuracy")
    share = pair.probability_of_improvement["accuracy"]
    better, worse = (second, first) if share >= 0.5 else (first, second)
    spread = ""
    if chance is not None and chance.low is not None and chance.high is not None:
        low, high = chance.low, chance.high
        if share < 0.5:
            low, high = 1 - high, 1 - low
        spread = f" ({level} interval {low:.2f} to {high:.2f} over seeds, for these samples)"
    return (
        f"{second} − {first} is {points(gap.value or 0.0)} points of mean accuracy{tested}; a run "
        f"of {better} is better than one of {worse} with probability "
        f"{max(share, 1 - share):.2f}{spread}"
    )


def _gap(comparison: Comparison, one: int, other: int) -> Difference:
    return _group_pair(comparison, one, other).differences["accuracy"]


def _group_pair(comparison: Comparison, one: int, other: int) -> GroupPair:
    return next(p for p in comparison.group_pairs if {p.first, p.second} == {one, other})


def _runs(groups: Sequence[GroupResult]) -> str:
    """Return ``"3 runs each"``, or ``"7 runs in all"`` if numbers differ."""
    numbers = [len(group.runs) for group in groups]
    if len(set(numbers)) == 1:
        return f"{plural(numbers[0], 'run')} each"
    return f"{plural(sum(numbers), 'run')} in all"


def _mean_accuracy(group: GroupResult) -> str:
    return percent_sign(group.metrics["accuracy"].mean.value or 0.0)
