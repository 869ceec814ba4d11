"""The verdict in two sentences: which model is better in the primary metric, if that is known."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from evalkit.compare.records import Verdict
from evalkit.compare.summary import key_of_record, named_question
from evalkit.metrics.quantities import AREAS
from evalkit.narrative.wording import Wording
from evalkit.phrasing import (
    confidence_text,
    count,
    joined,
    p_value,
    percent_range,
    percent_sign,
    plural,
    points,
)
from evalkit.statistics.estimates import Estimate
from evalkit.statistics.multiplicity import holm
from evalkit.statistics.seeds import FEW_RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import GroupPair, GroupResult, PairResult, SummaryMetric
    from evalkit.statistics.estimates import Difference

WIDE_DIFFERENCE = 0.05
BESIDE = 0.2
"""Metrics beside the primary one are named at this share of α, corrected for all of them, so that
the whole headline of two equal models makes a claim in little more than α of all cases."""


def verdict(comparison: Comparison) -> Verdict:
    """Return the headline and the lede of a comparison, made from its primary metric.

    They say what the pairs say, corrected for their number. If all models are runs of groups, they
    are about the groups.
    """
    if len(comparison.models) == 1:
        return _single(comparison)
    if comparison.group_ranking:
        return _of_groups(comparison)
    pair = comparison.leading_pair
    models, leader = comparison.models, comparison.ranking[0]
    apart = comparison.best == (leader,) and len(_defined(comparison)) > 1
    if len(models) > 2:
        headline = _headline_of_many(comparison)
    elif pair.paired and not pair.changed_cells and _are_equal(comparison):
        return _of_equal_predictions(comparison, pair)
    else:
        headline = _headline_of_two(comparison)
    return Verdict(
        headline, _lede(comparison, pair), leader if apart else None, apart, comparison.best
    )


def words(comparison: Comparison) -> Wording:
    """Return the words for the primary metric of a comparison."""
    return Wording.of(comparison.primary, comparison.classes)


def _defined(comparison: Comparison) -> list[int]:
    """Return the positions of the models whose primary metric is defined, the best first."""
    values = comparison.primary.models
    return [i for i in comparison.ranking if values[i].value is not None]


def _are_equal(comparison: Comparison) -> bool:
    """Return whether two models have the same metrics, as far as they are shown."""
    return not any(_are_shown_apart(comparison, each) for each in comparison.summary_metrics)


def _headline_of_two(comparison: Comparison) -> str:
    said, primary = words(comparison), comparison.primary
    gap, models = primary.pairs[0], comparison.models
    texts = said.values(*primary.models)
    if not gap.significant:
        beside = _beside(comparison)
        values = ", ".join(f"{m.name} {v}" for m, v in zip(models, texts, strict=True))
        if gap.p_value is None:
            why = "is undefined" if gap.value is None else "is not tested"
            return f"The difference in {said.name} {why}: {values}{beside}"
        return f"No significant difference in {said.name}: {values}{beside}"
    if texts[0] == texts[1]:
        # Rounding of the same numbers, as after an export, can differ on every sample.
        first, second = (model.name for model in models)
        return f"{first} and {second} have the same {said.name} as far as it is shown: {texts[0]}"
    best = 1 - (primary.loser(gap, 0, 1) or 0)
    unit = " per sample" if said.unit == "cost" else ""
    values = f"{texts[best]}{unit} against {texts[1 - best]}"
    leads = f"{models[best].name} has the {said.better} {said.name}"
    beside = _beside(comparison, best)
    return f"{leads}, {values}{beside}" if beside else f"{leads}: {values}"


def _beside(comparison: Comparison, best: int | None = None) -> str:
    """Return what differs between two models beside the primary metric; empty if nothing does.

    A contradiction comes first. If the primary metric has a winner, `best`, and is not about the
    positive class itself, a metric of that class is named otherwise.
    """
    others = comparison.summary_metrics[1:]
    p = [1.0 if each.pairs[0].p_value is None else each.pairs[0].p_value for each in others]
    level = BESIDE * comparison.settings.alpha
    differing = [
        (each, 1 - (each.loser(each.pairs[0], 0, 1) or 0))
        for each, adjusted in zip(others, holm(p), strict=True)
        if adjusted < level and each.pairs[0].significant and _are_shown_apart(comparison, each)
    ]
    found = [(each, winner) for each, winner in differing if best is not None and winner != best]
    if not found and (best is None or comparison.primary.of_class is None):
        found = [each for each in differing if best is None or each[0].of_class is not None]
    if not found:
        return ""
    metric, winner = found[0]
    said = Wording.of(metric, comparison.classes)
    texts = said.values(*metric.models)
    values = f"{said.better} {said.name}, {texts[winner]} against {texts[1 - winner]}"
    if winner == best:
        return f", and the {values}"
    return f"; {comparison.models[winner].name} has the {values}"


def _are_shown_apart(comparison: Comparison, metric: SummaryMetric) -> bool:
    first, second = Wording.of(metric, comparison.classes).values(*metric.models)
    return first != second


def _lede(comparison: Comparison, pair: PairResult) -> str:
    """Return the difference of the leading pair with its test, and what restricts it."""
    gap = comparison.gap(pair.first, pair.second)
    first, second = comparison.models[pair.first].name, comparison.models[pair.second].name
    parts = []
    if pair.paired and not gap.value and not pair.changed_cells and len(comparison.models) > 2:
        parts.append(f"{first} and {second} make the same predictions.")
    else:
        parts.append(
            f"Difference in {words(comparison).name}, {second} − {first}: "
            f"{difference_text(comparison, gap)}."
        )
    if not pair.paired:
        parts.append("The samples of the models are treated as independent.")
    parts.append(not_above_baseline(comparison))
    parts.append(_not_to_be_missed(comparison, pair, apart=gap.significant))
    parts.append(_selected(comparison))
    return " ".join(part for part in parts if part)


def difference_text(comparison: Comparison, gap: Difference) -> str:
    """Return a difference in the primary metric with its interval and its p-value."""
    if gap.value is None:
        return f"n/a ({gap.undefined or 'undefined'})"
    said, numbers = words(comparison), []
    if gap.low is not None and gap.high is not None:
        level = confidence_text(comparison.settings.confidence)
        numbers.append(f"{level} CI {said.span(gap.low, gap.high)}")
    p = gap.p_value if gap.p_adjusted is None else gap.p_adjusted
    if p is None:
        numbers.append("not tested")
    else:
        corrected = ", corrected for all pairs" if p != gap.p_value else ""
        numbers.append(f"{gap.test} {p_value(p)}{corrected}".strip())
    return f"{said.gap(gap.value)} ({', '.join(numbers)})"


def not_above_baseline(comparison: Comparison) -> str:
    """Return which models are not better than the baseline; empty if all are.

    Where the difference is not tested, the value decides.
    """
    baseline, primary = comparison.baseline, comparison.primary
    if baseline is None or primary.baseline is None:
        return ""
    said = words(comparison)
    worse: list[str] = []
    level: list[str] = []
    behind: list[str] = []
    for model, gap in zip(comparison.models, baseline.gaps, strict=True):
        if gap.value is None or (gap.significant and (gap.value > 0) == primary.higher_is_better):
            continue
        if gap.significant:
            worse.append(model.name)
        elif gap.low is not None:
            level.append(model.name)
        elif gap.value == 0 or (gap.value > 0) != primary.higher_is_better:
            behind.append(model.name)
    (value,) = said.values(Estimate(primary.baseline))
    against = f"{_constant(comparison)} ({said.name} {value})"
    parts = []
    for names, what in (
        (worse, "significantly worse"),
        (level, "not significantly better"),
        (behind, "not better"),
    ):
        if names:
            shown = joined(names) if len(names) <= 3 else f"{len(names)} models"
            parts.append(f"{shown} {'is' if len(names) == 1 else 'are'} {what} than {against}.")
    return " ".join(parts)


def _constant(comparison: Comparison) -> str:
    """Return what the baseline does."""
    assert comparison.baseline is not None
    unit = comparison.primary.metric
    if unit in ("log_loss", "brier_score"):
        return "predicting the class frequencies"
    if unit.startswith(AREAS):
        return "scores at random"
    return f'always predicting "{comparison.classes[comparison.baseline.of_class]}"'


def _selected(comparison: Comparison) -> str:
    """Return the interval of the best of several values, corrected for its selection."""
    found, leader = comparison.leader_estimate, comparison.models[comparison.ranking[0]]
    if found is None or found.low is None or found.high is None or len(_defined(comparison)) < 2:
        return ""
    limits = limits_text(words(comparison), found.low, found.high)
    return (
        f"Corrected for its selection from {len(comparison.models)} models, the "
        f"{confidence_text(comparison.settings.confidence)} interval of {leader.name} is {limits}."
    )


def limits_text(said: Wording, low: float, high: float) -> str:
    """Return an interval of values, not of differences."""
    if said.unit == "percent":
        return f"{percent_range(low, high)}\N{NO-BREAK SPACE}%"
    return f"{said.value(Estimate(low))} to {said.value(Estimate(high))}"


def _single(comparison: Comparison) -> Verdict:
    model, primary = comparison.models[0], comparison.primary
    said, found = words(comparison), primary.models[0]
    (value,) = said.values(found)
    samples = plural(comparison.n_samples, "sample")
    if found.value is None or comparison.sampling.weighted or primary.metric != "accuracy":
        headline = f"{model.name}: {said.name} {value}, {samples}"
    else:
        correct = count(round(found.value * comparison.n_samples, 2))
        headline = f"{model.name} predicts {correct} of {samples} correctly ({value})"
    parts = []
    if found.low is not None and found.high is not None:
        parts.append(
            f"The {confidence_text(comparison.settings.confidence)} interval of its {said.name} "
            f"is {limits_text(said, found.low, found.high)}."
        )
    parts.append(not_above_baseline(comparison))
    parts.append(_range_of_recall(comparison))
    return Verdict(headline, " ".join(part for part in parts if part), None, False)


def _range_of_recall(comparison: Comparison) -> str:
    """Return the classes with the highest and the lowest recall of the only model."""
    recalls = [
        (estimate.value, k)
        for k, estimate in enumerate(comparison.models[0].per_class["recall"])
        if estimate.value is not None
    ]
    if len(recalls) > 1:
        (low, worst), (high, best) = (
            min(recalls),
            max(recalls, key=lambda each: (each[0], -each[1])),
        )
        return (
            f'Recall is highest for "{comparison.classes[best]}" '
            f"({share_of_class(comparison, high, best)}) and lowest for "
            f'"{comparison.classes[worst]}" ({share_of_class(comparison, low, worst)}).'
            if low < high
            else f"Recall is {percent_sign(low)} for each class with samples."
        )
    if len(recalls) == 1 and len(comparison.classes) > 1:
        only = comparison.classes[recalls[0][1]]
        return f'Only "{only}" occurs in the data. Other classes cannot be evaluated.'
    return ""


def share_of_class(
    comparison: Comparison, share: float, k: int, *, in_brackets: bool = True
) -> str:
    """Return a share of the samples of a class with its count; weighted samples have none.

    Parameters
    ----------
    in_brackets : whether the text stands in brackets; otherwise the share does.
    """
    if comparison.sampling.weighted:
        return percent_sign(share)
    support, shown = comparison.support[k], percent_sign(share)
    counted = f"{count(round(share * support, 2))} of {count(support)}"
    return f"{counted}, {shown}" if in_brackets else f"{counted} ({shown})"


def _of_equal_predictions(comparison: Comparison, pair: PairResult) -> Verdict:
    first, second = comparison.models[pair.first], comparison.models[pair.second]
    said = words(comparison)
    (value,) = said.values(comparison.primary.models[pair.first])
    headline = f"{first.name} and {second.name} make the same predictions: {said.name} {value}"
    known = comparison.primary.models[pair.first].value is not None
    told = "The difference is 0, p = 1." if known else f"The {said.name} of both is undefined."
    parts = [told, not_above_baseline(comparison)]
    lede = " ".join(part for part in parts if part)
    return Verdict(headline, lede, None, False, comparison.best)


def _headline_of_many(comparison: Comparison) -> str:
    """Return what the corrected pairs say of three or more models."""
    models, primary, ranking = comparison.models, comparison.primary, _defined(comparison)
    said = words(comparison)
    if not ranking:
        return f"The {said.name} of all {len(models)} models is undefined"
    best = models[ranking[0]]
    (value,) = said.values(primary.models[ranking[0]])
    if len(ranking) == 1:
        return f"The {said.name} is defined for {best.name} only: {value}"
    undefined = [m.name for i, m in enumerate(models) if i not in ranking]
    named = joined(undefined) if len(undefined) <= 2 else f"{len(undefined)} models"
    without = f"; it is undefined for {named}" if undefined else ""
    apart = [
        (gap, pair)
        for pair, gap in zip(comparison.pairs, primary.pairs, strict=True)
        if gap.significant
    ]
    if comparison.best == (ranking[0],):
        leads = f"{best.name} has the {said.best} {said.name} of {len(ranking)} models"
        return f"{leads}: {value}{without}"
    if not apart:
        limits = [primary.models[ranking[-1]], primary.models[ranking[0]]]
        if said.best == "lowest":
            limits.reverse()
        ends = " to ".join(said.values(*limits))
        if all(gap.p_value is None for gap in primary.pairs):
            differences = f"The differences in {said.name} between {len(ranking)} models"
            return f"{differences} are not tested: {ends}{without}"
        return (
            f"No significant difference in {said.name} between {len(ranking)} models: "
            f"{ends}{without}"
        )
    rivals = [models[i].name for i in ranking[1:] if not comparison.gap(ranking[0], i).significant]
    named = joined(rivals) if len(rivals) <= 2 else f"{len(rivals)} other models"
    headline = (
        f"{best.name} has the {said.best} {said.name} of {len(ranking)} models, {value}, with no "
        f"significant difference from {named}"
    )
    if len(rivals) < len(ranking) - 1:
        return f"{headline}{without}"
    # The leader is apart from none, so the headline names another pair that is.
    gap, pair = max(apart, key=lambda found: abs(found[0].value or 0.0))
    worse = primary.loser(gap, pair.first, pair.second)
    better = pair.second if worse == pair.first else pair.first
    return f"{headline}; {models[better].name} is ahead of {models[worse or 0].name}{without}"


def _not_to_be_missed(comparison: Comparison, pair: PairResult, *, apart: bool) -> str:
    """Return the most important restriction of the conclusion."""
    moved = [
        (difference.value, k)
        for k, difference in enumerate(pair.per_class["recall"])
        if difference.significant and difference.value is not None
    ]
    up = max(moved, default=None)
    down = min(moved, default=None)
    second = comparison.models[pair.second].name
    if len(comparison.classes) > 2 and up and down and up[0] > 0 > down[0]:
        return (
            f"Their errors differ by class: {second} has a higher recall of "
            f'"{comparison.classes[up[1]]}" ({points(up[0])} points) and a lower recall of '
            f'"{comparison.classes[down[1]]}" ({points(down[0])}).'
        )
    gap, said = comparison.gap(pair.first, pair.second), words(comparison)
    if gap.low is not None and gap.high is not None and not apart and said.unit == "percent":
        reach = max(abs(gap.low), abs(gap.high))
        if reach > WIDE_DIFFERENCE:
            return (
                "The interval is wide: the true difference may be as large as "
                f"{said.gap(reach).lstrip('+')}."
            )
    return ""


def _of_groups(comparison: Comparison) -> Verdict:
    """Return the headline and the lede for groups, made from the means of the primary metric.

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
    values = ", ".join(
        f"{comparison.groups[i].name} {_mean(comparison, i)}" for i in comparison.group_ranking
    )
    lede = "Compare at least two runs of each configuration."
    if len(comparison.models) == len(order):
        pair = comparison.leading_pair
        first, second = (comparison.models[i].name for i in (pair.first, pair.second))
        gap = comparison.gap(pair.first, pair.second)
        lede += (
            f" Difference in {words(comparison).name} of these two model files, {second} − "
            f"{first}: {difference_text(comparison, gap)}."
        )
    return Verdict(f"{headline}: {values}", lede, None, False)


def _group_headline(comparison: Comparison, tested: list[int], tied: list[int]) -> str:
    groups = [comparison.groups[i] for i in tested]
    first, *others = groups
    runs, said = _runs(groups), words(comparison)
    means = said.values(*(comparison.primary.groups[i] for i in tested))
    if not tied:
        if len(others) > 1:
            return (
                f"{first.name} has the {said.best} mean {said.name} of {len(groups)} "
                f"configurations over {runs}: {means[0]}"
            )
        return (
            f"{first.name} has the {said.better} mean {said.name} over {runs}: {means[0]} against "
            f"{means[1]}"
        )
    pairs = list(combinations(tested, 2))
    differ = sum(_gap(comparison, *pair).significant for pair in pairs)
    if differ:
        names = [comparison.groups[i].name for i in tied]
        told = joined(names) if len(names) <= 2 else f"{len(names)} more"
        return (
            f"{first.name} has the {said.best} mean {said.name} over {runs}, {means[0]}, with no "
            f"significant difference from {told}; significant pairs: {differ} of {len(pairs)}"
        )
    if len(others) == 1:
        values = ", ".join(f"{g.name} {mean}" for g, mean in zip(groups, means, strict=True))
        return f"No significant difference in mean {said.name} over {runs}: {values}"
    return (
        f"No significant difference in mean {said.name} between {len(groups)} configurations over "
        f"{runs}: {means[-1]} to {means[0]}"
    )


def _group_lede(comparison: Comparison, pair: GroupPair) -> str:
    first, second = comparison.groups[pair.first], comparison.groups[pair.second]
    told = difference_over_seeds(comparison, pair)
    text = f"{told[0].upper()}{told[1:]}."
    runs = min(len(first.runs), len(second.runs))
    if runs < FEW_RUNS and not _gap(comparison, pair.first, pair.second).significant:
        text += f" With {runs} runs only a large difference can be significant."
    return text


def difference_over_seeds(comparison: Comparison, pair: GroupPair) -> str:
    """Return the difference of two groups with its test, and which runs are better how often."""
    first, second = comparison.groups[pair.first].name, comparison.groups[pair.second].name
    gap, level = (
        _gap(comparison, pair.first, pair.second),
        confidence_text(comparison.settings.confidence),
    )
    said, tested = words(comparison), ""
    if gap.low is not None and gap.high is not None and gap.p_value is not None:
        p = gap.p_value if gap.p_adjusted is None else gap.p_adjusted
        corrected = ", corrected for all pairs" if p != gap.p_value else ""
        tested = (
            f" ({level} CI {said.span(gap.low, gap.high)}, {p_value(p)}{corrected}, over seeds and "
            "samples)"
        )
    value = "n/a" if gap.value is None else said.gap(gap.value)
    text = f"the difference in mean {said.name}, {second} − {first}, is {value}{tested}"
    key = key_of_record(named_question(comparison.settings.metric, comparison.classes))
    share = pair.probability_of_improvement.get(key)
    if share is None:
        return text
    chance, spread = pair.improvement.get(key), ""
    better, worse = (second, first) if share >= 0.5 else (first, second)
    if chance is not None and chance.low is not None and chance.high is not None:
        low, high = chance.low, chance.high
        if share < 0.5:
            low, high = 1 - high, 1 - low
        spread = f" ({level} CI {low:.2f} to {high:.2f} over seeds, for these samples)"
    return (
        f"{text}; a run of {better} is better than one of {worse} with probability "
        f"{max(share, 1 - share):.2f}{spread}"
    )


def _gap(comparison: Comparison, one: int, other: int) -> Difference:
    pair = _group_pair(comparison, one, other)
    return comparison.primary.group_pairs[comparison.group_pairs.index(pair)]


def _group_pair(comparison: Comparison, one: int, other: int) -> GroupPair:
    return next(p for p in comparison.group_pairs if {p.first, p.second} == {one, other})


def _runs(groups: Sequence[GroupResult]) -> str:
    """Return ``"3 runs each"``, or ``"7 runs in all"`` if numbers differ."""
    numbers = [len(group.runs) for group in groups]
    if len(set(numbers)) == 1:
        return f"{plural(numbers[0], 'run')} each"
    return f"{plural(sum(numbers), 'run')} in all"


def _mean(comparison: Comparison, group: int) -> str:
    return words(comparison).values(comparison.primary.groups[group])[0]
