"""Decide each rule of a gate: pass, fail or cannot tell.

A rule passes if its whole interval keeps the bound, and fails if the whole interval breaks it;
otherwise the samples cannot tell. With m checks every interval is at confidence 1 − α/m
(Bonferroni), so that the probability of any wrong decision is at most α, whatever the number of
rules. At the k-th of repeated looks, α is replaced by the share that this look may spend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from scipy.special import ndtri

from evalkit import views
from evalkit.errors import InputError
from evalkit.gate.estimates import GateEstimates
from evalkit.nearest import suggestion
from evalkit.statistics.intervals import critical_value
from evalkit.statistics.power import samples_proportion
from evalkit.statistics.sequential import alpha_at_look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalkit.gate.estimates import Interval
    from evalkit.gate.models import GateModel
    from evalkit.gate.rules import Rule
    from evalkit.terminal_tables import TerminalTable


class Outcome(Enum):
    """The outcome of a check or of a whole gate; the value is the exit code."""

    PASS = 0
    FAIL = 1
    CANNOT_TELL = 3

    @property
    def words(self) -> str:
        """The outcome for people: ``"cannot tell"``."""
        return self.name.replace("_", " ").lower()


@dataclass(frozen=True)
class Check:
    """One rule on one class, or on the whole model, with the numbers behind its outcome.

    Attributes
    ----------
    rule : the rule as text, with the name of its class.
    outcome : pass, fail or cannot tell.
    value : the value of the quantity; None where it is undefined.
    low, high : its interval at 1 − `Decision.level`; None where there is none.
    bound : the bound that the value is compared with.
    candidate, baseline : the metric of each model; baseline is None if the rule asks for no drop.
    method : how the interval was made.
    reason : why the outcome is what it is.
    """

    rule: str
    outcome: Outcome
    value: float | None
    low: float | None
    high: float | None
    bound: float
    candidate: float | None
    baseline: float | None
    method: str
    reason: str


@dataclass(frozen=True)
class Decision:
    """All checks of a gate, and their common outcome.

    Attributes
    ----------
    candidate, baseline : the names of the models; baseline is None where no rule needs one.
    checks : one per rule and class, in the order of the rules.
    alpha : the probability of a wrong decision in any check.
    level : that of each check: α, or the share of this look, divided by the number of checks.
    look : the number of this look at repeated runs; None for a single run.
    """

    candidate: str
    baseline: str | None
    checks: tuple[Check, ...]
    alpha: float
    level: float
    look: int | None = None

    @property
    def outcome(self) -> Outcome:
        """Fail if any check fails; else cannot tell if any cannot; else pass."""
        found = {check.outcome for check in self.checks}
        return next((o for o in (Outcome.FAIL, Outcome.CANNOT_TELL) if o in found), Outcome.PASS)

    @property
    def headline(self) -> str:
        """The outcome in a sentence."""
        numbers = [
            f"{sum(check.outcome is outcome for check in self.checks)} {word}"
            for outcome, word in (
                (Outcome.PASS, "passed"),
                (Outcome.FAIL, "failed"),
                (Outcome.CANNOT_TELL, "cannot tell"),
            )
        ]
        against = "" if self.baseline is None else f" against {self.baseline}"
        return f"gate: {self.outcome.words}. {self.candidate}{against}: {', '.join(numbers)}"

    def __rich__(self) -> TerminalTable:
        table: TerminalTable = views.view("decision", self)
        return table

    def _repr_html_(self) -> str:
        page: str = views.view("decision_html", self)
        return page


def decide(
    candidate: GateModel,
    baseline: GateModel | None,
    rules: Sequence[Rule],
    *,
    alpha: float = 0.05,
    seed: int = 0,
    look: int | None = None,
) -> Decision:
    """Return the checks of all rules.

    Raises
    ------
    InputError
        If there is no rule, a rule names an unknown class or needs a baseline that is missing,
        `alpha` lies outside (0, 1), or `look` is less than 1.
    """
    if not 0 < alpha < 1:
        raise InputError(f"alpha is {alpha}, expected a number between 0 and 1.")
    if not rules:
        raise InputError(
            "The gate has no rule. Pass --max-drop f1_macro=0.01 or "
            '--rule "recall[cat] >= 0.9", or write rules to evalkit.toml.'
        )
    asked = [
        (rule, position) for rule in rules for position in _positions(rule, candidate, baseline)
    ]
    estimates = GateEstimates(candidate, baseline, seed=seed)
    level = (alpha if look is None else alpha_at_look(alpha, look)) / len(asked)
    checks = tuple(
        _check(rule, position, (candidate, baseline), estimates, level) for rule, position in asked
    )
    uses_baseline = any(rule.quantity.is_drop for rule in rules)
    return Decision(
        candidate.name,
        baseline.name if baseline is not None and uses_baseline else None,
        checks,
        alpha,
        level,
        look,
    )


def _positions(
    rule: Rule, candidate: GateModel, baseline: GateModel | None
) -> Iterator[int | None]:
    """Yield the positions of the classes that a rule asks about; None for the whole model."""
    quantity = rule.quantity
    if quantity.is_drop and baseline is None:
        raise InputError(f"{rule} measures a drop, and there is no baseline. Pass --baseline.")
    if quantity.every_class:
        yield from range(len(candidate.classes))
    elif quantity.of_class is None:
        yield None
    elif quantity.of_class in candidate.classes:
        yield candidate.classes.index(quantity.of_class)
    else:
        raise InputError(
            f"{rule} names the class {quantity.of_class!r}, which the models do not have: "
            f"{suggestion(quantity.of_class, candidate.classes)}"
        )


def _check(
    rule: Rule,
    position: int | None,
    models: tuple[GateModel, GateModel | None],
    estimates: GateEstimates,
    level: float,
) -> Check:
    candidate, baseline = models
    quantity = rule.quantity
    if quantity.every_class and position is not None:
        quantity = replace(quantity, of_class=candidate.classes[position], every_class=False)
    value = estimates.value(quantity, position)
    interval = estimates.interval(quantity, position, 1 - level)
    outcome = _judged(rule, interval)
    reason = f"the {percentage(1 - level)} interval "
    if interval.missing or not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        reason = interval.missing or "there is no interval"
    elif outcome is Outcome.PASS:
        reason += "keeps the bound"
    elif outcome is Outcome.FAIL:
        reason += "lies beyond the bound"
    else:
        reason += "contains the bound"
        reach = interval.high - value if value < rule.bound else value - interval.low
        n_samples = candidate.counts.n_samples
        needed = samples_needed(n_samples, abs(value - rule.bound), reach, level)
        if needed is not None and needed <= MOST_ENUMERATED:
            trials = estimates.trials(quantity, position, interval)
            if trials and 0 < value < 1 and 0 < rule.bound < 1:
                exact = samples_proportion(value, rule.bound, power=POWER, alpha=level)
                needed = _rounded_up(exact * n_samples / trials)
        if needed is not None:
            reason += (
                f"; about {needed:,} samples would decide with a probability of "
                f"{percentage(POWER)} if the value stays the same, and there are {n_samples:,}"
            )
    return Check(
        rule=str(replace(rule, quantity=quantity)),
        outcome=outcome,
        value=_known(value),
        low=_known(interval.low),
        high=_known(interval.high),
        bound=rule.bound,
        candidate=_known(estimates.metric(candidate, quantity.metric, position)),
        baseline=_known(estimates.metric(baseline, quantity.metric, position))
        if quantity.is_drop and baseline is not None
        else None,
        method=interval.method,
        reason=reason,
    )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _judged(rule: Rule, interval: Interval) -> Outcome:
    """Return pass or fail where every value of the interval keeps or breaks the bound."""
    low, high, bound = interval.low, interval.high, rule.bound
    keeps, breaks = {
        ">=": (low >= bound, high < bound),
        ">": (low > bound, high <= bound),
        "<=": (high <= bound, low > bound),
        "<": (high < bound, low >= bound),
    }[rule.comparator]
    return Outcome.PASS if keeps else Outcome.FAIL if breaks else Outcome.CANNOT_TELL


POWER = 0.8
MOST_ENUMERATED = 20_000
"""Up to this many samples, the power of an exact limit is enumerated; beyond, it is normal."""


def samples_needed(
    n_samples: int, distance: float, reach: float, level: float, power: float = POWER
) -> int | None:
    """Return how many samples would decide with a probability of `power`, rounded up.

    n (reach / distance)² ((z₁₋ₗₑᵥₑₗ/₂ + z_power) / z₁₋ₗₑᵥₑₗ/₂)², because the standard error is
    reach / z₁₋ₗₑᵥₑₗ/₂ and decreases with the root of the number of samples.

    Parameters
    ----------
    n_samples : the number of samples now.
    distance : of the value from the bound.
    reach : of the interval, from the value towards the bound.
    level : 1 − confidence of the interval.
    power : the probability of a decision.

    Examples
    --------
    >>> samples_needed(1_000, 0.02, 0.02, 0.05)
    2100
    """
    if not (distance > 0 and 0 < reach < math.inf):
        return None
    z = critical_value(1 - level)
    needed = n_samples * (reach / distance * (z + float(ndtri(power))) / z) ** 2
    if not needed < 1e9:
        return None
    return _rounded_up(needed)


def _rounded_up(number: float) -> int:
    """Return the next number with two digits that are not zero."""
    digits = max(0, int(math.log10(number)) - 1)
    return int(math.ceil(number / 10**digits) * 10**digits)


def percentage(share: float) -> str:
    """Return a confidence with the digits that distinguish it from 100 %.

    >>> percentage(0.8), percentage(0.95), percentage(0.9995)
    ('80 %', '95 %', '99.95 %')
    """
    digits = max(0, 1 - math.floor(math.log10(100 * (1 - share)) + 1e-9))
    text = f"{100 * share:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if digits else text) + " %"
