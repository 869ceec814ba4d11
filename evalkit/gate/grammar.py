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
`evalkit.metrics.quantities.PROBABILITY_METRICS`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from evalkit.gate.rules import Rule
from evalkit.metrics.quantities import QuantityReader

if TYPE_CHECKING:
    from evalkit.gate.rules import Comparator
    from evalkit.metrics.quantities import Quantity


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
    parser.end("bound", "rule")
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
    parser.end("bound", "rule")
    return Rule(quantity, "<=", bound)


class _Parser(QuantityReader):
    """A parser of one rule."""

    def quantity(self) -> Quantity:
        following = self._tokens[min(self._place + 1, len(self._tokens) - 1)]
        if (self._next.text, following.text) != ("drop", "("):
            return self.value(is_drop=False)
        self._place += 2
        quantity = self.value(is_drop=True)
        self.take("bracket", ") at the end of drop(…)", ")")
        return quantity

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
