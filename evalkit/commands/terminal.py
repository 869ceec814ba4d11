"""What a command shows: tables drawn by rich on a terminal, plain text everywhere else."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Any

import click


def wants_colour() -> bool:
    """Return whether standard output is a terminal, and ``NO_COLOR`` is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def show(text: str, *drawn: Any) -> None:
    """Print what rich draws of objects where a terminal wants it and rich is there, else text."""
    if wants_colour() and find_spec("rich") is not None:
        from rich.console import Console

        console = Console()
        for i, each in enumerate(drawn):
            if i:
                console.print()
            console.print(each)
    else:
        click.echo(text)
