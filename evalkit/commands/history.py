"""``evalkit history``: show metrics over runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from evalkit.commands.help import option
from evalkit.commands.options import Command, OutputFile, debug_option, force_option
from evalkit.commands.terminal import say, show

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    cls=Command,
    examples=[
        "evalkit history monday.json tuesday.json wednesday.json",
        "evalkit history runs/*.json --metric recall_macro --output history.html",
    ],
)
@click.argument("files", nargs=-1, required=True, metavar="RESULTS.json…")
@option(
    "Question",
    "--metric",
    "metrics",
    multiple=True,
    metavar="METRIC",
    help="A metric as in rules of the gate, for example f1_macro, recall[cat] or log_loss "
    "(repeatable).  [default: the primary metric of the newest file]",
)
@option(
    "Question",
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Probability of ever reporting a change where there is none.",
)
@option(
    "Question",
    "--sequential/--once",
    default=True,
    show_default=True,
    help="Whether α holds for looks after every run, or for one look at all runs.",
)
@option(
    "Resampling",
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the simulation of --once.",
)
@option(
    "Output",
    "--output",
    type=OutputFile(),
    help="Also write an HTML page.",
)
@option("Output", "--title", help="Title of the page.")
@force_option
@debug_option
def history(
    files: tuple[str, ...],
    metrics: tuple[str, ...],
    alpha: float,
    sequential: bool,
    seed: int,
    output: Path | None,
    title: str | None,
) -> None:
    """Show metrics over runs, and the runs where they changed.

    Runs are in the order of the files.
    """
    from evalkit.history import read_history
    from evalkit.history.terminal import history_table
    from evalkit.writing import write_atomically

    found = read_history(files, metrics=metrics, alpha=alpha, sequential=sequential, seed=seed)
    if output is not None:
        from evalkit.history.page import history_html

        write_atomically(output, history_html(found, title=title).encode())
    table = history_table(found)
    show(str(table), table)
    if output is not None:
        say(f"\n{output}")
