"""The tokens of a rule, and what rules ask: frozen records that print as the rule's text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NoReturn

from evalkit.errors import InputError
from evalkit.reading.source import printable

Kind = Literal["name", "number", "text", "comparator", "bracket", "end"]

LONGEST_RULE = 2_000
SHOWN = 40
PROBABILITY_METRICS = ("log_loss", "brier_score", "expected_calibration_error", "roc_auc")
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


Comparator = Literal[">=", "<=", ">", "<"]

_BARE = re.compile(r"\w[\w.\-/+]*")
EVERY = "*"


@dataclass(frozen=True)
class Quantity:
    """A metric of the candidate, or how much worse it is than the baseline's.

    Attributes
    ----------
    metric : a catalog name with its β and average: ``"f_beta[0.5]_macro"``.
    of_class : a class's name; None for a metric of the whole model.
    every_class : whether each class is meant.
    is_drop : whether the baseline's lead is meant: baseline − candidate where higher is better,
        candidate − baseline where lower is.
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
    """A quantity and the bound that it must keep.

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
    r"""Return a class as a rule writes it: bare where it can be, in quotes where not.

    >>> quoted("cat"), quoted('fire "truck"')
    ('cat', '"fire \\"truck\\""')
    """
    if _BARE.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
