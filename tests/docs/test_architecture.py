"""The page on the architecture describes the folders and modules that exist."""

from __future__ import annotations

import re
from pathlib import Path

import evalkit

PACKAGE = Path(evalkit.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def test_every_folder_has_its_paragraph() -> None:
    paragraphs = re.findall(r"^\*\*(.+?)\*\*", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    described = {name for text in paragraphs for name in re.findall(r"`(\w+)/`", text)}
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert described == folders


def test_every_module_named_exists() -> None:
    named = re.findall(r"`(evalkit/[\w/]+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 5
    assert not [name for name in named if not (PACKAGE.parent / name).is_file()]
