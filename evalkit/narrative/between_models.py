"""Findings about differences: the leading pair, all models, groups of runs, expected costs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from evalkit.compare.records import Finding
from evalkit.compare.summary import key_of_record, named_question
from evalkit.metrics.quantities import COST
from evalkit.narrative.verdict import difference_over_seeds, share_of_class, words
from evalkit.narrative.wording import Wording
from evalkit.phrasing import (
    beta_text,
    confidence_text,
    count,
    joined,
    p_value,
    plural,
    signed,
    size_in_points,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.records import Lead, PairResult
    from evalkit.statistics.estimates import Difference

NAMED_AT_MOST = 4
CLASSES_NAMED = 2
ASKED = 1.0
"""What a person asked for comes first."""


def models_apart(comparison: Comparison) -> Iterator[Finding]:
    """Yield which of three or more models differ in the primary metric, as corrected pairs say."""
    models, best = comparison.models, comparison.best
    tested = [gap for gap in comparison.primary.pairs if gap.p_value is not None]
    if len(models) < 3 or not tested:
        return
    apart = sum(gap.significant for gap in tested)
    omnibus = comparison.omnibus if comparison.primary.metric == "accuracy" else None
    record = (
        ""
        if omnibus is None
        else f" (Cochran's Q = {omnibus.statistic:.1f}, {p_value(omnibus.p_value)})"
    )
    said = (
        f"{apart} of {len(tested)} pairs of models differ" if apart else "No pair of models differs"
    )
    text = f"{said} significantly in {words(comparison).name}, corrected for all pairs{record}."
    if apart:
        names = [models[i].name for i in best]
        shown = joined(names) if len(names) <= NAMED_AT_MOST else f"{len(names)} models"
        verb = "is" if len(names) == 1 else "are"
        text += f" {shown} {verb} not significantly worse than any other model."
    yield Finding(
        "omnibus",
        "Differences between models",
        text,
        {
            "pairs": len(tested),
            "significant_pairs": apart,
            "best": [models[i].name for i in best],
            "statistic": None if omnibus is None else omnibus.statistic,
            "p_value": None if omnibus is None else omnibus.p_value,
        },
        "summary",
        effect=max((abs(gap.value or 0.0) for gap in tested if gap.significant), default=0.0),
    )


def agreement(comparison: Comparison, pair: PairResult) -> Iterator[Finding]:
    """Yield how many samples both models, one of them, or neither gets right."""
    if pair.both_right is None or pair.only_first is None or pair.only_second is None:
        return
    first, second = comparison.models[pair.first].name, comparison.models[pair.second].name
    yield Finding(
        "agreement",
        "Correct predictions",
        f"Of {plural(comparison.n_samples, 'sample')}, both models predict "
        f"{count(pair.both_right)} correctly, only {first} {count(pair.only_first)}, only {second} "
        f"{count(pair.only_second)}, and neither model {count(pair.both_wrong or 0)}.",
        {
            "both_right": pair.both_right,
            "only_first": pair.only_first,
            "only_second": pair.only_second,
            "both_wrong": pair.both_wrong,
        },
        "disagreement",
    )


def source_of_gap(comparison: Comparison, pair: PairResult) -> Iterator[Finding]:
    """Yield the classes with significant differences in recall, by their terms in accuracy."""
    gap = pair.overall["accuracy"].value
    if gap is None or len(comparison.classes) < 2:
        return
    first, second = comparison.models[pair.first], comparison.models[pair.second]
    moved = sorted(
        (k for k, difference in enumerate(pair.per_class["recall"]) if difference.significant),
        key=lambda k: -abs(pair.class_share[k]),
    )
    if not moved:
        if len(comparison.classes) > 2:
            yield Finding(
                "gap_by_class",
                "Recall by class",
                f"No class has a significant difference in recall between {first.name} and "
                f"{second.name}, corrected for {len(comparison.classes)} classes.",
                {},
                "classes",
            )
        return
    parts = []
    for k in moved[:CLASSES_NAMED]:
        before, after = first.per_class["recall"][k].value, second.per_class["recall"][k].value
        assert before is not None
        assert after is not None
        parts.append(
            f'"{comparison.classes[k]}" '
            f"{share_of_class(comparison, before, k, in_brackets=False)} in {first.name} and "
            f"{share_of_class(comparison, after, k, in_brackets=False)} in {second.name}"
        )
    rest = len(moved) - CLASSES_NAMED
    more = f"; {plural(rest, 'more class differs', 'more classes differ')}" if rest > 0 else ""
    yield Finding(
        "gap_by_class",
        "Recall by class",
        f"Significant differences in recall: {'; '.join(parts)}{more}.",
        {
            "gap": gap,
            "classes": [comparison.classes[k] for k in moved],
            "class_share": [pair.class_share[k] for k in moved],
            "p_adjusted": [pair.per_class["recall"][k].p_adjusted for k in moved],
        },
        "classes",
        effect=max(abs(pair.per_class["recall"][k].value or 0.0) for k in moved),
    )


def changed_cells(comparison: Comparison, pair: PairResult) -> Iterator[Finding]:
    """Yield the two cells that differ most between the two models."""
    errors = [cell for cell in pair.changed_cells if cell.actual != cell.predicted]
    if not errors or len(comparison.classes) < 3:
        return
    first, second = comparison.models[pair.first].name, comparison.models[pair.second].name
    classes = comparison.classes
    told = [
        f'"{classes[c.actual]}" predicted as "{classes[c.predicted]}": {count(c.count_first)} in '
        f"{first}, {count(c.count_second)} in {second}"
        for c in errors[:2]
    ]
    yield Finding(
        "changed_errors",
        "Changes in errors",
        "; ".join(told) + ".",
        {
            "cells": [
                {
                    "actual": classes[c.actual],
                    "predicted": classes[c.predicted],
                    "first": c.count_first,
                    "second": c.count_second,
                }
                for c in errors[:2]
            ]
        },
        "disagreement",
    )


def choosing_by_beta(comparison: Comparison, pair: PairResult) -> Iterator[Finding]:
    """Yield which model has the higher macro F-β for which β, and whether it is significant."""
    if not pair.leads:
        return
    first, second = comparison.models[pair.first].name, comparison.models[pair.second].name
    low, high = beta_text(pair.leads[0].beta_low), beta_text(pair.leads[-1].beta_high)
    leaders = [
        (leader, list(ranges))
        for leader, ranges in groupby(pair.leads, key=lambda lead: lead.leader)
    ]
    numbers = {
        "changes": [ranges[0].beta_low for _, ranges in leaders[1:]],
        "leads": [
            {
                "beta_low": lead.beta_low,
                "beta_high": lead.beta_high,
                "leader": None if lead.leader is None else comparison.models[lead.leader].name,
                "supported": lead.supported,
            }
            for lead in pair.leads
        ],
    }
    if all(leader is None for leader, _ in leaders):
        text = f"Macro Fβ of {first} and {second} is the same for every β from {low} to {high}."
    elif not any(lead.supported for lead in pair.leads):
        text = (
            f"No significant difference in macro Fβ between {first} and {second} for any β from "
            f"{low} to {high}, corrected for all β."
        )
    else:
        parts = []
        for leader, ranges in leaders:
            if leader is None:
                continue
            where = _beta_range(ranges[0].beta_low, ranges[-1].beta_high, low, high)
            parts.append(f"{comparison.models[leader].name} is higher {where}{_support(ranges)}")
        text = f"In macro Fβ, {'; '.join(parts)}."
    yield Finding("beta", "F-β by β", text, numbers, "beta")


def _support(ranges: list[Lead]) -> str:
    """Return the end of a sentence: the range of β where the lead is significant."""
    sure = [lead for lead in ranges if lead.supported]
    if len(sure) == len(ranges):
        return ", significantly for all of them"
    if not sure:
        return ", not significantly"
    spans = [f"from {beta_text(lead.beta_low)} to {beta_text(lead.beta_high)}" for lead in sure]
    return f", significantly only {joined(spans)}"


def _beta_range(low: float, high: float, least: str, most: str) -> str:
    if beta_text(low) == least and beta_text(high) == most:
        return f"from β = {least} to {most}"
    if beta_text(low) == least:
        return f"below β = {beta_text(high)}"
    if beta_text(high) == most:
        return f"above β = {beta_text(low)}"
    return f"from β = {beta_text(low)} to {beta_text(high)}"


def equivalence(comparison: Comparison, pair: PairResult) -> Iterator[Finding]:
    """Yield whether the models are equivalent within the margin, if one is given."""
    margin, test = comparison.settings.margin, pair.equivalence
    if margin is None or test is None or test.p_value is None:
        return
    first, second = comparison.models[pair.first].name, comparison.models[pair.second].name
    size = size_in_points(margin)
    p = test.p_value if test.p_adjusted is None else test.p_adjusted
    method = "two one-sided tests" + (
        ", corrected for all pairs" if len(comparison.pairs) > 1 else ""
    )
    text = (
        f"{first} and {second} are equivalent within {size} points of accuracy "
        f"({method}, {p_value(p)})."
        if test.significant
        else f"Equivalence of {first} and {second} within {size} points of accuracy is not shown "
        f"({method}, {p_value(p)})."
    )
    yield Finding(
        "equivalence",
        "Equivalence",
        text,
        {"margin": margin, "p_value": p, "equivalent": test.significant},
        "summary",
        effect=ASKED,
    )


def over_seeds(comparison: Comparison) -> Iterator[Finding]:
    """Yield for each pair of groups the difference of their means over runs, and its test."""
    if len(comparison.group_pairs) < 2 and comparison.group_ranking:
        return  # The verdict says it.
    primary_key = key_of_record(named_question(comparison.settings.metric, comparison.classes))
    for number, pair in enumerate(comparison.group_pairs):
        first, second = comparison.groups[pair.first], comparison.groups[pair.second]
        gap = comparison.primary.group_pairs[number]
        chance = pair.probability_of_improvement.get(primary_key)
        loser = comparison.primary.loser(gap, pair.first, pair.second)
        single = [group.name for group in (first, second) if len(group.runs) == 1]
        if single:
            have = "has" if len(single) == 1 else "have"
            text = (
                f"{joined(single)} {have} one run, which says nothing about seeds: configurations "
                f"{first.name} and {second.name} are not compared."
            )
        else:
            judged = "significant" if gap.significant else "not significant"
            text = (
                f"Over {plural(len(first.runs), 'run')} of {first.name} and {len(second.runs)} of "
                f"{second.name}, {difference_over_seeds(comparison, pair)}. The difference is "
                f"{judged}."
            )
        yield Finding(
            "seeds",
            "Groups of runs",
            text,
            {
                "groups": [first.name, second.name],
                "difference": gap.value,
                "low": gap.low,
                "high": gap.high,
                "p_value": gap.p_value if gap.p_adjusted is None else gap.p_adjusted,
                "better": None
                if loser is None
                else (first if loser == pair.second else second).name,
                "probability_of_improvement": chance,
            },
            "seeds",
            effect=abs(gap.value or 0.0) if gap.significant else 0.0,
        )


def of_positive_class(comparison: Comparison) -> Iterator[Finding]:
    """Yield recall, precision and F1 of the positive class in two models, and which differ."""
    k, primary = comparison.positive, comparison.primary
    if k is None or len(comparison.models) != 2:
        return
    asked = [
        each
        for each in comparison.summary_metrics
        if each.of_class == k and each is not primary and each.metric != "f1"
    ]
    differing: list[str] = []
    level: list[str] = []
    for each in asked:
        gap = each.pairs[0]
        if gap.value is None or gap.p_value is None:
            continue
        name = Wording.of(each, comparison.classes).name.partition(" of ")[0]
        if not gap.significant:
            level.append(name)
        elif each.metric == "recall":
            shares = [
                share_of_class(comparison, found.value or 0.0, k, in_brackets=False)
                for found in each.models
            ]
            differing.append(f"{name}, {' and '.join(shares)}")
        else:
            values = Wording.of(each, comparison.classes).values(*each.models)
            differing.append(f"{name}, {' and '.join(values)}")
    if not differing and not level:
        return
    first_name, second_name = (model.name for model in comparison.models)
    told = (
        f"{first_name} and {second_name} differ significantly in {'; '.join(differing)}."
        if differing
        else ""
    )
    if level:
        told += f" No significant difference in {joined(level)}."
    yield Finding(
        "positive_class",
        f'Class "{comparison.classes[k]}"',
        told.strip(),
        {
            "class": comparison.classes[k],
            **{each.metric: [found.value for found in each.models] for each in asked},
        },
        "summary",
        effect=max(
            (abs(e.pairs[0].value or 0.0) for e in asked if e.pairs[0].significant), default=0.0
        ),
    )


def by_cost(comparison: Comparison) -> Iterator[Finding]:
    """Yield which of the two cheapest models costs less, and whether it is significant."""
    costs = comparison.costs
    if costs is None or not costs.pairs or comparison.primary.metric == COST:
        return
    order = sorted(
        range(len(costs.models)), key=lambda i: (costs.models[i].expected.value or 0.0, i)
    )
    best, next_best = order[:2]
    position = comparison.pairs.index(comparison.pair(best, next_best))
    pair, found = comparison.pairs[position], costs.pairs[position]
    if found.value is None or found.low is None or found.high is None:
        return
    names = {i: comparison.models[i].name for i in (best, next_best)}
    said_of_cost = Wording("expected cost", "cost", "lower")
    amounts = {
        i: said_of_cost.value(costs.models[i].expected, decimals=2) for i in (best, next_best)
    }
    level = confidence_text(comparison.settings.confidence)
    p = found.p_value if found.p_adjusted is None else found.p_adjusted
    said = (
        f"{names[best]} costs significantly less than {names[next_best]}"
        if found.significant
        else f"No significant difference in cost between {names[best]} and {names[next_best]}"
    )
    numbers = [
        f"{names[pair.second]} − {names[pair.first]} {signed(found.value)}",
        f"{level} CI {signed(found.low)} to {signed(found.high)}",
        *([] if p is None else [p_value(p)]),
    ]
    text = (
        f"{said} ({', '.join(numbers)}). Mean cost per sample: {names[best]} {amounts[best]}, "
        f"{names[next_best]} {amounts[next_best]}."
    )
    yield Finding(
        "costs",
        "Costs of errors",
        text,
        {
            "models": [names[best], names[next_best]],
            "costs": [costs.models[i].expected.value for i in (best, next_best)],
            "difference": found.value,
            "low": found.low,
            "high": found.high,
            "p_value": p,
        },
        "costs",
        effect=_relative(found, costs.models[next_best].expected.value),
    )


def _relative(gap: Difference, of: float | None) -> float:
    """Return the size of a significant difference as a share of the larger cost, at most 1."""
    return min(abs(gap.value or 0.0) / abs(of), 1.0) if gap.significant and of else 0.0
