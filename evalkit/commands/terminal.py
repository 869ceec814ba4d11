"""What a command shows: tables for a terminal, plain text everywhere else."""

from __future__ import annotations

import os
import sys
from typing import Any

import click


def show(text: str, *drawn: Any) -> None:
    """Print what rich draws of objects on a terminal, and text elsewhere or under ``NO_COLOR``."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        click.echo(text)
        return
    from rich.console import Console

    console = Console()
    for i, each in enumerate(drawn):
        if i:
            console.print()
        console.print(each)
