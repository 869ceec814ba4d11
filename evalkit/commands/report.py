"""``evalkit report``: compare models and write one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.commands.comparing import comparing_options, show_options
from evalkit.commands.formats import format_option, show_comparison
from evalkit.commands.help import option
from evalkit.commands.options import (
    ModelsCommand,
    OutputFile,
    debug_option,
    force_option,
    models_option,
)
from evalkit.commands.terminal import say
from evalkit.progress import task

if TYPE_CHECKING:
    from evalkit.commands.comparing import Request


@click.command(
    cls=ModelsCommand,
    examples=[
        "evalkit report numpy.pkl torch.pt --json results.json",
        "evalkit report a.csv b.csv --costs costs.csv --slice-by region",
    ],
)
@models_option
@option(
    "Input",
    "--group",
    "groups",
    multiple=True,
    metavar="NAME=GLOB",
    help="Runs of one configuration with several seeds (repeatable).",
)
@click.argument("files", nargs=-1, metavar="[[NAME=]FILE]…")
@option(
    "Output",
    "--output",
    type=OutputFile(),
    default=Path("report.html"),
    show_default=True,
    help="Write the page to this file.",
)
@comparing_options
@option(
    "Question",
    "--factor",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="Number of standard deviations in the spread over the runs of a group.",
)
@option(
    "Question",
    "--landscape",
    is_flag=True,
    help="Measure slope and curvature of the loss at the weights of networks of evalkit.",
)
@format_option
@option(
    "Output",
    "--plotly",
    type=click.Choice(["inline", "cdn", "none"]),
    default="inline",
    show_default=True,
    help="Include Plotly in the page, load it from a CDN, or omit charts.",
)
@show_options
@option("Output", "--title", help="Title of the page.")
@force_option
@debug_option
def report(
    flagged: tuple[str, ...],
    files: tuple[str, ...],
    request: Request,
    output: Path,
    text_format: Any,
    plotly: Any,
    groups: tuple[str, ...],
    factor: float,
    landscape: bool,
    show_limit: int | None,
    title: str | None,
) -> None:
    """Compare models on the same samples and write one HTML file.

    The page holds everything that it shows and opens without a network.
    """
    models = (*flagged, *files)
    if not models and not groups:
        raise click.UsageError(
            "No model was given. For example: evalkit report --models numpy.pkl torch.pt"
        )
    comparison = request.comparison(
        models, groups=groups, landscape=landscape, factor=factor, show=show_limit
    )
    with task("Writing the page"):
        comparison.save_html(output, title=title, plotly=plotly)
    request.conclude(comparison)
    show_comparison(comparison, text_format)
    # Other formats are read by programs, and the path is not part of them.
    say(f"\n{output}", err=text_format != "table")
