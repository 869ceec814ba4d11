"""``evalkit errors``: list misclassified samples, and write them to a CSV file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from evalkit.commands.comparing import columns_to_show
from evalkit.commands.help import option
from evalkit.commands.options import (
    ModelsCommand,
    OutputFile,
    debug_option,
    force_option,
    models_option,
    reading_options,
    show_notes,
    target_option,
    trusted_option,
)
from evalkit.commands.terminal import say, show
from evalkit.tabular import printable_cell

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from evalkit.predictions.options import ReadOptions

PRINTED = 20
"""So many samples are printed where no file is written."""
LONGEST_CELL = 80
"""Longer texts are cut where they are printed; a file has them in full."""


@click.command(
    cls=ModelsCommand,
    examples=[
        "evalkit errors a.csv b.csv --where 'wrong(a) and right(b)'",
        "evalkit errors a.csv --where 'confidence(a) > 0.9' --output errors.csv",
    ],
)
@models_option
@click.argument("files", nargs=-1, metavar="[[NAME=]FILE]…")
@option(
    "Question",
    "--where",
    metavar="CONDITION",
    help="Which samples, for example 'wrong(A) and right(B)' or 'actual = cat and "
    "confidence(A) > 0.9'; by default those that any model misclassifies.",
)
@option(
    "Output",
    "--output",
    type=OutputFile(),
    help="Write all of them to this CSV file, not to the terminal.",
)
@option(
    "Output",
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="List the first N samples only.",
)
@option(
    "Output",
    "--slice-by",
    "slices",
    multiple=True,
    metavar="COLUMN[:EDGE,…]",
    help="List also this column or its bins, as columns in --where are listed (repeatable).",
)
@option(
    "Output",
    "--show",
    "shown",
    multiple=True,
    metavar="KIND=COLUMN",
    callback=columns_to_show,
    help="Also list text=COLUMN, table=COLUMN,COLUMN or the paths in image=COLUMN (repeatable).",
)
@option(
    "Input",
    "--data",
    "spec",
    metavar="SPEC",
    help="Evaluate on this data instead of the data recorded in each model.",
)
@target_option
@reading_options
@option(
    "Scale",
    "--engine",
    type=click.Choice(["auto", "arrow", "dask"]),
    help="Engine that reads prediction files; folders, globs and large files are always streamed.",
)
@option("Scale", "--scheduler", metavar="ADDRESS", help="Read on the Dask cluster at this address.")
@trusted_option
@force_option
@debug_option
def errors(
    flagged: tuple[str, ...],
    files: tuple[str, ...],
    where: str | None,
    output: Path | None,
    limit: int | None,
    slices: tuple[str, ...],
    shown: tuple[Any, ...],
    spec: str | None,
    target: str | None,
    reading: ReadOptions,
    engine: Any,
    scheduler: str | None,
    trusted: tuple[str, ...],
) -> None:
    """List the samples that models misclassify.

    Each has its id, its label, and the prediction and probability of each model.
    """
    from evalkit.predictions.conditions import with_asked_columns
    from evalkit.scale import is_counted

    models, reading = (*flagged, *files), replace(reading, show=shown)
    if not models:
        raise click.UsageError("No model was given. For example: evalkit errors A.csv B.csv")
    if engine or scheduler or is_counted(models):
        if spec is not None:
            raise click.UsageError("--data applies to model files, not to large prediction files.")
        _stream(
            models,
            output,
            where=where,
            limit=limit,
            engine=engine or "auto",
            scheduler=scheduler,
            slice_by=slices,
            reading=reading,
        )
        return
    frame, n_met, n_samples = _listed(
        models,
        where,
        limit,
        slices=with_asked_columns(slices, where),
        data=spec,
        target=target,
        reading=reading,
        trusted=trusted,
    )
    if output is None:
        _print(frame, n_met, n_samples)
        return
    from evalkit.tabular import write_csv
    from evalkit.writing import write_atomically

    write_atomically(output, lambda file: write_csv(frame, file))
    first = "" if len(frame) == n_met else f", the first {len(frame):,} written"
    say(f"{n_met:,} of {n_samples:,} samples{first}: {output}")


def _listed(
    models: tuple[str, ...],
    where: str | None,
    limit: int | None,
    slices: tuple[str, ...],
    **options: Any,
) -> tuple[pd.DataFrame, int, int]:
    """Return the first samples that meet the condition, their number in all, and that of all rows.

    The files are read whole.
    """
    import numpy as np

    from evalkit.compare.alignment import aligned
    from evalkit.compare.from_files import DrawnBy, evaluations_from_files
    from evalkit.compare.tables import errors_of
    from evalkit.predictions.conditions import flags_of

    evaluations = evaluations_from_files(models, drawn_by=DrawnBy(slices=slices), **options)
    show_notes((each.name, (*each.warnings, *each.notes)) for each in evaluations)
    named, counts, _ = aligned(evaluations)
    names = [each.name for each in named]
    has_inputs = bool(options["reading"].show)
    frame = errors_of(counts, names, where=where, limit=limit, with_inputs=has_inputs)
    n_met = len(frame)
    if n_met == limit:
        n_met = int(np.count_nonzero(flags_of(counts.outcomes(names), where)))
    return frame, n_met, counts.n_samples


def _stream(models: tuple[str, ...], output: Path | None, **options: Any) -> None:
    """Write the samples of large prediction files as they are read."""
    from evalkit.predictions.addresses import parse_address
    from evalkit.scale import write_errors

    if output is None:
        raise click.UsageError(
            "Large prediction files are streamed, which needs a file to write to. Use --output."
        )
    if options["reading"].show:
        raise click.UsageError(
            "--show applies to files that are read whole; of large files and folders only ids are "
            "listed. Leave out --show, or use --slice-by COLUMN."
        )
    named = [parse_address(text) for text in models]
    written, read = write_errors(
        [each.path for each in named], output, names=[each.name for each in named], **options
    )
    # Reading ends at the limit, so the number of all such samples is not known.
    if written == options["limit"]:
        say(f"stopped at the limit of {written:,}: {output}")
    else:
        say(f"{written:,} of {read:,} samples: {output}")


def _print(frame: pd.DataFrame, n_met: int, n_samples: int) -> None:
    from evalkit.terminal_tables import TerminalTable

    first = frame.head(PRINTED)
    names = [printable_cell(str(name)) for name in frame.columns]
    more = "" if len(first) == n_met else f", the first {len(first)} above"
    more += "" if len(frame) <= PRINTED else ". --output FILE writes all"
    table = TerminalTable(
        heads=names,
        rows=[[_cell(cell) for cell in row] for row in first.itertuples(index=False)],
        words=[name for name in names if not name.startswith("probability_")],
        caption=[f"{n_met:,} of {n_samples:,} samples{more}."],
    )
    show(str(table), table)


def _cell(value: object) -> str:
    """Return a probability with three decimals, or the beginning of a text."""
    if isinstance(value, float):
        return f"{value:.3f}"
    text = printable_cell(str(value))
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
