"""The pages of the documentation as the tests see them: their blocks of code and their links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))

FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=fence)[ ]*$", re.MULTILINE | re.DOTALL
)
DIRECTIVE = re.compile(r"\{code-block\}\s*(\w+)")
CAPTION = re.compile(r"\A:caption: (.+)\n\n?")
NOT_RUN = "# not run: "


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes
    ----------
    language : as the page says it: ``"python"``, ``"console"``, …
    text : the code itself.
    file : the name of the file that the block shows, or the empty string.
    line : where it begins in the page.
    """

    language: str
    text: str
    file: str
    line: int

    @property
    def skipped(self) -> bool:
        """Whether it says in its first line that the tests do not run it."""
        return self.text.startswith(NOT_RUN)


@dataclass(frozen=True)
class Command:
    """A command line of a console block with the output shown below it."""

    line: str
    output: str


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order; directives other than code-block are left out."""
    text = page.read_text(encoding="utf-8")
    found = []
    for fence in FENCE.finditer(text):
        info, body = fence["info"].strip(), fence["body"]
        directive = DIRECTIVE.match(info)
        if info.startswith("{") and directive is None:
            continue
        caption = CAPTION.match(body) if directive else None
        found.append(
            Block(
                language=directive[1] if directive else info,
                text=body[caption.end() :] if caption else body,
                file=caption[1].strip() if caption else "",
                line=text.count("\n", 0, fence.start()) + 1,
            )
        )
    return found


def console_commands(block: Block) -> list[Command]:
    """Return the commands of a console block, each after ``$``, a trailing backslash continued."""
    found: list[Command] = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        first, _, output = part.replace("\\\n", " ").partition("\n")
        found.append(Command(" ".join(first.split()), output))
    return found


def prose(page: Path) -> str:
    """Return the text of a page without its blocks of code."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))
