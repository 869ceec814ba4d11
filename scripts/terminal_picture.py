"""Write the output of a command as an HTML page that looks like a terminal."""

from __future__ import annotations

import html
import io
import os
import pty
import shlex
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[1]
WIDTH = 104
"""Columns of the terminal."""

Colour = tuple[int, int, int]
INKS: dict[str, list[Colour]] = {  # black, red, green, yellow, blue, magenta, cyan, white
    "light": [
        (22, 24, 29),
        (176, 42, 42),
        (28, 112, 60),
        (138, 96, 0),
        (29, 90, 168),
        (130, 60, 140),
        (0, 112, 120),
        (91, 96, 105),
    ],
    "dark": [
        (162, 168, 179),
        (240, 128, 128),
        (120, 200, 140),
        (226, 184, 90),
        (120, 170, 240),
        (210, 150, 220),
        (100, 200, 205),
        (233, 234, 236),
    ],
}
THEMES = {
    "light": TerminalTheme((253, 253, 252), (22, 24, 29), INKS["light"], INKS["light"]),
    "dark": TerminalTheme((20, 22, 26), (233, 234, 236), INKS["dark"], INKS["dark"]),
}

PAGE = """<!doctype html>
<meta charset="utf-8">
<style>
body {{ margin: 0; background: {background}; }}
main {{ display: block; width: max-content; padding: 20px; color: {foreground}; }}
pre {{ margin: 0; font: 14px/1.45 monospace; }}
</style>
<main><pre>$ PROMPT

{code}</pre></main>
"""


def terminal_page(command: str, folder: Path, theme: str) -> Path:
    """Run a command in a folder, and return the page that shows it with its output."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text.from_ansi(_output(command, folder)), soft_wrap=True)
    page = console.export_html(
        theme=THEMES[theme],
        code_format=PAGE.replace("PROMPT", _wrapped(command)),
        inline_styles=True,
    )
    target = Path(tempfile.mkdtemp()) / "terminal.html"
    target.write_text(page, encoding="utf-8")
    return target


def _wrapped(command: str) -> str:
    """Return the command as HTML, on two lines if it is longer than the terminal is wide."""
    if len(command) > WIDTH - 2:
        cut = command.rindex(" --", 0, WIDTH - 4)
        command = f"{command[:cut]} \\\n   {command[cut:]}"
    return html.escape(command).replace("{", "{{").replace("}", "}}")


@cache
def _output(command: str, folder: Path) -> str:
    """Return what the command prints on a terminal, with the codes of its colours.

    Standard error is a file, so that there is no progress bar; its lines come first.
    """
    reader, writer = pty.openpty()
    environment = {
        **os.environ,
        "COLUMNS": str(WIDTH),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm-256color",
    }
    environment.pop("NO_COLOR", None)
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603  the commands of the list of pictures
            [sys.executable, str(ROOT / "cli.py"), *shlex.split(command)[1:]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=errors,
        )
        os.close(writer)
        said = b""
        while part := _read(reader):
            said += part
        process.wait()
        os.close(reader)
        errors.seek(0)
        return (errors.read() + said).decode().replace("\r\n", "\n").strip()


def _read(reader: int) -> bytes:
    """Return the next bytes, none at the end, which Linux reports as an error."""
    try:
        return os.read(reader, 65_536)
    except OSError:
        return b""
