"""``evalkit report``: model or prediction files in, one page out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalkit.commands.formats import format_option, show_comparison
from evalkit.commands.options import (
    ModelsCommand,
    betas_option,
    column_option,
    confidence_option,
    debug_option,
    force_option,
    seed_option,
    target_option,
)


@click.command(cls=ModelsCommand)
@click.option(
    "--models",
    "flagged",
    multiple=True,
    metavar="[NAME=]FILE …",
    help="Model or prediction files; one flag takes several, and bare arguments are the same.",
)
@click.argument("files", nargs=-1, metavar="[[NAME=]FILE]…")
@click.option(
    "--data",
    "spec",
    metavar="SPEC",
    help="Evaluate on this data instead of the data each model remembers.",
)
@target_option
@column_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="Where to write the page.",
)
@betas_option
@confidence_option
@click.option(
    "--margin",
    type=click.FloatRange(min=0, min_open=True),
    help="Test equivalence: differences of accuracy below this fraction do not matter.",
)
@seed_option
@format_option
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write every number as JSON.",
)
@click.option(
    "--plotly",
    type=click.Choice(["inline", "cdn", "none"]),
    default="inline",
    show_default=True,
    help="Put Plotly into the page, refer to it, or leave it out.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME=GLOB",
    help="Files that are runs of one configuration under several seeds. Repeatable.",
)
@click.option(
    "--factor",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    help="How many standard deviations the spread over a group's runs reaches.",
)
@click.option(
    "--landscape",
    is_flag=True,
    help="Measure slope and curvature of the loss around the weights of evalkit's networks.",
)
@click.option(
    "--costs",
    "costs_path",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A CSV matrix of what each error costs: rows actual, columns predicted.",
)
@click.option(
    "--cluster-by",
    "cluster_column",
    metavar="COLUMN",
    help="Samples of one value, of a patient or a video, are not independent: resample by it.",
)
@click.option(
    "--stratify-by",
    "stratum_column",
    metavar="COLUMN",
    help="Samples were drawn in fixed numbers from each value: resample within it.",
)
@click.option(
    "--slice-by",
    "slices",
    multiple=True,
    metavar="COLUMN[:EDGE,…]",
    help="Show every metric for each value of a column, or bin. Repeatable, then also crossed.",
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
@click.option(
    "--trust-pickle",
    "trusted",
    multiple=True,
    metavar="FILE",
    help="Run this pickle: whatever its author wrote into it runs with all your rights.",
)
@click.option("--title", help="The title of the page.")
@force_option
@debug_option
def report(
    flagged: tuple[str, ...],
    files: tuple[str, ...],
    spec: str | None,
    target: str | None,
    columns: dict[str, str],
    output: Path,
    betas: tuple[float, ...],
    confidence: float,
    margin: float | None,
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
    engine: Any,
    scheduler: str | None,
    state: Path | None,
    trusted: tuple[str, ...],
    factor: float,
    title: str | None,
    force: bool,
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
    from evalkit.writing import may_replace

    models = (*flagged, *files)
    if not models and not groups:
        raise click.UsageError(
            "name at least one model: evalkit report --models numpy.pkl torch.pt"
        )
    for path in (output, json_path):
        if path is not None:
            may_replace(path, force=force)
    options: dict[str, Any] = {
        "data": spec,
        "target": target,
        "columns": columns,
        "trusted": trusted,
        "landscape": landscape,
        "drawn_by": DrawnBy(cluster_column, stratum_column, slices),
    }
    if engine or scheduler or state or is_counted(models):
        evaluations = counted_evaluations(
            models,
            {"--data": spec, "--landscape": landscape},
            engine=engine or "auto",
            scheduler=scheduler,
            columns=columns,
            slice_by=slices,
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
        betas=betas,
        confidence=confidence,
        seed=seed,
        margin=margin,
        factor=factor,
        costs=None if costs_path is None else read_costs(costs_path, classes),
    )
    comparison.save_html(output, title=title, plotly=plotly)
    if json_path is not None:
        comparison.save_json(json_path)
    show_comparison(comparison, text_format)
    # Another program reads the other formats, to which a path does not belong.
    click.echo(f"\n{output}", err=text_format != "table")
