"""Pass, fail or cannot tell: each rule against the interval of what it asks.

A rule passes where the whole interval at 1 − α keeps its bound, and fails where the whole interval
breaks it; in between the samples cannot tell. A gate fails if any rule does, so that with m checks
the interval that fails one is that at 1 − α/m (Bonferroni), and the gate raises a false alarm with
a probability of at most α whatever the number of rules. It passes only if all do, which needs no
such correction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from evalkit import views
from evalkit.errors import InputError
from evalkit.gate.estimates import GateEstimates
from evalkit.nearest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalkit.gate.estimates import Ends, Evidence
    from evalkit.gate.models import GateModel
    from evalkit.gate.rules import Comparator, Rule
    from evalkit.terminal_tables import TerminalTable


class Outcome(Enum):
    """What a check or a whole gate comes to; the value is the exit code."""

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
    rule : what was asked, as text, its class named.
    outcome : what it comes to.
    value : of the quantity; None where it is undefined.
    low, high : its interval at `confidence`; None where there is none.
    bound : what it is compared with.
    candidate, baseline : the metric itself of each model, baseline None where it is not asked for.
    method : how the interval was made.
    reason : the outcome in a sentence.
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
    """Every check of a gate and what they come to together.

    Attributes
    ----------
    candidate, baseline : the names of the models; baseline None where no rule asks for one.
    checks : in the order of the rules.
    alpha : the level.
    """

    candidate: str
    baseline: str | None
    checks: tuple[Check, ...]
    alpha: float

    @property
    def outcome(self) -> Outcome:
        """Fail if any check fails, else cannot tell if any cannot, else pass."""
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
                (Outcome.CANNOT_TELL, "cannot be told"),
            )
        ]
        against = "" if self.baseline is None else f" against {self.baseline}"
        return f"gate: {self.outcome.words}. {self.candidate}{against}: {', '.join(numbers)}"

    def __rich__(self) -> TerminalTable:
        table: TerminalTable = views.view("decision", self)
        return table


def decide(
    candidate: GateModel,
    baseline: GateModel | None,
    rules: Sequence[Rule],
    *,
    alpha: float = 0.05,
    seed: int = 0,
) -> Decision:
    """Return what the rules come to.

    Raises
    ------
    InputError
        If there is no rule, a rule names a class that there is not or needs a baseline that is
        missing, or `alpha` lies outside (0, 1).
    """
    if not 0 < alpha < 1:
        raise InputError(f"alpha must lie strictly between 0 and 1; got {alpha}")
    if not rules:
        raise InputError(
            "a gate needs at least one rule: pass --max-drop f1_macro=0.01 or "
            '--rule "recall[cat] >= 0.9", or write them into evalkit.toml'
        )
    asked = [
        (rule, position) for rule in rules for position in _positions(rule, candidate, baseline)
    ]
    estimates = GateEstimates(candidate, baseline, seed=seed)
    checks = tuple(
        _check(
            rule,
            position,
            (candidate, baseline),
            estimates,
            alpha=alpha,
            checks=len(asked),
        )
        for rule, position in asked
    )
    uses_baseline = any(rule.quantity.is_drop for rule in rules)
    return Decision(
        candidate.name,
        baseline.name if baseline is not None and uses_baseline else None,
        checks,
        alpha,
    )


def _positions(
    rule: Rule, candidate: GateModel, baseline: GateModel | None
) -> Iterator[int | None]:
    quantity = rule.quantity
    if quantity.is_drop and baseline is None:
        raise InputError(f"a drop is measured against a baseline; {rule} has none: pass --baseline")
    if quantity.every_class:
        yield from range(len(candidate.classes))
    elif quantity.of_class is None:
        yield None
    elif quantity.of_class in candidate.classes:
        yield candidate.classes.index(quantity.of_class)
    else:
        raise InputError(
            f"a rule names classes of the models; {rule} names {quantity.of_class!r}, which is "
            f"none: {suggestion(quantity.of_class, candidate.classes)}"
        )


def _check(
    rule: Rule,
    position: int | None,
    models: tuple[GateModel, GateModel | None],
    estimates: GateEstimates,
    *,
    alpha: float,
    checks: int,
) -> Check:
    candidate, baseline = models
    quantity = rule.quantity
    if quantity.every_class and position is not None:
        quantity = replace(quantity, of_class=candidate.classes[position], every_class=False)
    evidence = estimates.evidence(rule.quantity, position)
    low, high = evidence.interval(1 - alpha)
    outcome, reason = _judge(rule, evidence, (low, high), alpha, checks, candidate.counts.n_samples)
    return Check(
        rule=str(replace(rule, quantity=quantity)),
        outcome=outcome,
        value=_known(evidence.value),
        low=_known(low),
        high=_known(high),
        bound=rule.bound,
        candidate=_known(estimates.figure(candidate, quantity, position)),
        baseline=_known(estimates.figure(baseline, quantity, position))
        if quantity.is_drop and baseline is not None
        else None,
        method=evidence.method,
        reason=reason,
    )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _judge(
    rule: Rule, evidence: Evidence, limits: Ends, alpha: float, checks: int, n_samples: int
) -> tuple[Outcome, str]:
    if evidence.missing or not all(map(math.isfinite, limits)):
        return Outcome.CANNOT_TELL, evidence.missing or "there is no interval"
    level = f"{100 * (1 - alpha):g} % interval"
    if _keeps(limits, rule.comparator, rule.bound):
        return Outcome.PASS, f"the {level} keeps the bound"
    if _breaks(limits, rule.comparator, rule.bound):
        if checks == 1 or _breaks(
            evidence.interval(1 - alpha / checks), rule.comparator, rule.bound
        ):
            return Outcome.FAIL, f"the {level} lies beyond the bound"
        return (
            Outcome.CANNOT_TELL,
            f"the {level} lies beyond the bound, but not after correction for {checks} checks",
        )
    return (
        Outcome.CANNOT_TELL,
        f"the {level} holds the bound{_needed(rule, evidence, limits, n_samples)}",
    )


def _keeps(limits: Ends, comparator: Comparator, bound: float) -> bool:
    """Return whether every value between the limits keeps the bound."""
    low, high = limits
    return {
        ">=": low >= bound,
        ">": low > bound,
        "<=": high <= bound,
        "<": high < bound,
    }[comparator]


def _breaks(limits: Ends, comparator: Comparator, bound: float) -> bool:
    """Return whether every value between the limits breaks the bound."""
    opposite: dict[Comparator, Comparator] = {">=": "<", ">": "<=", "<=": ">", "<": ">="}
    return _keeps(limits, opposite[comparator], bound)


def _needed(rule: Rule, evidence: Evidence, limits: Ends, n_samples: int) -> str:
    """Return about how many samples would tell, since intervals shrink with their root."""
    distance = abs(evidence.value - rule.bound)
    reach = (
        limits[1] - evidence.value if evidence.value < rule.bound else evidence.value - limits[0]
    )
    if distance <= 0 or reach <= 0:
        return ""
    needed = n_samples * (reach / distance) ** 2
    if not needed < 1e9:
        return ""
    digits = max(0, int(math.log10(needed)) - 1)
    rounded = math.ceil(needed / 10**digits) * 10**digits
    return f"; about {rounded:,} samples would tell, here are {n_samples:,}"
