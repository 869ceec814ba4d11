"""``evalkit report``: compare models and write one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.commands.formats import format_option, show_comparison
from evalkit.commands.options import (
    ModelsCommand,
    OutputFile,
    betas_option,
    confidence_option,
    debug_option,
    force_option,
    metric_option,
    reading_options,
    seed_option,
    show_notes,
    show_options,
    target_option,
    trusted_option,
)
from evalkit.commands.terminal import say

if TYPE_CHECKING:
    from evalkit.predictions.options import ReadOptions


@click.command(cls=ModelsCommand)
@click.option(
    "--models",
    "flagged",
    multiple=True,
    metavar="[NAME=]FILE …",
    help="Model or prediction files. Takes several after one flag; bare arguments are the same.",
)
@click.argument("files", nargs=-1, metavar="[[NAME=]FILE]…")
@click.option(
    "--data",
    "spec",
    metavar="SPEC",
    help="Evaluate on this data instead of the data recorded in each model.",
)
@target_option
@reading_options
@click.option(
    "--output",
    type=OutputFile(),
    default=Path("report.html"),
    show_default=True,
    help="Write the page to this file.",
)
@metric_option
@betas_option
@confidence_option
@click.option(
    "--margin",
    type=click.FloatRange(min=0, min_open=True),
    help="Also test equivalence: differences in accuracy below this fraction do not matter.",
)
@click.option(
    "--rope",
    type=click.FloatRange(0, 1, max_open=True),
    help="Also compute the posterior probabilities that differences in accuracy lie beyond this "
    "fraction or within it.",
)
@seed_option
@format_option
@click.option(
    "--json",
    "json_path",
    type=OutputFile(),
    help="Also write all numbers to this JSON file.",
)
@click.option(
    "--plotly",
    type=click.Choice(["inline", "cdn", "none"]),
    default="inline",
    show_default=True,
    help="Include Plotly in the page, load it from a CDN, or omit charts.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME=GLOB",
    help="Runs of one configuration with several seeds. Repeatable.",
)
@click.option(
    "--factor",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="Number of standard deviations in the spread over the runs of a group.",
)
@click.option(
    "--landscape",
    is_flag=True,
    help="Measure slope and curvature of the loss at the weights of networks of evalkit.",
)
@click.option(
    "--costs",
    "costs_path",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="CSV matrix with the cost of each error: rows actual, columns predicted.",
)
@click.option(
    "--cluster-by",
    "cluster_column",
    metavar="COLUMN",
    help="Resample groups of samples with equal values, for example of one patient.",
)
@click.option(
    "--stratify-by",
    "stratum_column",
    metavar="COLUMN",
    help="Resample within each value: the number of samples of each was fixed in advance.",
)
@click.option(
    "--slice-by",
    "slices",
    multiple=True,
    metavar="COLUMN[:EDGE,…]",
    help="Show metrics for each value or bin of a column. Repeatable; columns are also crossed.",
)
@click.option(
    "--slice-depth",
    type=click.IntRange(1, 3),
    default=2,
    show_default=True,
    help="Cross up to this many of the columns of --slice-by.",
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "arrow", "dask"]),
    help="Engine that counts prediction files; folders, globs and large files are always counted.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Count on the Dask cluster at this address.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Store counts in this file, so that parts already counted are not read again.",
)
@show_options
@trusted_option
@click.option("--title", help="Title of the page.")
@force_option
@debug_option
def report(
    flagged: tuple[str, ...],
    files: tuple[str, ...],
    spec: str | None,
    target: str | None,
    reading: ReadOptions,
    output: Path,
    metric: str | None,
    betas: tuple[float, ...],
    confidence: float,
    margin: float | None,
    rope: float | None,
    seed: int,
    text_format: Any,
    json_path: Path | None,
    plotly: Any,
    groups: tuple[str, ...],
    landscape: bool,
    costs_path: Path | None,
    cluster_column: str | None,
    stratum_column: str | None,
    slices: tuple[str, ...],
    slice_depth: int,
    engine: Any,
    scheduler: str | None,
    state: Path | None,
    trusted: tuple[str, ...],
    factor: float,
    show_limit: int | None,
    title: str | None,
) -> None:
    """Compare models on the same samples and write one self-contained HTML file."""
    from evalkit.compare import compare
    from evalkit.compare.costs import read_costs
    from evalkit.compare.from_files import (
        DrawnBy,
        evaluations_from_files,
        evaluations_of_groups,
    )
    from evalkit.scale import counted_evaluations, is_counted

    models = (*flagged, *files)
    if not models and not groups:
        raise click.UsageError(
            "No model was given. For example: evalkit report --models numpy.pkl torch.pt"
        )
    options: dict[str, Any] = {
        "data": spec,
        "target": target,
        "reading": reading,
        "trusted": trusted,
        "landscape": landscape,
        "drawn_by": DrawnBy(cluster_column, stratum_column, slices, slice_depth),
    }
    if engine or scheduler or state or is_counted(models):
        evaluations = counted_evaluations(
            models,
            {"--data": spec, "--landscape": landscape},
            engine=engine or "auto",
            scheduler=scheduler,
            reading=reading,
            slice_by=slices,
            slice_depth=slice_depth,
            cluster_by=cluster_column,
            stratify_by=stratum_column,
            state=state,
        )
    else:
        evaluations = evaluations_from_files(models, **options)
    evaluations += evaluations_of_groups(groups, **options)
    classes = [str(name) for name in evaluations[0].classes]
    comparison = compare(
        evaluations,
        metric=metric,
        positive=reading.positive,
        betas=betas,
        confidence=confidence,
        seed=seed,
        margin=margin,
        rope=rope,
        factor=factor,
        costs=None if costs_path is None else read_costs(costs_path, classes),
        show=show_limit,
    )
    comparison.save_html(output, title=title, plotly=plotly)
    if json_path is not None:
        comparison.save_json(json_path)
    show_notes((each.name, (*each.warnings, *each.notes)) for each in evaluations)
    show_comparison(comparison, text_format)
    # Other formats are read by programs, and the path is not part of them.
    say(f"\n{output}", err=text_format != "table")
