"""Plan a test set: how many samples show a difference, a margin or a rule of a gate."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.compare.json import read_results
from evalkit.errors import InputError
from evalkit.gate.grammar import parse_rule
from evalkit.gate.models import read_models
from evalkit.metrics.count.marginals import Marginals
from evalkit.phrasing import count, percent_sign, points, size_in_points
from evalkit.statistics.count_metric import proportion_of
from evalkit.statistics.power import (
    detectable_difference,
    power_mcnemar,
    power_noninferiority,
    power_proportion,
    power_two_proportions,
    samples_mcnemar,
    samples_noninferiority,
    samples_proportion,
    samples_two_proportions,
)
from evalkit.terminal_tables import TerminalTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.compare.comparison import Comparison

CURVE = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
"""Sizes of the test set in the curve, as multiples of the number needed."""
INDEPENDENT = (
    "The disagreement is that of models that err independently. Models that err on the same "
    "samples disagree less and need fewer samples: pass --disagreement or --from."
)


@dataclass(frozen=True)
class Plan:
    """The power of a planned test.

    Attributes
    ----------
    question, test : what is to be shown, and the test.
    unit : what is counted, such as ``"samples"``.
    power, alpha : wanted power, and level of the test.
    needed : number with this power; None if no effect was given.
    at_hand, power_at_hand : number that there is, and the power of the effect with it.
    detectable : smallest effect, with its sign, that has the wanted power with that number.
    curve : numbers with the power of the effect, or of the detectable one if none was given.
    assumptions : what the numbers rest on.
    """

    question: str
    test: str
    unit: str
    power: float
    alpha: float
    needed: int | None
    at_hand: int | None
    power_at_hand: float | None
    detectable: float | None
    curve: tuple[tuple[int, float], ...]
    assumptions: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)

    def __rich__(self) -> TerminalTable:
        return plan_table(self)


@dataclass(frozen=True)
class _Levels:
    """Wanted power, and level of the test."""

    power: float
    alpha: float


@dataclass(frozen=True)
class _Effect:
    """An effect (None if not given), its largest size, and functions for power and samples."""

    size: float | None
    most: float
    power: Callable[[int, float], float]
    samples: Callable[[float], int]


@dataclass(frozen=True)
class _Known:
    """Properties of the models, from a file or from options."""

    accuracy: float | None
    disagreement: float | None
    at_hand: int | None
    assumptions: tuple[str, ...] = ()


def plan(
    *,
    accuracy: float | None = None,
    difference: float | None = None,
    disagreement: float | None = None,
    margin: float | None = None,
    unpaired: bool = False,
    rule: str | None = None,
    value: float | None = None,
    at_hand: int | None = None,
    results: str | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> Plan:
    """Return the plan for a difference in accuracy, for non-inferiority or for a rule.

    Parameters
    ----------
    accuracy, difference : accuracy of the first model, and that of the second minus it.
    disagreement : share of samples that exactly one of two models predicts correctly.
    margin : plan the test that the second model is not worse by this margin.
    unpaired : plan for models on independent samples.
    rule, value : rule of a gate for a proportion, and the true value that is assumed.
    at_hand : number of samples at hand.
    results : results.json that gives accuracy, disagreement and samples; for a rule,
        ``FILE[::MODEL]``.
    power, alpha : wanted power, and level of the test.

    Raises
    ------
    InputError
        If the question is not complete, or a number is out of range.
    """
    for name, each in (("power", power), ("alpha", alpha)):
        if not 0 < each < 1:
            raise InputError(f"{name} is {each}, expected a number between 0 and 1.")
    levels = _Levels(power, alpha)
    if rule is not None:
        return _of_rule(rule, value, at_hand, results, levels)
    known = _known(accuracy, disagreement, at_hand, results, difference or 0.0, unpaired=unpaired)
    if unpaired:
        if margin is not None:
            raise InputError("--margin needs paired models. Leave out --unpaired.")
        return _unpaired(known, difference, levels)
    if known.disagreement is None:
        raise InputError(
            "The disagreement of the models is not known. Pass --accuracy, --disagreement or "
            "--from results.json."
        )
    if margin is not None:
        return _noninferiority(known, margin, difference or 0.0, levels)
    return _paired(known, difference, levels)


def _known(
    accuracy: float | None,
    disagreement: float | None,
    at_hand: int | None,
    results: str | None,
    difference: float,
    *,
    unpaired: bool,
) -> _Known:
    assumed: list[str] = []
    if results is not None:
        comparison = read_results(results)
        found = _of_pair(comparison)
        accuracy = found.accuracy if accuracy is None else accuracy
        disagreement = found.disagreement if disagreement is None else disagreement
        at_hand = found.at_hand if at_hand is None else at_hand
        if disagreement == found.disagreement:
            assumed += found.assumptions
    if disagreement is None and accuracy is not None and not unpaired:
        second = accuracy + difference
        if not (0 < accuracy < 1 and 0 < second < 1):
            raise InputError(f"The accuracies {accuracy:g} and {second:g} are not between 0 and 1.")
        disagreement = accuracy * (1 - second) + second * (1 - accuracy)
        assumed.append(INDEPENDENT)
    return _Known(accuracy, disagreement, at_hand, tuple(assumed))


def _of_pair(comparison: Comparison) -> _Known:
    """Return what is known of the leading pair of a comparison, or of its only model."""
    notes = []
    if not comparison.sampling.simple:
        notes.append(
            "The samples of the file are weighted, grouped or stratified. The plan is for "
            "independent samples; more are needed if samples depend on each other."
        )
    n = comparison.n_samples
    if len(comparison.models) == 1:
        return _Known(comparison.models[0].overall["accuracy"].value, None, n, tuple(notes))
    pair = comparison.leading_pair
    first, second = comparison.models[pair.first], comparison.models[pair.second]
    rate = None
    if pair.only_first is not None and pair.only_second is not None:
        rate = (pair.only_first + pair.only_second) / sum(comparison.support)
        notes.insert(0, f"The disagreement is that of {first.name} and {second.name} in the file.")
        rate = rate or 1.0 / n
    return _Known(first.overall["accuracy"].value, rate, n, tuple(notes))


def _paired(known: _Known, difference: float | None, levels: _Levels) -> Plan:
    rate = known.disagreement
    assert rate is not None
    return _plan(
        f"Difference in accuracy{_by(difference)} of two models on the same samples",
        "McNemar's exact test",
        "samples",
        levels,
        known.at_hand,
        _Effect(
            difference,
            math.copysign(rate, difference or 1.0),
            lambda n, gap: power_mcnemar(n, gap, disagreement=rate, alpha=levels.alpha),
            partial(samples_mcnemar, disagreement=rate, **asdict(levels)),
        ),
        (f"Disagreement: {percent_sign(rate)} of the samples.", *known.assumptions),
    )


def _noninferiority(known: _Known, margin: float, difference: float, levels: _Levels) -> Plan:
    rate = known.disagreement
    assert rate is not None
    truth = {"disagreement": rate, "difference": difference}
    return _plan(
        f"Accuracy of the second model not lower by {size_in_points(margin, decimals=2)} points, "
        f"if the true difference is {points(difference, decimals=2)} points",
        "Tango's score test, one-sided",
        "samples",
        levels,
        known.at_hand,
        _Effect(
            margin,
            0.5,
            lambda n, least: power_noninferiority(n, least, **truth, alpha=levels.alpha),
            partial(samples_noninferiority, **truth, **asdict(levels)),
        ),
        (f"Disagreement: {percent_sign(rate)} of the samples.", *known.assumptions),
    )


def _unpaired(known: _Known, difference: float | None, levels: _Levels) -> Plan:
    first = known.accuracy
    if first is None:
        raise InputError("The accuracy of the first model is not known. Pass --accuracy.")
    return _plan(
        f"Difference in accuracy{_by(difference)} of two models on independent samples",
        "Fisher's exact test",
        "samples of each model",
        levels,
        known.at_hand,
        _Effect(
            difference,
            -first if (difference or 1.0) < 0 else 1.0 - first,
            lambda n, gap: power_two_proportions(n, first, first + gap, alpha=levels.alpha),
            lambda gap: samples_two_proportions(first, first + gap, **asdict(levels)),
        ),
        (f"Accuracy of the first model: {percent_sign(first)}.", *known.assumptions),
    )


def _of_rule(
    text: str,
    value: float | None,
    at_hand: int | None,
    results: str | None,
    levels: _Levels,
) -> Plan:
    rule = parse_rule(text)
    quantity = rule.quantity
    proportion = proportion_of(quantity.metric)
    if proportion is None or quantity.is_drop or quantity.every_class:
        raise InputError(
            f"{rule} cannot be planned. Pass a rule for a proportion of one model or class, such "
            "as accuracy, recall[cat] or precision[cat]; plan a drop with --margin."
        )
    assumed = []
    if results is not None:
        model, _ = read_models(results, None)
        hits, trials = (
            np.atleast_1d(each) for each in proportion(Marginals.of(model.counts.matrices[0]))
        )
        if quantity.of_class is not None and quantity.of_class not in model.classes:
            raise InputError(f"{results} has no class {quantity.of_class}.")
        place = 0 if quantity.of_class is None else model.classes.index(quantity.of_class)
        if at_hand is None:
            at_hand = round(float(trials[place]))
        if value is None and trials[place] > 0:
            value = float(hits[place] / trials[place])
            assumed.append(f"The true value is assumed to be that of {model.name} in the file.")
    if value is None:
        raise InputError("A rule needs a true value to plan for. Pass --value or --from.")
    bound = rule.bound
    keeps = value > bound if rule.comparator in (">", ">=") else value < bound
    where = "" if quantity.of_class is None else f' of class "{quantity.of_class}"'
    return _plan(
        f"{rule} {'passes' if keeps else 'fails'}, if the true value is {value:g}",
        "exact limits (Clopper–Pearson)",
        f"trials of {quantity.metric}{where}",
        levels,
        at_hand,
        _Effect(
            value - bound,
            (1.0 if value > bound else 0.0) - bound,
            lambda n, gap: power_proportion(n, bound + gap, bound, alpha=levels.alpha),
            lambda gap: samples_proportion(bound + gap, bound, **asdict(levels)),
        ),
        tuple(assumed),
    )


def _plan(
    question: str,
    test: str,
    unit: str,
    levels: _Levels,
    at_hand: int | None,
    effect: _Effect,
    assumptions: tuple[str, ...],
) -> Plan:
    """Return the plan of an effect; without one, of the smallest that is detectable at hand."""
    size, needed, detectable, there = effect.size, None, None, None
    if size is not None:
        needed = effect.samples(size)
    if at_hand is not None:
        found = detectable_difference(
            partial(effect.power, at_hand), power=levels.power, most=effect.most
        )
        detectable = found if math.isfinite(found) else None
        size = detectable if size is None else size
        there = None if size is None else float(effect.power(at_hand, size))
    around = needed or at_hand
    if around is None:
        raise InputError(
            "Nothing to plan. Pass --difference, or --samples for the smallest detectable one."
        )
    sizes = sorted({max(1, math.ceil(around * share)) for share in CURVE})
    return Plan(
        question=question,
        test=test,
        unit=unit,
        power=levels.power,
        alpha=levels.alpha,
        needed=needed,
        at_hand=at_hand,
        power_at_hand=there,
        detectable=detectable,
        curve=() if size is None else tuple((n, float(effect.power(n, size))) for n in sizes),
        assumptions=assumptions,
    )


def _by(difference: float | None) -> str:
    return "" if difference is None else f" of {size_in_points(difference, decimals=2)} points"


def plan_table(found: Plan) -> TerminalTable:
    """Return a plan as a table of numbers of samples and power."""
    caption = [f"{found.test} at α = {found.alpha:g}"]
    if found.at_hand is not None:
        there = f"With {count(found.at_hand)} {found.unit}"
        wanted = f"power {percent_sign(found.power)}"
        if found.detectable is None:
            caption.append(f"{there} no effect has {wanted}.")
        else:
            size = points(found.detectable, decimals=2)
            caption.append(f"{there} the smallest effect with {wanted} is {size} points.")
        if found.needed is not None and found.power_at_hand is not None:
            caption.append(f"{there} the power is {percent_sign(found.power_at_hand)}.")
    title = found.question
    if found.needed is not None:
        title += f": {count(found.needed)} {found.unit} for power {percent_sign(found.power)}"
    return TerminalTable(
        heads=[found.unit, "power"],
        rows=[[count(n), percent_sign(power)] for n, power in found.curve],
        title=title,
        caption=[*caption, *found.assumptions],
    )
