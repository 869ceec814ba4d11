"""Print on the terminal: the only place that does.

Names of files, models, classes and columns come from others. They never control the terminal, and
output that cannot be written is an error.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from evalkit.errors import OutputError
from evalkit.tabular import terminal_text

if TYPE_CHECKING:
    from collections.abc import Iterator


def say(text: str, *, err: bool = False) -> None:
    """Print lines of text, on standard error if `err`; control characters are replaced.

    Raises
    ------
    OutputError
        If standard output is closed or full.
    """
    with _written():
        click.echo(terminal_text(text), err=err)


def show(text: str, *drawn: Any) -> None:
    """Print objects with rich on a terminal; print `text` elsewhere or with ``NO_COLOR``."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        say(text)
        return
    from rich.console import Console

    console = Console()
    with _written():
        for i, each in enumerate(drawn):
            if i:
                console.print()
            console.print(each)


def prepare_streams() -> None:
    """Replace characters that the encoding of the terminal does not have, instead of failing.

    Raises
    ------
    OutputError
        If standard output is closed. A file that is opened later would take its place.
    """
    if sys.stdout is None:
        raise OutputError("Standard output is closed. Redirect it to /dev/null to discard it.")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def flush_output() -> None:
    """Write what is buffered, so that a full disk is an error and not a message at the end.

    Raises
    ------
    OutputError
        If standard output is closed or full.
    """
    with _written():
        sys.stdout.flush()


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        with suppress(OSError, ValueError):
            # What is still buffered would fail again when the interpreter ends.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
        raise OutputError(f"Cannot write to standard output: {error.strerror}.") from error
