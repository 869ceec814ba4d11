"""Pictures and live reports: every how-to shows what it describes, light and dark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from docs._ext import gallery
from tests.docs.pages import DOCS, PAGES

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = re.compile(
    r"^```\{picture\} (\S+)\n((?::report: \S+\n)?)(.*?)^```", re.MULTILINE | re.DOTALL
)
FILES = DOCS / "pictures"
SCRIPT = DOCS.parent / "scripts" / "make_screenshots.py"
PALETTE = 3
"""The type of colours of a PNG file with a palette, in the 26th byte."""


def name_of(path: Path) -> str:
    return str(path.relative_to(DOCS))


def pictures(page: Path) -> dict[str, str]:
    """The names of the pictures on a page, with their texts."""
    found = PICTURE.findall(page.read_text(encoding="utf-8"))
    return {name: " ".join(text.split()) for name, _, text in found}


@pytest.mark.parametrize("page", sorted((DOCS / "how-to").glob("*.md")), ids=name_of)
def test_every_how_to_has_a_picture(page: Path) -> None:
    shown = pictures(page)
    assert shown
    assert all(len(text.split()) >= 6 for text in shown.values()), "texts that say what is shown"


def test_the_script_makes_the_pictures_that_are_shown() -> None:
    """Each in both themes, and no other file lies beside them."""
    shown = {name for page in PAGES for name in pictures(page)}
    made = set(re.findall(r'^    Picture\(\s*"([\w-]+)"', SCRIPT.read_text("utf-8"), re.MULTILINE))
    assert shown == made
    files = {f"{name}-{theme}.png" for name in made for theme in ("light", "dark")}
    assert {path.name for path in FILES.iterdir()} == files


def test_pictures_are_small() -> None:
    paths = sorted(FILES.glob("*.png"))
    assert sum(path.stat().st_size for path in paths) < 1.8e6
    assert not [path.name for path in paths if path.read_bytes()[25] != PALETTE]


def test_the_gallery_shows_every_script() -> None:
    page = DOCS / "gallery.md"
    text = page.read_text(encoding="utf-8")
    stems = {script.stem for script in gallery.SCRIPTS}
    assert stems == set(re.findall(r"^:report: (\S+)$", text, re.MULTILINE))
    assert stems == set(re.findall(r"\{literalinclude\} gallery/(\w+)\.py", text))


@pytest.mark.parametrize("script", gallery.SCRIPTS, ids=name_of)
def test_a_script_of_the_gallery_writes_its_report(script: Path, tmp_path: Path) -> None:
    gallery.run(script, tmp_path)
    page = (tmp_path / f"{script.stem}.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "</html>" in page
    assert [path.name for path in tmp_path.iterdir()] == [f"{script.stem}.html"]


def test_a_report_of_the_gallery_is_the_same_every_time(tmp_path: Path) -> None:
    script = gallery.SCRIPTS[-1]
    gallery.run(script, tmp_path / "first")
    gallery.run(script, tmp_path / "second")
    first, second = (tmp_path / name / f"{script.stem}.html" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
