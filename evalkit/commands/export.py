"""``evalkit export``: write a network of evalkit in another format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.commands.options import debug_option, force_option

if TYPE_CHECKING:
    from evalkit.models.registry import ExportFormat


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--to", type=click.Choice(["onnx", "safetensors"]), required=True, help="Format of the file."
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file. By default the name of the model with the ending of the format.",
)
@force_option
@debug_option
def export(model: Path, to: ExportFormat, output: Path | None, force: bool) -> None:
    """Write a network that evalkit trained as ONNX or safetensors."""
    from evalkit.models import export_checkpoint, load_checkpoint
    from evalkit.writing import may_replace

    target = output or model.with_suffix(f".{to}")
    may_replace(target, force=force)
    export_checkpoint(load_checkpoint(model), target, to=to)
    click.echo(str(target))
