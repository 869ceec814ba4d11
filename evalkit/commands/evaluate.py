"""``evalkit evaluate``: print the metrics of one file, without a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalkit.commands.comparing import comparing_options
from evalkit.commands.formats import format_option, show_comparison
from evalkit.commands.options import Command, debug_option, force_option

if TYPE_CHECKING:
    from evalkit.commands.comparing import Request


@click.command(
    cls=Command,
    examples=[
        "evalkit evaluate predictions.csv --slice-by region --costs costs.csv",
        "evalkit evaluate model.onnx --data test.csv --target label --json results.json",
    ],
)
@click.argument("file", metavar="[NAME=]FILE")
@comparing_options
@format_option
@force_option
@debug_option
def evaluate(file: str, request: Request, text_format: Any) -> None:
    """Evaluate one model or prediction file.

    Prints the metrics overall, by class and by slice, and the costs, all with confidence intervals.
    """
    comparison = request.comparison([file], show=0)
    request.conclude(comparison)
    show_comparison(comparison, text_format, in_full=True)
