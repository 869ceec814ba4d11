r"""Grammar and parser of rules; an error names the column of the mistake.

The grammar in EBNF; white space between tokens is ignored::

    rule       = quantity , comparator , bound ;
    allowance  = value , "=" , bound ;                  (* --max-drop f1_macro=0.01 *)
    quantity   = "drop" , "(" , value , ")" | value ;
    value      = metric , [ "[" , class , "]" ] ;
    metric     = name | "f_beta" , [ "_" , average ] , "[" , number , "]" , [ "_" , average ] ;
    average    = "micro" | "macro" | "weighted" ;
    class      = "*" | name | number | text ;
    comparator = ">=" | "<=" | ">" | "<" ;
    bound      = [ "-" ] , number , [ "%" ] ;

    name       = word character , { word character | "." | "-" | "/" | "+" } ;
    number     = digits , [ "." , [ digits ] ] | "." , digits , followed by an optional exponent ;
    text       = '"' , { any character but '"' and "\\" | "\\" , any character } , '"' ;

The `name` of a metric is a key of the catalog with its average: ``recall``, ``f1_macro``. A metric
with one value per class needs a class or an average; ``[*]`` checks every class. A class with
other characters is quoted: ``recall["fire truck"]``. The β of ``f_beta`` comes first:
``f_beta[2][cat]``, ``f_beta[0.5]_macro``. Of the metrics of probabilities, rules accept those in
`evalkit.gate.rules.PROBABILITY_METRICS`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from evalkit.errors import InputError
from evalkit.gate.rules import (
    EVERY,
    PROBABILITY_METRICS,
    Quantity,
    Rule,
    is_of_probabilities,
)
from evalkit.metrics.catalog import CATALOG, lookup
from evalkit.nearest import suggestion
from evalkit.reading.tokens import TokenReader

if TYPE_CHECKING:
    from evalkit.gate.rules import Comparator

AVERAGES = ("_micro", "_macro", "_weighted")
LEAST_BETA = 0.001


def parse_rule(text: str) -> Rule:
    """Return the rule in a text.

    Raises
    ------
    RuleError
        At the first place that breaks the grammar or names an unknown metric.

    Examples
    --------
    >>> parse_rule("recall[cat] >= 90%")
    Rule(quantity=Quantity(metric='recall', of_class='cat', ...), comparator='>=', bound=0.9)
    """
    parser = _Parser(text)
    quantity = parser.quantity()
    comparator = parser.take("comparator", ">=, <=, > or <")
    bound = parser.bound()
    parser.end()
    return Rule(quantity, cast("Comparator", comparator.text), bound)


def parse_allowance(text: str) -> Rule:
    """Return the rule for ``METRIC=NUMBER``, the value of ``--max-drop``.

    Examples
    --------
    >>> str(parse_allowance("f1_macro=0.01"))
    'drop(f1_macro) <= 0.01'
    """
    parser = _Parser(text)
    quantity = parser.value(is_drop=True)
    parser.take("bracket", "METRIC=NUMBER, for example f1_macro=0.01", "=")
    bound = parser.bound()
    parser.end()
    return Rule(quantity, "<=", bound)


class _Parser(TokenReader):
    """A recursive descent parser of one rule, with one method per line of the grammar."""

    def end(self) -> None:
        if self._next.kind != "end":
            self._refuse(f"Found {self._next.text!r} after the bound, expected the end of the rule")

    def quantity(self) -> Quantity:
        following = self._tokens[min(self._place + 1, len(self._tokens) - 1)]
        if (self._next.text, following.text) != ("drop", "("):
            return self.value(is_drop=False)
        self._place += 2
        quantity = self.value(is_drop=True)
        self.take("bracket", ") at the end of drop(…)", ")")
        return quantity

    def value(self, *, is_drop: bool) -> Quantity:
        start = self._next
        key = self.metric()
        if not self._is("["):
            metric = CATALOG[_base(key)]
            if metric.by_class and not key.endswith(AVERAGES):
                self._refuse(
                    f"{key} has one value per class. Name a class ({key}[cat]), every class "
                    f"({key}[*]) or an average ({key}_macro)",
                    start,
                )
            return Quantity(key, is_drop=is_drop)
        bracket = self._next
        if not CATALOG[_base(key)].by_class or key.endswith(AVERAGES):
            self._refuse(f"{key} has one value for all classes. Remove the class", bracket)
        self._place += 1
        name = self.class_name()
        self.take("bracket", "] after the class", "]")
        if name is None:
            return Quantity(key, every_class=True, is_drop=is_drop)
        return Quantity(key, of_class=name, is_drop=is_drop)

    def metric(self) -> str:
        token = self.take("name", "a metric, for example f1_macro")
        stem, average = _split(token.text)
        if stem == "f_beta":
            return self._f_beta(average)
        try:
            metric = lookup(token.text)
        except InputError:
            metric = None
        if metric is None:
            names = [*CATALOG, *(k + a for k, m in CATALOG.items() if m.by_class for a in AVERAGES)]
            self._refuse(f"Unknown metric {token.text}: {suggestion(token.text, names)}", token)
        elif metric.of_counts is None and not is_of_probabilities(token.text):
            self._refuse(
                f"{token.text} cannot be checked by a gate. Use a metric of counts or one of "
                f"{', '.join(PROBABILITY_METRICS)}",
                token,
            )
        return token.text

    def _f_beta(self, average: str) -> str:
        self.take("bracket", "[β] after f_beta, for example f_beta[0.5]_macro", "[")
        number = self.take("number", "a number as the β of f_beta")
        beta = float(number.text)
        if not LEAST_BETA <= beta <= 1 / LEAST_BETA:
            self._refuse(
                f"The β of f_beta is {beta:g}, expected {LEAST_BETA} to {1 / LEAST_BETA:g}", number
            )
        self.take("bracket", "] after the β of f_beta", "]")
        if not average and self._next.kind == "name" and self._next.text in AVERAGES:
            average = self.take("name", "").text
        return f"f_beta[{beta!r}]{average}"

    def class_name(self) -> str | None:
        """Return the name of the class; None for every class."""
        if self._is(EVERY):
            self._place += 1
            return None
        if self._next.kind not in ("name", "number", "text"):
            self._refuse('Expected a class: a name, a quoted name ("fire truck") or *')
        self._place += 1
        return self._tokens[self._place - 1].text

    def bound(self) -> float:
        sign = -1.0 if self._is("-") else 1.0
        self._place += sign < 0
        number = self.take("number", "a number, for example 0.9 or 90%")
        value = sign * float(number.text)
        if self._is("%"):
            self._place += 1
            value /= 100
        if not math.isfinite(value):
            self._refuse("The bound is not finite", number)
        return value + 0.0


def _split(name: str) -> tuple[str, str]:
    """Return a metric's name without its average, and the average."""
    average = next((each for each in AVERAGES if name.endswith(each)), "")
    return name.removesuffix(average), average


def _base(key: str) -> str:
    return _split(key.partition("[")[0])[0]
