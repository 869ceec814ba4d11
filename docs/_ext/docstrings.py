"""Convert evalkit's docstrings to the form that napoleon reads.

Types are in the signature, so the docstrings have ``name : meaning`` instead of numpydoc's
``name : type``. ``Returns`` is prose, and exceptions are named without their module.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from evalkit import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

UNDERLINE = re.compile(r"-{3,}\s*$")
NAMED = re.compile(r"(\*{0,2}\w+(?:, \*{0,2}\w+)*) : (.*)$")
PROSE = ("Returns", "Yields")
COLON = "\ue000"
"""Replaces the colons of a property, because napoleon reads the text before a colon as a type."""


def rewritten(lines: list[str]) -> list[str]:
    """Return the lines of a docstring in the form that napoleon reads."""
    return [line for name, body in _sections(lines) for line in _section(name, body)]


def _sections(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the name and the lines of each section; the text before the first has no name."""
    name, i = "", 0
    body: list[str] = []
    while i < len(lines):
        if i + 1 < len(lines) and lines[i].strip() and UNDERLINE.match(lines[i + 1]):
            yield name, body
            name, body = lines[i].strip(), []
            i += 2
            continue
        body.append(lines[i])
        i += 1
    yield name, body


def _section(name: str, body: list[str]) -> list[str]:
    if not name:
        return body
    if name in PROSE:
        text = " ".join(line.strip() for line in body if line.strip())
        return [f":{name.lower()}: {text}", ""]
    if name == "Raises":
        body = [
            f"evalkit.errors.{line}" if line.isidentifier() and hasattr(errors, line) else line
            for line in body
        ]
    if name in ("Parameters", "Attributes"):
        body = [part for line in body for part in _entry(line)]
    return [name, "-" * len(name), *body]


def _entry(line: str) -> list[str]:
    found = NAMED.match(line)
    return [found[1], f"    {found[2]}"] if found else [line]


def _escaped(line: str) -> str:
    """Return the line with escaped bars, so that |a − b| is not read as a substitution."""
    return line if line.lstrip().startswith((">>>", "...")) else line.replace("|", "\\|")


def setup(app: Sphinx) -> dict[str, Any]:
    """Convert each docstring before napoleon processes it at priority 500."""

    def before(
        _app: Sphinx, what: str, _name: str, _thing: object, _options: object, lines: list[str]
    ) -> None:
        lines[:] = [_escaped(line) for line in rewritten(lines)]
        if what == "property":
            lines[:] = [line.replace(":", COLON) for line in lines]

    def after(
        _app: Sphinx, _what: str, _name: str, _thing: object, _options: object, lines: list[str]
    ) -> None:
        lines[:] = [line.replace(COLON, ":") for line in lines]

    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", before, priority=400)
    app.connect("autodoc-process-docstring", after, priority=600)
    return {"parallel_read_safe": True}
