"""evalkit's docstrings reach napoleon in the form that it reads."""

from __future__ import annotations

from docs._ext.docstrings import rewritten


def test_what_follows_a_name_is_its_meaning() -> None:
    """Napoleon would take it for a type and look for a page about it."""
    lines = ["Count.", "", "Parameters", "----------", "b, c : whole", "    and small."]
    assert rewritten(lines)[-3:] == ["b, c", "    whole", "    and small."]


def test_a_colon_without_spaces_is_text() -> None:
    """Sentences in a section stay as they are."""
    lines = ["Parameters", "----------", "one: two"]
    assert rewritten(lines)[-1] == "one: two"


def test_what_is_returned_is_prose() -> None:
    """Its first line is no type either."""
    lines = ["Returns", "-------", "``(low, high)``, each in", "[0, 1]."]
    assert rewritten(lines) == [":returns: ``(low, high)``, each in [0, 1].", ""]


def test_errors_are_named_where_they_live() -> None:
    """Those of evalkit lead to their page; what is said of them stays."""
    lines = ["Raises", "------", "InputError", "    If wrong.", "OSError"]
    assert rewritten(lines)[2:] == ["evalkit.errors.InputError", "    If wrong.", "OSError"]
