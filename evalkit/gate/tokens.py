"""From a rule's text to its tokens, each with its place."""

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
    """A rule that does not follow the grammar, or names what there is not, with the place.

    Attributes
    ----------
    rule : the rule's text.
    column : where, from 0.
    """

    def __init__(self, problem: str, rule: str, column: int) -> None:
        self.problem: str = problem
        self.rule: str = rule
        self.column: int = column
        marked = f"{printable(rule[:column])}^{printable(rule[column:])}"
        super().__init__(f"{problem}, at column {column + 1}, marked ^: {marked}")

    @property
    def pointed(self) -> str:
        """The rule with a caret below the place, in two lines.

        >>> print(RuleError("a number is needed", "recall >= x", 10).pointed)
        recall >= x
                  ^
        """
        return f"{self.rule}\n{' ' * self.column}^"


@dataclass(frozen=True)
class Token:
    """A word of a rule: its kind, its text without quotes, and where it begins."""

    kind: Kind
    text: str
    column: int


def tokens(rule: str) -> list[Token]:
    """Return the tokens of a rule, an ``end`` last.

    Raises
    ------
    RuleError
        At the first character that begins no token.

    Examples
    --------
    >>> [token.text for token in tokens("recall[cat] >= 0.9")]
    ['recall', '[', 'cat', ']', '>=', '0.9', '']
    """
    if len(rule) > LONGEST_RULE:
        refuse(f"a rule has at most {LONGEST_RULE:,} characters", rule[:SHOWN], SHOWN)
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
        return "a quoted class ends with a quote"
    if character == "=":
        return "a rule compares with >=, <=, > or <"
    return f"{character!r} has no meaning in a rule"
