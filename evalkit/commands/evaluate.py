"""``evalkit evaluate``: print the metrics of one file, without a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalkit.commands.formats import format_option, show_comparison
from evalkit.commands.options import (
    Command,
    betas_option,
    confidence_option,
    debug_option,
    metric_option,
    reading_options,
    seed_option,
    show_notes,
    target_option,
    trusted_option,
)

if TYPE_CHECKING:
    from evalkit.predictions.options import ReadOptions


@click.command(cls=Command)
@click.argument("file", metavar="[NAME=]FILE")
@click.option(
    "--data",
    "spec",
    metavar="SPEC",
    help="Evaluate on this data instead of the data recorded in the model.",
)
@target_option
@reading_options
@metric_option
@betas_option
@confidence_option
@seed_option
@format_option
@trusted_option
@debug_option
def evaluate(
    file: str,
    spec: str | None,
    target: str | None,
    reading: ReadOptions,
    metric: str | None,
    betas: tuple[float, ...],
    confidence: float,
    seed: int,
    text_format: Any,
    trusted: tuple[str, ...],
) -> None:
    """Evaluate one model or prediction file: overall and by class, with confidence intervals."""
    from evalkit.compare import compare
    from evalkit.compare.from_files import evaluations_from_files

    evaluations = evaluations_from_files(
        [file], data=spec, target=target, reading=reading, trusted=trusted
    )
    comparison = compare(
        evaluations,
        metric=metric,
        positive=reading.positive,
        betas=betas,
        confidence=confidence,
        seed=seed,
        show=0,
    )
    show_notes((each.name, (*each.warnings, *each.notes)) for each in evaluations)
    show_comparison(comparison, text_format, by_class=True)
