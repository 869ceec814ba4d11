"""Every hostile file is refused in one line, runs nothing, takes little, and harms nobody."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LEAST = 60
MOST_MEMORY = 200 * 1024 * 1024

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is watched through /proc"
)


def test_there_are_many(corpus: Path) -> None:
    """At least sixty files."""
    assert sum(path.is_file() for path in corpus.rglob("*")) >= LEAST


def test_each_is_refused_in_one_line(outcomes: dict[str, dict[str, Any]]) -> None:
    """Each is refused by an error of evalkit's, and inspecting tells of it or refuses it."""
    for name, told in outcomes.items():
        if name.startswith("inspect "):
            assert not told["outcome"].startswith("!"), told
        else:
            assert told["outcome"] != "read", told
            assert not told["outcome"].startswith("!"), told
        assert "\n" not in told["message"], told
        assert "\x1b" not in told["message"], told
        assert len(told["message"]) < 1500, told


def test_nothing_ran(corpus: Path, outcomes: dict[str, dict[str, Any]]) -> None:
    """No file was written, no process started, no connection made, no name looked up."""
    assert not (corpus / "ran").exists()
    for told in outcomes.values():
        assert told["events"] == [], told


def test_none_takes_much_memory(outcomes: dict[str, dict[str, Any]]) -> None:
    """The process grows by less than 200 MB for any of them."""
    greedy = {name: told["grown"] for name, told in outcomes.items() if told["grown"] > MOST_MEMORY}
    assert not greedy
