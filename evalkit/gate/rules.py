"""Rules as frozen records that print as text, and the tokens that they are parsed from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NoReturn

from evalkit.errors import InputError
from evalkit.reading.source import printable

Kind = Literal["name", "number", "text", "comparator", "bracket", "end"]

LONGEST_RULE = 2_000
SHOWN = 40
PROBABILITY_METRICS = (
    "log_loss",
    "brier_score",
    "expected_calibration_error",
    "roc_auc",
    "average_precision",
)
"""The metrics of probabilities that comparisons hold with an interval."""
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


def is_of_probabilities(key: str) -> bool:
    """Return whether a key names a metric of probabilities: ``"roc_auc_macro"``."""
    return key.removesuffix("_macro") in PROBABILITY_METRICS


class RuleError(InputError):
    """A rule is invalid.

    Attributes
    ----------
    problem : what is wrong.
    rule : the text of the rule.
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
        """The rule with a caret below the mistake, in two lines.

        >>> print(RuleError("Expected a number", "recall >= x", 10).pointed)
        recall >= x
                  ^
        """
        return f"{self.rule}\n{' ' * self.column}^"


@dataclass(frozen=True)
class Token:
    """A token of a rule: its kind, its text without quotes, and the column where it begins."""

    kind: Kind
    text: str
    column: int


def tokens(rule: str) -> list[Token]:
    """Return the tokens of a rule; the last one is of kind ``end``.

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
        refuse(f"The rule is longer than {LONGEST_RULE:,} characters", rule[:SHOWN], SHOWN)
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
        return "The quoted class does not end with a quote"
    if character == "=":
        return "Found '=', expected >=, <=, > or <"
    return f"Unexpected character {character!r}"


Comparator = Literal[">=", "<=", ">", "<"]

_BARE = re.compile(r"\w[\w.\-/+]*")
EVERY = "*"


@dataclass(frozen=True)
class Quantity:
    """A metric of the candidate, or its drop from the baseline.

    Attributes
    ----------
    metric : a catalog name with its β and average: ``"f_beta[0.5]_macro"``.
    of_class : the name of a class; None for a metric of the whole model.
    every_class : whether the rule is checked for every class.
    is_drop : whether the drop is meant: baseline − candidate where higher values are better,
        candidate − baseline where lower values are better.
    """

    metric: str
    of_class: str | None = None
    every_class: bool = False
    is_drop: bool = False

    def __str__(self) -> str:
        value = self.metric
        if self.every_class:
            value += f"[{EVERY}]"
        elif self.of_class is not None:
            value += f"[{quoted(self.of_class)}]"
        return f"drop({value})" if self.is_drop else value


@dataclass(frozen=True)
class Rule:
    """A quantity, a comparator and a bound.

    Examples
    --------
    >>> str(Rule(Quantity("recall", "cat"), ">=", 0.9))
    'recall[cat] >= 0.9'
    """

    quantity: Quantity
    comparator: Comparator
    bound: float

    def __str__(self) -> str:
        return f"{self.quantity} {self.comparator} {self.bound!r}"


def quoted(name: str) -> str:
    r"""Return the name of a class as a rule writes it, in quotes where they are needed.

    >>> quoted("cat"), quoted('fire "truck"')
    ('cat', '"fire \\"truck\\""')
    """
    if _BARE.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
