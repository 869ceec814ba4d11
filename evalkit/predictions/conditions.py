r"""Conditions on samples: ``wrong(A) and right(B)``; an error names the column of the mistake.

The grammar in EBNF; white space between tokens is ignored::

    condition  = conjunction , { "or" , conjunction } ;
    conjunction = factor , { "and" , factor } ;
    factor     = "not" , factor | "(" , condition , ")" | test ;
    test       = ( "wrong" | "right" ) , "(" , model , ")"
               | "predicted" , "(" , model , ")" , "=" , class
               | "confidence" , "(" , model , ")" , comparator , number , [ "%" ]
               | "actual" , "=" , class
               | "agree"
               | column , "=" , value ;
    comparator = ">=" | "<=" | ">" | "<" ;

Models, classes, columns and values are names, numbers or quoted texts, as in the rules of gates. A
column with the name of a test is quoted. ``confidence`` is the probability of the predicted class,
and ``agree`` holds where all models predict the same class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evalkit.nearest import suggestion
from evalkit.predictions.slices import slice_spec
from evalkit.reading.tokens import TokenReader, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from evalkit.predictions.outcomes import Flags, Outcomes
    from evalkit.reading.tokens import Token

MOST_NESTED = 50
"""Brackets and negations may be nested so deep."""
_OF_MODELS = ("wrong", "right", "predicted", "confidence")
_COMPARE: Mapping[str, Callable[[Any, float], Any]] = {
    ">=": np.greater_equal,
    "<=": np.less_equal,
    ">": np.greater,
    "<": np.less,
}


@dataclass(frozen=True)
class Test:
    """A test of one sample: what it asks, of which model or column, and the value it must have."""

    asks: Literal["wrong", "right", "predicted", "confidence", "actual", "agree", "column"]
    of: Token | None = None
    value: Token | None = None
    comparator: str = "="
    bound: float = 0.0

    def flags(self, outcomes: Outcomes) -> Flags:
        """Return which samples pass."""
        if self.asks == "agree":
            first, *others = outcomes.predicted
            same: Flags = np.ones(len(outcomes), dtype=bool)
            for codes in others:
                same &= codes == first
            return same
        if self.asks == "column":
            return self._of_column(outcomes)
        if self.asks == "actual":
            return self._of_class(outcomes.actual, outcomes)
        assert self.of is not None
        model = outcomes.models.index(self.of.text)
        if self.asks == "predicted":
            return self._of_class(outcomes.predicted[model], outcomes)
        if self.asks == "confidence":
            confidence = outcomes.confidence[model]
            assert confidence is not None
            found: Flags = _COMPARE[self.comparator](confidence, self.bound)
            return found
        return outcomes.wrong[model] ^ (self.asks == "right")

    def _of_class(self, codes: Any, outcomes: Outcomes) -> Flags:
        assert self.value is not None
        if self.value.text not in outcomes.classes:
            return np.zeros(len(outcomes), dtype=bool)
        found: Flags = codes == outcomes.classes.index(self.value.text)
        return found

    def _of_column(self, outcomes: Outcomes) -> Flags:
        assert self.of is not None
        assert self.value is not None
        held = outcomes.slices[self.of.text]
        if self.value.text not in held.values:
            return np.zeros(len(outcomes), dtype=bool)
        found: Flags = held.codes == held.values.index(self.value.text)
        return found


@dataclass(frozen=True)
class Joined:
    """Conditions that must all hold, of which any must hold, or of which the only must not hold."""

    how: Literal["and", "or", "not"]
    parts: tuple[Test | Joined, ...]

    def flags(self, outcomes: Outcomes) -> Flags:
        """Return which samples pass."""
        found = [part.flags(outcomes) for part in self.parts]
        if self.how == "not":
            return ~found[0]
        return (np.logical_and if self.how == "and" else np.logical_or).reduce(found)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Condition:
    """A condition on samples, read from `text`."""

    text: str
    root: Test | Joined

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it asks for, each once."""
        asked = (each.of.text for each in _tests(self.root) if each.asks == "column" and each.of)
        return tuple(dict.fromkeys(asked))

    def flags(self, outcomes: Outcomes) -> Flags:
        """Return (n,) which samples meet it.

        Raises
        ------
        RuleError
            If it names a model or column that is not there, or the confidence of a model without
            probabilities.
        """
        for each in _tests(self.root):
            if each.asks in _OF_MODELS and each.of is not None:
                self._require(each.of, "model", outcomes.models)
                model = outcomes.models.index(each.of.text)
                if each.asks == "confidence" and outcomes.tables[model] is None:
                    refuse(f"{each.of.text} has no probabilities", self.text, each.of.column)
            elif each.asks == "column" and each.of is not None:
                self._require(each.of, "test or slice column", (*outcomes.slices,))
        return self.root.flags(outcomes)

    def require_values(self, classes: Sequence[str], values: Mapping[str, Sequence[str]]) -> None:
        """Refuse a class or a value of a column that is not there.

        Parameters
        ----------
        classes : the classes.
        values : column → its values.

        Raises
        ------
        RuleError
            The message marks the class or the value.
        """
        for each in _tests(self.root):
            if each.asks in ("actual", "predicted") and each.value is not None:
                self._require(each.value, "class", classes)
            elif each.asks == "column" and each.of is not None and each.value is not None:
                self._require(each.value, f"value of {each.of.text}", values[each.of.text])

    def _require(self, token: Token, what: str, names: Sequence[str]) -> None:
        if token.text not in names:
            listed = suggestion(token.text, names)
            refuse(f"Unknown {what} {token.text}: {listed}", self.text, token.column)


def parse_condition(text: str) -> Condition:
    """Return the condition in a text.

    Raises
    ------
    RuleError
        At the first place that breaks the grammar.

    Examples
    --------
    >>> parse_condition('wrong(A) and not site = "north"').columns
    ('site',)
    >>> parse_condition("wrong A")
    Traceback (most recent call last):
    evalkit.reading.tokens.RuleError: Found 'A', expected (MODEL) after wrong (column 7, marked ...
    """
    parser = _Parser(text)
    root = parser.condition(0)
    parser.end()
    return Condition(text, root)


def with_asked_columns(slice_by: Sequence[str], where: str | None) -> tuple[str, ...]:
    """Return columns to slice by, and those that a condition asks for.

    >>> with_asked_columns(["age:18,65"], "site = north and age = missing")
    ('age:18,65', 'site')

    Raises
    ------
    RuleError
        If the condition is invalid.
    """
    asked = () if where is None else parse_condition(where).columns
    known = {slice_spec(text)[0] for text in slice_by}
    return (*slice_by, *(name for name in asked if name not in known))


def flags_of(outcomes: Outcomes, where: str | None) -> Flags:
    """Return (n,) which samples meet a condition; without one, those that any model misclassifies.

    Raises
    ------
    RuleError
        If the condition is invalid, or names a model, class or column that is not there.
    """
    found: Flags
    if where is None:
        found = np.logical_or.reduce(outcomes.wrong)
        return found
    condition = parse_condition(where)
    found = condition.flags(outcomes)
    values = {name: each.values for name, each in outcomes.slices.items()}
    condition.require_values(outcomes.classes, values)
    return found


def _tests(part: Test | Joined) -> Iterator[Test]:
    if isinstance(part, Test):
        yield part
    else:
        for each in part.parts:
            yield from _tests(each)


class _Parser(TokenReader):
    """A recursive descent parser of one condition, with one method per line of the grammar."""

    what = "condition"

    def condition(self, depth: int) -> Test | Joined:
        """Take a condition."""
        return self._joined("or", lambda: self._joined("and", lambda: self._factor(depth)))

    def end(self) -> None:
        """Refuse anything that follows."""
        if self._next.kind != "end":
            self._refuse(f"Found {self._next.text!r}, expected and, or, or the end")

    def _joined(
        self, how: Literal["and", "or"], part: Callable[[], Test | Joined]
    ) -> Test | Joined:
        parts = [part()]
        while self._is_word(how):
            self._place += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(how, tuple(parts))

    def _factor(self, depth: int) -> Test | Joined:
        if depth > MOST_NESTED:
            self._refuse(f"Conditions are nested more than {MOST_NESTED} deep")
        if self._is_word("not"):
            self._place += 1
            return Joined("not", (self._factor(depth + 1),))
        if self._is("("):
            self._place += 1
            inner = self.condition(depth + 1)
            self.take("bracket", ") after the condition in brackets", ")")
            return inner
        return self._test()

    def _test(self) -> Test:
        token = self._next
        if token.kind not in ("name", "number", "text"):
            found = f"Found {token.text!r}" if token.text else "The condition ends early"
            self._refuse(f'{found}, expected a test, such as wrong(A) or actual = "cat"')
        self._place += 1
        if token.kind == "name" and token.text in _OF_MODELS:
            return self._of_model(token)
        if token.kind == "name" and token.text == "agree" and not self._is("="):
            return Test("agree")
        if token.kind == "name" and token.text == "actual":
            return Test("actual", None, self._value("actual", "CLASS"))
        return Test("column", token, self._value(token.text, "VALUE"))

    def _of_model(self, word: Token) -> Test:
        self.take("bracket", f"(MODEL) after {word.text}", "(")
        model = self._named("the name of a model")
        self.take("bracket", ") after the model", ")")
        if word.text in ("wrong", "right"):
            return Test("wrong" if word.text == "wrong" else "right", model)
        if word.text == "predicted":
            return Test("predicted", model, self._value(f"predicted({model.text})", "CLASS"))
        comparator = self.take("comparator", ">=, <=, > or < after confidence(…)").text
        number = self.take("number", "a number, for example 0.9 or 90%")
        bound = float(number.text)
        if self._is("%"):
            self._place += 1
            bound /= 100
        if bound > 1:
            self._refuse("A confidence is at most 1. Write 0.9 or 90%", number)
        return Test("confidence", model, None, comparator, bound)

    def _value(self, before: str, what: str) -> Token:
        self.take("bracket", f"= {what} after {before}", "=")
        return self._named("a name, a number or a quoted text")

    def _named(self, expected: str) -> Token:
        token = self._next
        if token.kind not in ("name", "number", "text"):
            self.take("name", expected)
        self._place += 1
        return token

    def _is_word(self, word: str) -> bool:
        return self._next.kind == "name" and self._next.text == word
