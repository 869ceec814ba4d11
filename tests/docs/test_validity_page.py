"""The page of simulated rates: every failure stands in its text, with a current note."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.validity.page import page
from benchmarks.validity.page_text import NOTES
from benchmarks.validity.simulation import DRAWS, Cell
from tests.docs.pages import DOCS

CLAIM, TEST = "macro F1 differs, independent samples", "bootstrap"


def cell(happened: int, population: str, **changed: Any) -> Cell:
    known: dict[str, Any] = {"kind": "claim", "subject": CLAIM, "method": TEST, "nominal": 0.05}
    return Cell(**known | changed, population=population, happened=happened, draws=DRAWS)


def test_worst_and_median_over_populations() -> None:
    text = page([cell(10, "small"), cell(60, "middle"), cell(90, "large")])
    row = f"| {CLAIM[0].upper()}{CLAIM[1:]} | {TEST} | 5.0 % | **9.0 %** | 6.0 % | 3 | 1 |"
    assert row in text.splitlines()
    failure = "9.0 % instead of at most 5.0 % (large). Failing populations: 1 of 3."
    assert f"{failure} {NOTES[CLAIM, TEST]}" in text


def test_the_worst_interval_covers_least() -> None:
    cells = [cell(n, f"n = {n}", kind="interval", nominal=0.95) for n in (940, 990, 999)]
    assert "| 95.0 % | 94.0 % | 99.0 % | 3 |  |" in page(cells)


def test_a_failure_without_a_note_is_an_error() -> None:
    with pytest.raises(ValueError, match="on what fails: Unknown claim"):
        page([cell(90, "large", subject="unknown claim")])


def test_the_notes_of_the_page_are_current() -> None:
    text = (DOCS / "validity.md").read_text("utf-8")
    failures = text.split("## What fails\n")[1].split("\n## ")[0]
    paragraphs = [line for line in failures.splitlines() if line.startswith("- ")]
    assert paragraphs
    assert all(line.endswith(tuple(NOTES.values())) for line in paragraphs)
