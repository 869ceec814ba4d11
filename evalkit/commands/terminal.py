"""Show tables on a terminal, and plain text elsewhere."""

from __future__ import annotations

import os
import sys
from typing import Any

import click


def show(text: str, *drawn: Any) -> None:
    """Print objects with rich on a terminal; print `text` elsewhere or with ``NO_COLOR``."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        click.echo(text)
        return
    from rich.console import Console

    console = Console()
    for i, each in enumerate(drawn):
        if i:
            console.print()
        console.print(each)
