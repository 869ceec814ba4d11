"""Test that hostile files raise one-line errors, run nothing, and cost little time and memory."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.hostile.limits import allowed

if TYPE_CHECKING:
    from pathlib import Path

MIN_FILES = 300

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is measured through /proc"
)


def test_corpus_size(corpus: Path) -> None:
    """The corpus has at least 300 files."""
    assert sum(path.is_file() for path in corpus.rglob("*")) >= MIN_FILES


def test_each_raises_in_one_line(outcomes: dict[str, dict[str, Any]]) -> None:
    """Reading raises an evalkit error of one line; inspecting raises nothing else."""
    for name, outcome in outcomes.items():
        if name.startswith("inspect "):
            assert not outcome["outcome"].startswith("!"), outcome
        else:
            assert outcome["outcome"] != "read", outcome
            assert not outcome["outcome"].startswith("!"), outcome
        assert "\n" not in outcome["message"], outcome
        assert "\x1b" not in outcome["message"], outcome
        assert len(outcome["message"]) < 1500, outcome


def test_nothing_ran(corpus: Path, outcomes: dict[str, dict[str, Any]]) -> None:
    """No file was written, no process started, no connection made, no name resolved."""
    assert not (corpus / "ran").exists()
    for outcome in outcomes.values():
        assert outcome["events"] == [], outcome


def test_memory_and_time_are_bounded(outcomes: dict[str, dict[str, Any]]) -> None:
    """Each file costs at most 2 s of processor time and 300 MB beyond ten times its size.

    The kernel ends a process that takes more time; the outcome is then no error of evalkit's.
    """
    assert not [name for name, o in outcomes.items() if "killed" in o["outcome"]]
    costs = {name: (o["growth"], o["size"]) for name, o in outcomes.items()}
    assert not {name: cost for name, cost in costs.items() if cost[0] > allowed(cost[1])}
