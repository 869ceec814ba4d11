"""The project speaks in the standard terms of its field, in ordinary sentences."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, prose

ROOT = Path(__file__).parents[2]
FOLDERS = ("benchmarks", "docs", "evalkit", "examples", "scripts", "templates", "tests")
SUFFIXES = {".css", ".j2", ".js", ".json", ".md", ".py", ".toml", ".txt", ".yml"}
BREAK = re.compile(r"[\"']?\n\s*(?:#:?|//|\*|>)?\s*f?[\"']?")
"""A line break inside a sentence: of a comment, a string in parts, or text."""

AVOIDED = {
    "false positives are costly": r"\bis dear\b|\bare dear\b",
    "is underconfident": r"less sure than it is right",
    "Calibration": r"does 80 ?% mean 80 ?%",
    '"8" predicted as "9"': r"\b8 called 9\b",
    'most frequent error is "1" predicted as "8"': r"most often takes",
    "Group": r"[>\"'](?-i:Alike)[<\"']",
    "evaluate one model": r"\bis worth\b",
    "batch size": r"\brows a step\b",
    "was not written by evalkit": r"\bis somebody else's\b",
    "File not found": r"a file must exist to be read",
    "untrusted input": r"\bstrangers?\b",
    "Architecture": r"how the house is built",
    "Quickstart": r"^#+ ten minutes|\"ten minutes\"",
    "confidence interval": r"honest intervals?\b",
    "one row per model": r"\b(?:a|one) row a \w+|\b(?:a|one) task a partition",
    "check that evaluations share samples": r"the ground of every pairing",
    "probability metrics from accumulated sums": r"\blet go of\b|summed and let go",
    "decide which inputs are streamed": r"what the words of a command line are",
    "predictor for evalkit checkpoints": r"a checkpoint of either trainer at work",
    "confusion counts per slice": r"\bcame to\b",
    "names of classes and functions": r"(?:class|def) (?-i:Witness|Side|stated|letters)\b",
}
"""What to write, and the pattern of what not to write."""


def texts() -> list[Path]:
    """Every text file of the project but this one, and but the pages that evalkit wrote."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found = [path for path in [*ROOT.glob("*"), *inside] if path.suffix in SUFFIXES]
    return [path for path in found if path.is_file() and path != Path(__file__)]


def forms(path: Path) -> tuple[str, str]:
    """The text of a file as it stands, and with each sentence on one line."""
    text = path.read_text(encoding="utf-8", errors="replace")
    text = text.replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " ")
    return text, BREAK.sub(" ", text)


def test_no_phrase_that_is_avoided_stands_anywhere() -> None:
    patterns = {
        instead: re.compile(pattern, re.IGNORECASE | re.MULTILINE)
        for instead, pattern in AVOIDED.items()
    }
    found = [
        f"{path.relative_to(ROOT)}: {phrase[0]!r}; write: {instead}"
        for path in texts()
        for text in forms(path)
        for instead, pattern in patterns.items()
        if (phrase := pattern.search(text))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "sentence",
    [
        "A false positive is dear",
        "is less sure than it is right",
        "Does 80 % mean 80 %?",
        "8 called 9",
        "numpy most often takes 1 for 8: 2, 3.3 % of all 1",
        "<th>Alike</th>",
        "Print what one model or prediction file is worth",
        "Rows a step.",
        "bad.csv is somebody else's",
        "a file must exist to be read; there is no nope.csv",
        "Nothing of a stranger's is run or believed",
        "How the house is built",
        "# Ten minutes",
        "honest interval",
        "a row a model; a task a partition",
        "the ground of every pairing",
        "worth of probabilities that were summed and let go",
        "What the words of a command line are to be counted",
        "A checkpoint of either trainer at work",
        "what all samples of one value of a column came to",
        "class Witness:",
    ],
)
def test_the_patterns_find_what_they_are_for(sentence: str) -> None:
    """A pattern with a fault would make the test above pass for nothing."""
    assert any(re.search(pattern, sentence, re.IGNORECASE) for pattern in AVOIDED.values())


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.stem)
def test_headings_name_the_content(page: Path) -> None:
    """A page has one title, no level is left out, and no heading asks or repeats another."""
    headings = re.findall(r"^(#+) (.+)$", prose(page), re.MULTILINE)
    levels = [len(marks) for marks, _ in headings]
    if page.stem == "changelog":
        return  # its text is CHANGELOG.md
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert not [text for _, text in headings if text.rstrip().endswith(("?", "!", "."))]
    assert len({text for _, text in headings}) == len(headings)
