"""The verdict in two sentences: which model leads and by how much, if that is significant."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from evalkit.compare.records import Verdict
from evalkit.phrasing import (
    confidence_text,
    count,
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

    They say what the pairs say, corrected for their number. If all models are runs of groups, they
    are about the groups.
    """
    if len(comparison.models) == 1:
        return _single(comparison)
    if comparison.group_ranking:
        return _of_groups(comparison)
    pair = comparison.leading_pair
    models, leader = comparison.models, comparison.ranking[0]
    apart = comparison.best == (leader,)
    if len(models) > 2:
        headline = _headline_of_many(comparison)
    elif pair.only_first == pair.only_second == 0:
        return _always_equally_right(comparison, pair)
    else:
        headline = _headline_of_two(comparison, pair, models[leader])
    return Verdict(
        headline, _lede(comparison, pair), leader if apart else None, apart, comparison.best
    )


def _headline_of_two(comparison: Comparison, pair: PairResult, best: ModelResult) -> str:
    gap = pair.overall["accuracy"]
    first, second = comparison.models[pair.first], comparison.models[pair.second]
    if gap.significant:
        worse = first if best is second else second
        return (
            f"{best.name} leads by {size_in_points(gap.value or 0.0)} points of accuracy: "
            f"{_accuracy(best)} against {_accuracy(worse)}"
        )
    return (
        f"No significant difference in accuracy{_numbers(gap, comparison)}: "
        f"{first.name} {_accuracy(first)}, {second.name} {_accuracy(second)}"
    )


def _numbers(gap: Difference, comparison: Comparison) -> str:
    """Return a difference, its interval and its p-value, in brackets."""
    numbers = [f"{points(gap.value or 0.0)} points"]
    if gap.low is not None and gap.high is not None:
        level = confidence_text(comparison.settings.confidence)
        numbers.append(f"{level} CI {points_range(gap.low, gap.high)}")
    p = gap.p_value if gap.p_adjusted is None else gap.p_adjusted
    if p is not None:
        numbers.append(p_value(p))
    return f" ({', '.join(numbers)})"


def _lede(comparison: Comparison, pair: PairResult) -> str:
    """Return the difference of the leading pair with its test, and what restricts it."""
    gap = pair.overall["accuracy"]
    first, second = comparison.models[pair.first].name, comparison.models[pair.second].name
    parts = []
    if pair.only_first == pair.only_second == 0:
        parts.append(
            f"{first} and {second} {_same(pair)}. They share the highest accuracy of "
            f"{plural(len(comparison.models), 'model')}."
        )
    elif len(comparison.models) == 2 and not gap.significant:
        parts.append(f"Difference: {second} − {first}. Test: {gap.test or 'none'}.")
    else:
        interval = _interval(gap, comparison.settings.confidence)
        parts.append(
            f"Difference in accuracy, {second} − {first}: {points(gap.value or 0.0)} "
            f"points{interval}; {_test(gap)}."
        )
    if not pair.paired:
        parts.append("The samples of the models are treated as independent.")
    parts.append(_not_to_be_missed(comparison, pair, apart=gap.significant))
    parts.append(_selected(comparison))
    return " ".join(part for part in parts if part)


def _selected(comparison: Comparison) -> str:
    """Return the interval of the highest of several accuracies, corrected for its selection."""
    found, leader = comparison.leader_accuracy, comparison.models[comparison.ranking[0]]
    if found is None or found.low is None or found.high is None:
        return ""
    return (
        f"Corrected for its selection from {len(comparison.models)} models, the "
        f"{confidence_text(comparison.settings.confidence)} interval of {leader.name} is "
        f"{percent_range(found.low, found.high)}\N{NO-BREAK SPACE}%."
    )


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
        return "without a test"
    suffix = ", corrected for all pairs" if corrected and gap.p_adjusted != gap.p_value else ""
    return f"{gap.test} {p_value(p)}{suffix}"


def _single(comparison: Comparison) -> Verdict:
    model = comparison.models[0]
    accuracy = model.overall["accuracy"]
    samples = plural(comparison.n_samples, "sample")
    if accuracy.value is None or comparison.sampling.weighted:
        headline = f"{model.name}: accuracy {_accuracy(model)}, {samples}"
    else:
        correct = count(round(accuracy.value * comparison.n_samples, 2))
        headline = f"{model.name} predicts {correct} of {samples} correctly ({_accuracy(model)})"
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
        (low, worst), (high, best) = (
            min(recalls),
            max(recalls, key=lambda each: (each[0], -each[1])),
        )
        parts.append(
            f'Recall is highest for "{comparison.classes[best]}" '
            f"({share_of_class(comparison, high, best)}) and lowest for "
            f'"{comparison.classes[worst]}" ({share_of_class(comparison, low, worst)}).'
            if low < high
            else f"Recall is {percent_sign(low)} for each class with samples."
        )
    elif len(recalls) == 1 and len(comparison.classes) > 1:
        only = comparison.classes[recalls[0][1]]
        parts.append(f'Only "{only}" occurs in the data. Other classes cannot be evaluated.')
    return Verdict(headline, " ".join(parts), None, False)


def share_of_class(comparison: Comparison, share: float, k: int) -> str:
    """Return a share of the samples of a class with its count; weighted samples have none."""
    if comparison.sampling.weighted:
        return percent_sign(share)
    support = comparison.support[k]
    return f"{count(round(share * support, 2))} of {count(support)}, {percent_sign(share)}"


def _always_equally_right(comparison: Comparison, pair: PairResult) -> Verdict:
    first, second = comparison.models[pair.first], comparison.models[pair.second]
    headline = f"{first.name} and {second.name} {_same(pair)}: {_accuracy(first)} accuracy"
    lede = "The difference is 0, p = 1."
    if pair.changed_cells:
        lede += " They misclassify the same samples, with different predictions."
    return Verdict(headline, lede, None, False, comparison.best)


def _same(pair: PairResult) -> str:
    if pair.changed_cells:
        return "predict exactly the same samples correctly"
    return "make the same predictions"


def _headline_of_many(comparison: Comparison) -> str:
    """Return what the corrected pairs say of three or more models."""
    models, ranking = comparison.models, comparison.ranking
    best = models[ranking[0]]
    apart = [pair for pair in comparison.pairs if pair.overall["accuracy"].significant]
    if comparison.best == (ranking[0],):
        return f"{best.name} leads {len(models)} models with {_accuracy(best)} accuracy"
    if not apart:
        return (
            f"No significant difference in accuracy between {len(models)} models: "
            f"{_accuracy(models[ranking[-1]])} to {_accuracy(best)}"
        )
    rivals = [
        models[i].name
        for i in ranking[1:]
        if not comparison.pair(ranking[0], i).overall["accuracy"].significant
    ]
    named = joined(rivals) if len(rivals) <= 2 else f"{len(rivals)} other models"
    headline = (
        f"{best.name} has the highest accuracy, {_accuracy(best)}, with no significant difference "
        f"from {named}"
    )
    if len(rivals) < len(models) - 1:
        return headline
    # The leader is apart from none, so the headline names another pair that is.
    widest = max(apart, key=lambda pair: abs(pair.overall["accuracy"].value or 0.0))
    gap = widest.overall["accuracy"].value or 0.0
    better, worse = (widest.second, widest.first) if gap > 0 else (widest.first, widest.second)
    return f"{headline}; {models[better].name} leads {models[worse].name}"


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
            f"Their errors differ by class: {second} has a higher recall of "
            f'"{comparison.classes[up[1]]}" ({points(up[0])} points) and a lower recall of '
            f'"{comparison.classes[down[1]]}" ({points(down[0])}).'
        )
    if up and down:
        value, k = up if abs(up[0]) >= abs(down[0]) else down
        better, worse = (second, first) if value > 0 else (first, second)
        return (
            f"The largest significant difference by class is in the recall of "
            f'"{comparison.classes[k]}": {better} is {size_in_points(value)} points above {worse}.'
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
            f" Difference in accuracy of these two model files, {second} − {first}: "
            f"{points(gap.value or 0.0)} points{interval}; {_test(gap)}."
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
    told = difference_over_seeds(comparison, pair)
    text = f"{told[0].upper()}{told[1:]}."
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
        f"the difference in mean accuracy, {second} − {first}, is {points(gap.value or 0.0)} "
        f"points{tested}; a run of {better} is better than one of {worse} with probability "
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
