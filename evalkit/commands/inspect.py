"""``evalkit inspect``: describe a file without running any of it."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.commands.options import Command, debug_option
from evalkit.commands.terminal import say


@click.command(
    cls=Command,
    examples=["evalkit inspect numpy.pkl", "evalkit inspect predictions.csv"],
)
@click.argument("file", type=click.Path(path_type=Path))
@debug_option
def inspect(file: Path) -> None:
    """Describe a model or prediction file without running any of it."""
    from evalkit.models.registry import inspect_file

    say(str(inspect_file(file)))
