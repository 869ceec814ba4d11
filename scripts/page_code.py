"""Run the code of a page of the documentation in the current folder."""

from __future__ import annotations

import doctest
import io
import shlex
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit import cli
from tests.docs.pages import Block, blocks, console_commands

if TYPE_CHECKING:
    from evalkit import Comparison

NOTEBOOK = """<!doctype html>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<style>
body {{ margin: 20px; font: 14px system-ui, sans-serif; }}
p {{ font-family: monospace; }}
</style>
<p>[1]: comparison</p>
{comparison}
"""


def run_page(page: Path) -> None:
    """Run the blocks of a page; its `comparison` is written as a report and as in a notebook."""
    names: dict[str, Any] = {"__name__": "__main__"}
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        for block in blocks(page):
            if not block.skipped:
                _run(block, names)
    if "comparison" in names:
        _write(names["comparison"])


def _run(block: Block, names: dict[str, Any]) -> None:
    if block.file:
        Path(block.file).write_text(block.text, encoding="utf-8")
    elif block.language == "python":
        text = block.text
        if ">>>" in text:
            examples = doctest.DocTestParser().get_examples(text)
            text = "".join(example.source for example in examples)
        exec(compile(text, f"line {block.line}", "exec"), names)  # noqa: S102  our own pages
    elif block.language == "console":
        for command in console_commands(block):
            words = shlex.split(command.line, comments=True)
            if words[0] == "evalkit":
                with suppress(SystemExit):
                    cli.main(words[1:])


def _write(comparison: Comparison) -> None:
    """Write the comparison for the pictures, unless a command has written a report."""
    if not Path("report.html").exists():
        comparison.save_html("report.html")
    shown = NOTEBOOK.format(comparison=comparison._repr_html_())
    Path("notebook.html").write_text(shown, encoding="utf-8")
