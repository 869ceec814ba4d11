"""Links between pages lead somewhere, and every page can be reached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from docs._ext.generated import filled
from tests.docs.pages import DOCS, PAGES, prose

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TOCTREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)
ROOT = DOCS.parent


def name_of(page: Path) -> str:
    return str(page.relative_to(DOCS))


def listed(page: Path) -> set[Path]:
    """The pages in the tables of contents of a page."""
    found = set()
    for contents in TOCTREE.findall(filled(page.read_text(encoding="utf-8"))):
        for line in contents.splitlines():
            entry = re.sub(r".*<(.+)>", r"\1", line.strip())
            if entry and not entry.startswith(":"):
                found.add((page.parent / f"{entry}.md").resolve())
    return found


def anchors(page: Path) -> set[str]:
    """The anchors that the headings of a page make."""
    text = filled(page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#{1,3} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_resolve(page: Path) -> None:
    """A link inside the project names a file that is there and a heading that it has."""
    for link in LINK.findall(prose(page)):
        if re.match(r"https?://|mailto:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.is_file(), link
        assert target.is_relative_to(DOCS), f"{link} leaves the documentation"
        if anchor:
            assert anchor in anchors(target), link


def test_no_page_is_orphaned() -> None:
    """The tables of contents, followed from the first page, reach every page and nothing else."""
    reached, ahead = set(), {DOCS / "index.md"}
    while ahead:
        reached |= ahead
        ahead = {page for each in ahead for page in listed(each)} - reached
    assert reached == set(PAGES)


def test_the_readme_leads_to_what_is_there() -> None:
    """The README and the guide for contributors link to files of the project."""
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for link in LINK.findall(text):
            if not re.match(r"https?://|#", link):
                assert (ROOT / link.partition("#")[0]).exists(), f"{name}: {link}"
