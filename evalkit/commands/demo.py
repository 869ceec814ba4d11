"""``evalkit demo``: train two networks on handwritten digits and write a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.commands.formats import show_comparison
from evalkit.commands.help import option
from evalkit.commands.options import Command, check_outputs, debug_option, force_option
from evalkit.commands.terminal import say
from evalkit.commands.train import make_folder, trainer

if TYPE_CHECKING:
    from evalkit.training.checkpoint import Backend


@click.command(
    cls=Command,
    examples=["evalkit demo", "evalkit demo --output digits-demo"],
)
@option(
    "Output",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Write to this folder instead of the current one.",
)
@force_option
@debug_option
@click.pass_context
def demo(context: click.Context, folder: Path) -> None:
    """Train two networks on handwritten digits and write a report."""
    from evalkit.compare import compare
    from evalkit.compare.from_files import evaluations_from_files
    from evalkit.datasets import load_dataset
    from evalkit.models import save_checkpoint
    from evalkit.training.settings import Settings

    make_folder(folder)
    targets = {name: folder / name for name in ("numpy.pkl", "torch.pt", "report.html")}
    check_outputs(context, list(targets.values()))
    dataset = load_dataset("digits")
    backends: tuple[tuple[Backend, str], ...] = (("numpy", "numpy.pkl"), ("torch", "torch.pt"))
    for backend, file in backends:
        checkpoint = trainer(backend)(dataset, Settings())
        save_checkpoint(checkpoint, targets[file])
    evaluations = evaluations_from_files([str(targets["numpy.pkl"]), str(targets["torch.pt"])])
    comparison = compare(evaluations)
    comparison.save_html(targets["report.html"])
    show_comparison(comparison, "table")
    say(f"\n{targets['report.html']}")
