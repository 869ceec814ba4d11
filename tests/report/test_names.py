"""Names are shown whole or visibly shortened, always unique, and never as commands."""

from __future__ import annotations

import unicodedata

from hypothesis import given, strategies as st

from evalkit.report.names import LONGEST, SentenceReader, shown_names, visible

names = st.text(st.characters(exclude_categories=()), max_size=200)


@given(names)
def test_visible_has_no_control_characters(name: str) -> None:
    """What is shown can be encoded and moves no cursor."""
    text = visible(name)
    text.encode("utf-8")
    assert not {unicodedata.category(character) for character in text} & {"Cc", "Cs"}


@given(st.lists(names, unique=True, max_size=20))
def test_shown_names_are_unique_and_short(given_names: list[str]) -> None:
    """Distinct names stay apart when they are shortened."""
    shown = shown_names([visible(name) for name in dict.fromkeys(map(visible, given_names))])
    assert len(set(shown)) == len(shown)
    assert all(len(name) <= LONGEST + 6 for name in shown)


def test_short_names_stay_as_they_are() -> None:
    """Ordinary names, whatever their script, are shown as they are."""
    plain = ("cat", "Größe", "犬", "الكلب", "{{7*7}}", "<b>", "a b")
    assert shown_names(plain) == plain


def test_a_hidden_twin_gets_a_number() -> None:
    """Names that differ beyond the cut, or only in a control character, are told apart."""
    assert shown_names(["x" * 100 + "a", "x" * 100 + "b"])[1].endswith("…(2)")
    assert len(set(shown_names(["a\ud800", "a\ud801", "a\ufffd", "a\ufffd(2)"]))) == 4


def test_sentences_isolate_the_names_that_need_it() -> None:
    """A name with an override is set apart; the words around it are not."""
    reader = SentenceReader([("\u202ecba", "\u202ecba"), ("cat", "cat"), ("y" * 90, "yyy…")])
    parts = reader.read(f"\u202ecba beats cat and {'y' * 90}.")
    assert [(part.text, part.is_name) for part in parts] == [
        ("\u202ecba", True),
        (" beats cat and ", False),
        ("yyy…", True),
        (".", False),
    ]


def test_numbers_stay_on_one_line() -> None:
    """No line ends inside a p-value, an interval, a share of a count, or before a unit."""
    text = "+2.3 points (95\N{NO-BREAK SPACE}% CI −1.0 to +4.0, p < 0.001), 90.3–93.5, 4 of 60 rows"
    (part,) = SentenceReader([]).read(text)
    pieces = part.text.replace("\N{WORD JOINER}", "").split(" ")
    assert [piece.replace("\N{NO-BREAK SPACE}", " ") for piece in pieces] == [
        "+2.3 points",
        "(95 % CI −1.0 to +4.0,",
        "p < 0.001),",
        "90.3–93.5,",
        "4 of 60",
        "rows",
    ]
    assert "90.3–\N{WORD JOINER}93.5" in part.text
