"""The README's examples and commands run as they stand, and its numbers are those of the pages."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from evalkit import cli

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
OTHERS = {"pip", "pytest"}
DECIDED = {0, 1, 3}
"""Exit codes of a gate that decided or could not tell."""


def commands() -> list[list[str]]:
    """Return the command lines of the README in their order, as words without comments."""
    lines = re.findall(r"^    (\S.*)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    return [shlex.split(command, comments=True) for line in lines for command in line.split(" && ")]


def test_every_example_gives_what_it_shows() -> None:
    """Each ``>>>`` in the README is run, and its output compared."""
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, attempted = doctest.testfile(str(README), module_relative=False, optionflags=flags)
    assert attempted > 7
    assert failed == 0


@pytest.mark.torch
def test_every_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands run one after the other in an empty folder."""
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    run = [words for words in commands() if words[0] not in OTHERS]
    assert {words[1] for words in run} >= {"demo", "report", "evaluate", "gate", "plan"}
    for words in run:
        assert words[0] == "evalkit", words
        code: object = 0
        try:
            cli.main(words[1:])
        except SystemExit as stop:
            code = stop.code or 0
        assert code in (DECIDED if words[1] == "gate" else {0}), words
    assert (tmp_path / "report.html").stat().st_size < 2.2e6


def test_the_rate_of_failing_populations_is_that_of_the_page() -> None:
    """The README says how many simulated populations fail; the page of validity counts them."""
    page = (ROOT / "docs" / "validity.md").read_text(encoding="utf-8")
    count = re.search(r"(\d[\d,]* of [\d,]+) populations\s+fail", page)
    assert count is not None
    text = " ".join(README.read_text(encoding="utf-8").split())
    assert f"{count[1]} populations fail" in text


def test_the_first_screen_has_a_picture_an_installation_a_command_and_an_example() -> None:
    """They come before the second heading of sections, in this order."""
    first = README.read_text(encoding="utf-8").split("\n## What holds")[0]
    places = [first.index(part) for part in ("<picture>", "pip install", "evalkit demo", ">>> ")]
    assert places == sorted(places)
    assert "is not on PyPI yet" in first
