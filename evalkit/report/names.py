"""Names as the page shows them: visible characters, a bounded length, and unique.

Names are untrusted input: they may hold markup, control characters, bidirectional overrides or
100,000 letters. The page shows each shortened, and in full once.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST = 60
LONGEST_PROSE = 2_000
CONTROL_PICTURES = 0x2400
KEPT_WHOLE = re.compile(
    r"\bp [<=>] (?=\d)|(?<=\d) (?:to|of) (?=[+−]?\d)|(?<=\d) (?=points?\b)|"
    r"(?<=%) (?=CI\b)|(?<=CI) (?=[+−]?\d)|(?<=\d)–(?=\d)"
)
"""Where a sentence may not be broken: see `unbroken`."""


@dataclass(frozen=True)
class Part:
    """A part of a sentence; the text direction of a name has no effect outside it."""

    text: str
    is_name: bool = False


Sentence = tuple[Part, ...]


def visible(text: str) -> str:
    r"""Return text with control characters replaced by visible symbols.

    >>> visible("a\nb\x00")
    'a␊b␀'
    """
    return "".join(_picture(character) for character in text)


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(CONTROL_PICTURES + code)
    if code == 0x7F:
        return "␡"
    # Saved pictures are XML, which has no noncharacters; U+2028 and U+2029 end lines in scripts.
    if (
        0x80 <= code < 0xA0
        or 0xD800 <= code < 0xE000
        or 0xFDD0 <= code < 0xFDF0
        or code & 0xFFFE == 0xFFFE
        or code in (0x2028, 0x2029)
    ):
        return "\N{REPLACEMENT CHARACTER}"
    return character


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return text of at most `longest` characters, with an ellipsis if it was shortened.

    >>> shortened("a" * 100, 5)
    'aaaa…'
    """
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def shown_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names as shown, numbered where shortening made them equal.

    >>> shown_names(["a" * 99 + "b", "a" * 99 + "c"])[1][-4:]
    '…(2)'
    """
    shown: dict[str, None] = {}
    for name in names:
        short = shortened(visible(name)) or "(no name)"
        twins = (f"{short}({number})" for number in count(2))
        unique = short if short not in shown else next(t for t in twins if t not in shown)
        shown[unique] = None
    return tuple(shown)


def needs_care(name: str, shown: str) -> bool:
    """Return whether a name needs markup inside a sentence.

    That is the case if it is shown shortened, has a hyphen, or has a text direction of its own.
    """
    directions = {unicodedata.bidirectional(character) for character in name}
    return (
        name != shown
        or "-" in name
        or not directions <= {"L", "EN", "ES", "ET", "CS", "WS", "ON", "NSM", ""}
    )


class SentenceReader:
    """Split sentences about known names into text and names.

    Only names that need markup are searched for; see `needs_care`.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._shown = {name: shown for name, shown in names if name and needs_care(name, shown)}
        longest_first = sorted(self._shown, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def read(self, text: str) -> Sentence:
        """Return the parts of a sentence."""
        parts: list[Part] = []
        end = 0
        for match in self._pattern.finditer(text):
            parts += _plain(text[end : match.start()])
            parts.append(Part(self._shown[match.group()], is_name=True))
            end = match.end()
        return (*parts, *_plain(text[end:]))


def unbroken(text: str) -> str:
    r"""Return text in which no line ends inside a p-value, an interval, or before a unit.

    >>> unbroken("p < 0.001").replace("\u00a0", "_")
    'p_<_0.001'
    """
    return KEPT_WHOLE.sub(
        lambda match: (
            match.group().replace(" ", "\N{NO-BREAK SPACE}").replace("–", "–\N{WORD JOINER}")
        ),
        text,
    )


def _plain(text: str) -> list[Part]:
    return [Part(shortened(unbroken(visible(text)), LONGEST_PROSE))] if text else []
