"""Regression gate: check rules about a model against confidence intervals.

Use `assert_no_regression` in tests and ``evalkit gate`` in a pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from evalkit.errors import EvalkitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from evalkit.gate.decide import Decision

__all__ = ["RegressionError", "assert_no_regression", "check"]


class RegressionError(EvalkitError, AssertionError):
    """A candidate failed its gate, or the samples cannot tell; the message holds the table."""


def check(
    candidate: Any,
    baseline: Any = None,
    *,
    max_drop: Mapping[str, float] | None = None,
    rules: Iterable[str] = (),
    alpha: float = 0.05,
    seed: int = 0,
    look: int | None = None,
) -> Decision:
    """Check rules about a candidate, and about its drop from a baseline.

    Parameters
    ----------
    candidate, baseline : an `Evaluation`, a `Comparison` of one model, or ``FILE[::MODEL]``: a
        results.json, a prediction file or a model file. Two models that were evaluated on the same
        samples are paired.
    max_drop : the largest allowed drop by metric: ``{"f1_macro": 0.01, "recall[cat]": 0.02}``.
    rules : for example ``"recall[cat] >= 0.9"``; `evalkit.gate.grammar` specifies the language.
    alpha : rules are decided by intervals at confidence 1 − alpha.
    seed : of the resampling. A comparison keeps its own seed, so that its intervals are the same.
    look : the number of this run among repeated runs, from 1, if α is to hold for all of them
        together; see `evalkit.statistics.alpha_at_look`.

    Raises
    ------
    InputError
        If there is no rule, a rule is invalid or names an unknown class, classes differ, or `look`
        is less than 1.

    Examples
    --------
    >>> import evalkit
    >>> labels = [0, 1] * 500
    >>> perfect = evalkit.evaluate(labels, labels, name="perfect")
    >>> check(perfect, rules=["recall[1] >= 0.99"]).outcome.words
    'pass'
    """
    from evalkit.gate.decide import decide
    from evalkit.gate.grammar import parse_allowance, parse_rule
    from evalkit.gate.models import read_models

    asked = [parse_allowance(f"{metric}={drop!r}") for metric, drop in (max_drop or {}).items()]
    asked += [parse_rule(rule) for rule in rules]
    return decide(*read_models(candidate, baseline), asked, alpha=alpha, seed=seed, look=look)


def assert_no_regression(
    candidate: Any,
    baseline: Any = None,
    *,
    max_drop: Mapping[str, float] | None = None,
    rules: Iterable[str] = (),
    alpha: float = 0.05,
    seed: int = 0,
    look: int | None = None,
    undecided: Literal["fail", "pass"] = "fail",
) -> Decision:
    """Return the decision of `check`; raise if the gate does not pass.

    Parameters
    ----------
    undecided : whether samples that cannot tell fail or pass: ``"fail"`` or ``"pass"``.

    Raises
    ------
    RegressionError
        If the gate fails, or cannot tell and `undecided` is ``"fail"``.

    Examples
    --------
    >>> import evalkit
    >>> a = evalkit.evaluate([0, 1] * 500, [0, 1] * 500, name="a")
    >>> b = evalkit.evaluate([0, 1] * 500, [0, 0] * 500, name="b")
    >>> assert_no_regression(b, a, max_drop={"accuracy": 0.01})
    Traceback (most recent call last):
    evalkit.gate.RegressionError: gate: fail. b against a: 0 passed, 1 failed, 0 cannot tell
    ...
    """
    from evalkit.gate.decide import Outcome
    from evalkit.gate.text import decision_table

    decision = check(
        candidate, baseline, max_drop=max_drop, rules=rules, alpha=alpha, seed=seed, look=look
    )
    passes = {Outcome.PASS} if undecided == "fail" else {Outcome.PASS, Outcome.CANNOT_TELL}
    if decision.outcome not in passes:
        raise RegressionError(str(decision_table(decision)))
    return decision
