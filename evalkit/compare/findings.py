"""What a careful analyst would say of a comparison: sentences made from its numbers, each checked.

One function a kind of finding. A finding claims a difference only where its corrected test and
its interval agree, and carries every number that it names.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from evalkit.compare.phrasing import (
    beta_text,
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
from evalkit.compare.results import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalkit.compare.comparison import Comparison
    from evalkit.compare.results import ConfusedPair, Lead, ModelResult, PairResult

WIDE_INTERVAL = 0.2
"""A recall known only to 20 points or more says too little about a class to rank it."""
NAMED_AT_MOST = 4


def findings(comparison: Comparison) -> tuple[Finding, ...]:
    """Return the findings, the most consequential first."""
    found: list[Finding] = []
    if len(comparison.models) > 1:
        found += _models_apart(comparison)
        pair = comparison.leading_pair
        found += _agreement(comparison, pair)
        found += _source_of_gap(comparison, pair)
        found += _changed_cells(comparison, pair)
        found += _choosing_by_beta(comparison, pair)
        found += _equivalence(comparison, pair)
    found += _over_seeds(comparison)
    found += _best_and_worst_class(comparison)
    found += _largest_confusions(comparison)
    found += _calibration(comparison)
    found += _overfitting(comparison)
    found += _too_few_samples(comparison)
    found += _undefined(comparison)
    return tuple(found)


def _models_apart(comparison: Comparison) -> Iterator[Finding]:
    omnibus = comparison.omnibus
    if omnibus is None:
        return
    alpha = 1 - comparison.settings.confidence
    differ = omnibus.p_value < alpha
    best = comparison.models[comparison.ranking[0]]
    tied = [
        comparison.models[i].name
        for i in comparison.ranking[1:]
        if set(comparison.models[i].letters) & set(best.letters)
    ]
    said = (
        "The models do not all have the same accuracy"
        if differ
        else "Nothing shows that the models differ in accuracy"
    )
    text = f"{said} (Cochran's Q = {omnibus.statistic:.1f}, {p_value(omnibus.p_value)})."
    if differ and tied:
        text += f" {joined(tied)} cannot be told from {best.name}, the highest."
    elif differ:
        text += f" {best.name} is above each of the others."
    yield Finding(
        "omnibus",
        "Do they differ at all?",
        text,
        {"statistic": omnibus.statistic, "p_value": omnibus.p_value, "not_distinguishable": tied},
        "summary",
    )


def _agreement(comparison: Comparison, pair: PairResult) -> Iterator[Finding]:
    if pair.both_right is None or pair.only_first is None or pair.only_second is None:
        return
    first, second = comparison.models[pair.first].name, comparison.models[pair.second].name
    apart = pair.overall["accuracy"].significant
    disagree = pair.only_first + pair.only_second
    if disagree == 0:
        title = "The same samples right"
    elif apart:
        title = "How they differ"
    else:
        title = (
            "Same accuracy, different errors"
            if disagree > pair.both_right / 20
            else "Nearly the same"
        )
    yield Finding(
        "agreement",
        title,
        f"Of {plural(comparison.n_samples, 'sample')} {count(pair.both_right)} are right in both, "
        f"{count(pair.only_first)} only in {first}, {count(pair.only_second)} only in {second}, "
        f"and {count(pair.both_wrong or 0)} in neither.",
        {
            "both_right": pair.both_right,
            "only_first": pair.only_first,
            "only_second": pair.only_second,
            "both_wrong": pair.both_wrong,
        },
        "disagreement",
    )


def _source_of_gap(comparison: Comparison, pair: PairResult) -> Iterator[Finding]:
    gap = pair.overall["accuracy"].value
    if gap is None or len(comparison.classes) < 2:
        return
    first, second = comparison.models[pair.first], comparison.models[pair.second]
    moved = sorted(
        (k for k, difference in enumerate(pair.per_class["recall"]) if difference.significant),
        key=lambda k: -abs(pair.class_share[k]),
    )
    if not moved:
        if len(comparison.classes) > 2 and pair.both_right is not None:
            yield Finding(
                "gap_by_class",
                "No class stands out",
                f"No class has a difference in recall between {first.name} and {second.name} that "
                "remains after correcting for looking at every class.",
                {},
                "classes",
            )
        return
    parts = []
    for k in moved[:NAMED_AT_MOST]:
        before, after = first.per_class["recall"][k].value, second.per_class["recall"][k].value
        assert before is not None
        assert after is not None
        parts.append(
            f"{comparison.classes[k]} (recall {percent_sign(before)} in {first.name}, "
            f"{percent_sign(after)} in {second.name}) {_moves(pair.class_share[k], gap)}"
        )
    rest = len(moved) - NAMED_AT_MOST
    more = f" {plural(rest, 'more class', 'more classes')} also differ." if rest > 0 else ""
    yield Finding(
        "gap_by_class",
        "Where the difference comes from",
        f"{second.name} − {first.name} is {points(gap, decimals=2)} points of accuracy. "
        + "; ".join(parts)
        + f".{more}",
        {
            "gap": gap,
            "classes": [comparison.classes[k] for k in moved],
            "class_share": [pair.class_share[k] for k in moved],
            "p_adjusted": [pair.per_class["recall"][k].p_adjusted for k in moved],
        },
        "classes",
    )


def _moves(share: float, gap: float) -> str:
    if share * gap > 0 and abs(gap) >= 0.0005:
        return f"accounts for {points(share, decimals=2)} of it"
    return f"moves it by {points(share, decimals=2)}"


def _changed_cells(comparison: Comparison, pair: PairResult) -> Iterator[Finding]:
    errors = [cell for cell in pair.changed_cells if cell.actual != cell.predicted]
    if not errors or len(comparison.classes) < 3:
        return
    first, second = comparison.models[pair.first].name, comparison.models[pair.second].name
    classes = comparison.classes
    told = [
        f"{classes[c.actual]} called {classes[c.predicted]}: {count(c.count_first)} in {first}, "
        f"{count(c.count_second)} in {second}"
        for c in errors[:2]
    ]
    yield Finding(
        "changed_errors",
        "The errors that changed most",
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


def _choosing_by_beta(comparison: Comparison, pair: PairResult) -> Iterator[Finding]:
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
            f"For every β from {low} to {high} the interval of the difference in macro Fβ between "
            f"{first} and {second} includes zero: no weighting of precision against recall makes "
            "one the better."
        )
    else:
        parts = []
        for leader, ranges in leaders:
            if leader is None:
                continue
            where = _beta_range(ranges[0].beta_low, ranges[-1].beta_high, low, high)
            parts.append(f"{where} {comparison.models[leader].name} leads{_support(ranges)}")
        text = f"By macro Fβ, {'; '.join(parts)}."
    yield Finding("beta", "Choosing by β", text, numbers, "beta")


def _support(ranges: list[Lead]) -> str:
    """Return where the interval of a lead excludes zero, as the end of a sentence."""
    sure = [lead for lead in ranges if lead.supported]
    if len(sure) == len(ranges):
        return ", and the interval of the difference excludes zero throughout"
    if not sure:
        return ", but the interval of the difference includes zero"
    spans = [f"from {beta_text(lead.beta_low)} to {beta_text(lead.beta_high)}" for lead in sure]
    return f", but the interval of the difference excludes zero only {joined(spans)}"


def _beta_range(low: float, high: float, least: str, most: str) -> str:
    if beta_text(low) == least and beta_text(high) == most:
        return f"from β = {least} to {most}"
    if beta_text(low) == least:
        return f"below β = {beta_text(high)}"
    if beta_text(high) == most:
        return f"above β = {beta_text(low)}"
    return f"from β = {beta_text(low)} to {beta_text(high)}"


def _equivalence(comparison: Comparison, pair: PairResult) -> Iterator[Finding]:
    margin, test = comparison.settings.margin, pair.equivalence
    if margin is None or test is None or test.p_value is None:
        return
    first, second = comparison.models[pair.first].name, comparison.models[pair.second].name
    size = size_in_points(margin)
    text = (
        f"{first} and {second} are equivalent within {size} points of accuracy "
        f"(two one-sided tests, {p_value(test.p_value)})."
        if test.significant
        else f"Equivalence of {first} and {second} within {size} points of accuracy is not shown "
        f"(two one-sided tests, {p_value(test.p_value)})."
    )
    yield Finding(
        "equivalence",
        "Equivalent?",
        text,
        {"margin": margin, "p_value": test.p_value, "equivalent": test.significant},
        "summary",
    )


def _over_seeds(comparison: Comparison) -> Iterator[Finding]:
    for pair in comparison.group_pairs:
        first, second = comparison.groups[pair.first], comparison.groups[pair.second]
        gap = pair.differences["accuracy"]
        assert gap.value is not None
        assert gap.low is not None
        assert gap.high is not None
        better = pair.probability_of_improvement["accuracy"]
        judged = (
            "more than seeds and samples explain"
            if gap.significant
            else "which seeds and samples alone could explain"
        )
        text = (
            f"Over {plural(len(first.runs), 'run')} of {first.name} and {len(second.runs)} of "
            f"{second.name}, {second.name} − {first.name} is {points(gap.value)} points of "
            f"accuracy ({points_range(gap.low, gap.high)}), {judged}; a run of {second.name} "
            f"beats one of {first.name} with probability {better:.2f}."
        )
        few = [group.name for group in (first, second) if group.warning]
        if few:
            text += f" There are too few runs of {joined(few)} to know how far seeds spread."
        yield Finding(
            "seeds",
            "Over seeds",
            text,
            {
                "groups": [first.name, second.name],
                "difference": gap.value,
                "low": gap.low,
                "high": gap.high,
                "probability_of_improvement": better,
            },
            "seeds",
        )


def _best_and_worst_class(comparison: Comparison) -> Iterator[Finding]:
    classes = comparison.classes
    if len(classes) < 3:
        return
    told: dict[str, list[str]] = {}
    numbers = {}
    for model in comparison.models:
        recalls = model.per_class["recall"]
        known = [
            (estimate.value, k) for k, estimate in enumerate(recalls) if estimate.value is not None
        ]
        if len(known) < 2 or len({value for value, _ in known}) == 1:
            continue
        (low, worst), (high, best) = min(known), max(known, key=lambda pair: (pair[0], -pair[1]))
        numbers[model.name] = {
            "best": classes[best],
            "best_recall": high,
            "worst": classes[worst],
            "worst_recall": low,
        }
        sentence = (
            f"{classes[best]} most often ({_with_interval(model, best)}) and {classes[worst]} least"
        )
        told.setdefault(f"{sentence} ({_with_interval(model, worst)})", []).append(model.name)
    if not told:
        return
    text = " ".join(
        f"{joined(names)} {'find' if len(names) > 1 else 'finds'} {what}."
        for what, names in told.items()
    )
    yield Finding("classes", "The best and the worst class", text, numbers, "classes")


def _with_interval(model: ModelResult, k: int) -> str:
    estimate = model.per_class["recall"][k]
    assert estimate.value is not None
    if estimate.low is None or estimate.high is None:
        return f"recall {percent_sign(estimate.value)}"
    return f"recall {percent_sign(estimate.value)}, {percent_range(estimate.low, estimate.high)}"


def _largest_confusions(comparison: Comparison) -> Iterator[Finding]:
    tops = [(model, model.most_confused[0]) for model in comparison.models if model.most_confused]
    if not tops:
        if all(len(comparison.classes) > 1 and not m.most_confused for m in comparison.models):
            yield Finding(
                "confusions", "No errors", "No sample is called another class.", {}, "confusion"
            )
        return
    classes = comparison.classes
    cells = {(pair.actual, pair.predicted) for _, pair in tops}
    if len(cells) == 1 and len(tops) > 1:
        pair = tops[0][1]
        shares = joined([f"{percent_sign(p.share)} in {model.name}" for model, p in tops])
        text = (
            f"{classes[pair.actual]} called {classes[pair.predicted]} is the largest confusion of "
            f"{'both' if len(tops) == 2 else f'all {len(tops)}'}: {shares} of all "
            f"{classes[pair.actual]}."
        )
    else:
        text = " ".join(
            f"{model.name} most often calls {classes[p.actual]} {classes[p.predicted]}: "
            f"{_confused(p, classes[p.actual])}."
            for model, p in tops[:NAMED_AT_MOST]
        )
    yield Finding(
        "confusions",
        "The largest confusion",
        text,
        {
            model.name: {
                "actual": classes[p.actual],
                "predicted": classes[p.predicted],
                "count": p.count,
                "share": p.share,
            }
            for model, p in tops
        },
        "confusion",
    )


def _confused(pair: ConfusedPair, actual: str) -> str:
    return f"{count(pair.count)}, {percent_sign(pair.share)} of all {actual}"


def _calibration(comparison: Comparison) -> Iterator[Finding]:
    parts, numbers = [], {}
    for model in comparison.models:
        if model.probability is None:
            continue
        bins = model.probability.reliability
        total = sum(bins.counts)
        accuracy = model.overall["accuracy"].value
        if not total or accuracy is None:
            continue
        confidence = (
            sum(
                n * c
                for n, c in zip(bins.counts, bins.mean_confidence, strict=True)
                if c is not None
            )
            / total
        )
        interval = model.overall["accuracy"]
        assert interval.low is not None
        assert interval.high is not None
        numbers[model.name] = {"mean_confidence": confidence, "accuracy": accuracy}
        if interval.low <= confidence <= interval.high:
            parts.append(
                f"{model.name} is as sure as it is right: mean confidence "
                f"{percent_sign(confidence)}"
            )
        else:
            way = "surer" if confidence > accuracy else "less sure"
            parts.append(
                f"{model.name} is {way} than it is right: mean confidence "
                f"{percent_sign(confidence)}, accuracy {percent_sign(accuracy)}"
            )
    if parts:
        yield Finding(
            "calibration",
            "How far to trust the probabilities",
            "; ".join(parts) + ".",
            numbers,
            "probability",
        )


def _overfitting(comparison: Comparison) -> Iterator[Finding]:
    parts, numbers = [], {}
    for model in comparison.models:
        if not model.history or model.best_epoch is None:
            continue
        kept = next((row for row in model.history if row["epoch"] == model.best_epoch), None)
        if kept is None:
            continue
        last = model.history[-1]["epoch"]
        gap = kept["train_accuracy"] - kept["validation_accuracy"]
        numbers[model.name] = {"best_epoch": model.best_epoch, "epochs": last, "gap": gap}
        when = "the last" if model.best_epoch == last else f"epoch {model.best_epoch} of {last:g}"
        parts.append(
            f"{model.name} kept {when}, with training accuracy {size_in_points(gap)} "
            f"points {'above' if gap >= 0 else 'below'} validation"
        )
    if parts:
        yield Finding("training", "Training", "; ".join(parts) + ".", numbers, "training")


def _too_few_samples(comparison: Comparison) -> Iterator[Finding]:
    wide = {}
    for k, name in enumerate(comparison.classes):
        if comparison.support[k] == 0:
            continue
        widths = [
            estimate.high - estimate.low
            for model in comparison.models
            if (estimate := model.per_class["recall"][k]).low is not None
            and estimate.high is not None
        ]
        if widths and max(widths) > WIDE_INTERVAL:
            wide[name] = (comparison.support[k], max(widths))
    if not wide:
        return
    if len(wide) <= NAMED_AT_MOST:
        which = joined([f"{name} ({plural(n, 'sample')})" for name, (n, _) in wide.items()])
        subject = which
    elif len(wide) == len(comparison.classes):
        subject = f"any of the {len(wide)} classes"
    else:
        subject = f"{len(wide)} of {len(comparison.classes)} classes"
    yield Finding(
        "too_few_samples",
        "Too few samples to say",
        f"The recall of {subject} is known only to "
        f"{size_in_points(WIDE_INTERVAL, decimals=0)} points or worse at "
        f"{confidence_text(comparison.settings.confidence)} confidence: do not rank by it.",
        {"classes": list(wide), "widest": max(width for _, width in wide.values())},
        "classes",
    )


def _undefined(comparison: Comparison) -> Iterator[Finding]:
    absent = [name for k, name in enumerate(comparison.classes) if comparison.support[k] == 0]
    parts = []
    if absent:
        parts.append(
            f"{_some(absent)} {'does' if len(absent) == 1 else 'do'} not occur in the data, so "
            f"{'its' if len(absent) == 1 else 'their'} recall is undefined"
        )
    never = {
        model.name: [
            comparison.classes[k]
            for k, estimate in enumerate(model.per_class["precision"])
            if estimate.value is None
        ]
        for model in comparison.models
    }
    parts += [
        f"{name} never predicts {_some(missing)}, so {'its' if len(missing) == 1 else 'their'} "
        "precision is undefined"
        for name, missing in never.items()
        if missing
    ]
    if parts:
        yield Finding(
            "undefined",
            "What is undefined",
            "; ".join(parts)
            + ". Averages leave undefined values out and say how many classes they cover.",
            {"absent": absent, "never_predicted": never},
            "classes",
        )


def _some(names: list[str]) -> str:
    if len(names) <= NAMED_AT_MOST:
        return joined(names)
    return f"{joined(names[: NAMED_AT_MOST - 1])} and {len(names) - NAMED_AT_MOST + 1} more classes"
