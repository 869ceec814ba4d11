"""Tokens of the rules of gates and of conditions on samples, and the error that marks a place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NoReturn

from evalkit.errors import InputError
from evalkit.reading.source import printable

Kind = Literal["name", "number", "text", "comparator", "bracket", "end"]

LONGEST_RULE = 2_000
SHOWN = 40
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.\-/+]))
      | (?P<name>\w[\w.\-/+]*)
      | (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<comparator>>=|<=|>|<)
      | (?P<bracket>[\[\]()=*%\-])
      | (?P<end>$)
    )""",
    re.VERBOSE,
)


class RuleError(InputError):
    """A rule or a condition is invalid.

    Attributes
    ----------
    problem : what is wrong.
    rule : the text.
    column : the place of the mistake, from 0.
    """

    def __init__(self, problem: str, rule: str, column: int) -> None:
        self.problem: str = problem
        self.rule: str = rule
        self.column: int = column
        marked = f"{printable(rule[:column])}^{printable(rule[column:])}"
        super().__init__(f"{problem} (column {column + 1}, marked ^): {marked}")

    @property
    def pointed(self) -> str:
        """The text with a caret below the mistake, in two lines.

        >>> print(RuleError("Expected a number", "recall >= x", 10).pointed)
        recall >= x
                  ^
        """
        return f"{self.rule}\n{' ' * self.column}^"


@dataclass(frozen=True)
class Token:
    """A token: its kind, its text without quotes, and the column where it begins."""

    kind: Kind
    text: str
    column: int


def tokens(rule: str) -> list[Token]:
    """Return the tokens of a text; the last one is of kind ``end``.

    Raises
    ------
    RuleError
        At the first character that no token begins with.

    Examples
    --------
    >>> [token.text for token in tokens("recall[cat] >= 0.9")]
    ['recall', '[', 'cat', ']', '>=', '0.9', '']
    """
    if len(rule) > LONGEST_RULE:
        refuse(f"The text is longer than {LONGEST_RULE:,} characters", rule[:SHOWN], SHOWN)
    found: list[Token] = []
    place = 0
    while not found or found[-1].kind != "end":
        matched = _TOKEN.match(rule, place)
        if matched is None:
            start = place + len(rule[place:]) - len(rule[place:].lstrip())
            refuse(_unknown(rule[start]), rule, start)
        kind: Kind = matched.lastgroup  # type: ignore[assignment]  # the names of the groups
        text = matched[kind]
        if kind == "text":
            text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
        found.append(Token(kind, text, matched.start(kind)))
        place = matched.end()
    return found


def refuse(problem: str, rule: str, column: int) -> NoReturn:
    """Raise a `RuleError`."""
    raise RuleError(problem, rule, column)


def _unknown(character: str) -> str:
    if character == '"':
        return "The quoted text does not end with a quote"
    if character == "!":
        return "Found '!'; write not before a test"
    if character == "=":
        return "Found '=', expected >=, <=, > or <"
    return f"Unexpected character {character!r}"


class TokenReader:
    """The tokens of a text, taken one by one by a recursive descent parser."""

    what = "rule"

    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._place = text, tokens(text), 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _is(self, text: str) -> bool:
        return self._next.kind == "bracket" and self._next.text == text

    def _refuse(self, problem: str, token: Token | None = None) -> None:
        refuse(problem, self._text, (token or self._next).column)

    def take(self, kind: Kind, expected: str, text: str | None = None) -> Token:
        """Take a token of a kind, or of a text; `expected` says in words what must follow here."""
        token = self._next
        if token.kind != kind or (text is not None and token.text != text):
            found = f"Found {token.text!r}" if token.text else f"The {self.what} ends early"
            self._refuse(f"{found}, expected {expected}")
        self._place += 1
        return token
