"""``evalkit export``: write a network of evalkit in another format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.commands.help import option
from evalkit.commands.options import Command, OutputFile, check_outputs, debug_option, force_option
from evalkit.commands.terminal import say

if TYPE_CHECKING:
    from evalkit.models.registry import ExportFormat


@click.command(
    cls=Command,
    examples=[
        "evalkit export numpy.pkl --to onnx",
        "evalkit export torch.pt --to safetensors --output model.safetensors",
    ],
)
@click.argument("model", type=click.Path(path_type=Path))
@option(
    "Output",
    "--to",
    type=click.Choice(["onnx", "safetensors"]),
    required=True,
    help="Format of the file.",
)
@option(
    "Output",
    "--output",
    type=OutputFile(),
    help="Write to this file instead of the name of the model with the ending of the format.",
)
@force_option
@debug_option
@click.pass_context
def export(context: click.Context, model: Path, to: ExportFormat, output: Path | None) -> None:
    """Write a network that evalkit trained as ONNX or safetensors."""
    from evalkit.models import export_checkpoint, load_checkpoint

    target = output or model.with_suffix(f".{to}")
    check_outputs(context, [target])
    export_checkpoint(load_checkpoint(model), target, to=to)
    say(str(target))
