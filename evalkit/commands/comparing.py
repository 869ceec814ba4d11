"""The options that `report` and `evaluate` share, and the comparison that they ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.commands.help import option
from evalkit.commands.options import (
    OutputFile,
    betas_option,
    confidence_option,
    metric_option,
    reading_options,
    seed_option,
    show_notes,
    target_option,
    trusted_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalkit.compare.comparison import Comparison

_SETTINGS = ("metric", "betas", "confidence", "seed", "margin", "rope")
"""Options that `evalkit.compare` takes under the same names."""
_SCALE = ("engine", "scheduler", "state")


@dataclass(frozen=True)
class Request:
    """What the shared options of a command ask for; the fields are named as the options."""

    given: dict[str, Any]

    def comparison(
        self,
        models: Sequence[str],
        *,
        groups: Sequence[str] = (),
        landscape: bool = False,
        **settings: Any,
    ) -> Comparison:
        """Read models and compare them.

        Parameters
        ----------
        models : ``[NAME=]FILE``, in the order given.
        groups : ``NAME=GLOB`` of runs with several seeds.
        landscape : whether the loss near the weights of networks is measured.
        settings : further arguments of `evalkit.compare`.
        """
        from evalkit.compare import compare
        from evalkit.compare.costs import read_costs

        evaluations = self._evaluations(models, groups, landscape)
        costs, classes = self.given["costs_path"], [str(name) for name in evaluations[0].classes]
        return compare(
            evaluations,
            costs=None if costs is None else read_costs(costs, classes),
            positive=self._positive,
            **{name: self.given[name] for name in _SETTINGS},
            **settings,
        )

    @property
    def _positive(self) -> str | None:
        """Return the class of ``--positive`` as the files' labels were read."""
        reading = self.given["reading"]
        return None if reading.positive is None else str(reading.label(reading.positive))

    def conclude(self, comparison: Comparison) -> None:
        """Write the JSON file of ``--json``, and print what was guessed on standard error.

        Nothing is printed before all files are written: an error is one line.
        """
        if self.given["json_path"] is not None:
            comparison.save_json(self.given["json_path"])
        show_notes((each.name, (*each.warnings, *each.notes)) for each in comparison.evaluations)

    def _evaluations(
        self, models: Sequence[str], groups: Sequence[str], landscape: bool
    ) -> list[Any]:
        from evalkit.compare.from_files import (
            DrawnBy,
            evaluations_from_files,
            evaluations_of_groups,
        )
        from evalkit.errors import InputError
        from evalkit.scale import counted_evaluations, is_counted

        given = self.given
        drawn_by = DrawnBy(
            given["cluster_by"], given["stratify_by"], given["slice_by"], given["slice_depth"]
        )
        options: dict[str, Any] = {
            "data": given["spec"],
            "target": given["target"],
            "reading": given["reading"],
            "trusted": given["trusted"],
            "landscape": landscape,
            "drawn_by": drawn_by,
        }
        scale = {name: given[name] for name in _SCALE}
        if any(scale.values()) or is_counted(models):
            found = counted_evaluations(
                models,
                {"--data": given["spec"], "--landscape": landscape},
                **{**scale, "engine": scale["engine"] or "auto"},
                reading=given["reading"],
                **{
                    name: given[name]
                    for name in ("slice_by", "slice_depth", "cluster_by", "stratify_by")
                },
            )
        else:
            found = evaluations_from_files(models, **options)
        found = found + evaluations_of_groups(groups, **options)
        if landscape and all(each.landscape is None for each in found):
            raise InputError(
                "--landscape applies to networks that evalkit trained, and there is none. "
                "Leave it out."
            )
        if given["spec"] is not None and all(each.dataset is None for each in found):
            raise InputError("--data applies to model files, and there is none. Leave it out.")
        return found


def comparing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a comparison, passed on as one ``request``."""

    @wraps(command)
    def with_request(**given: Any) -> Any:
        asked = {name: given.pop(name) for name in list(given) if name in names}
        return command(request=Request(asked), **given)

    before = _names(command)
    found: Callable[..., Any] = with_request
    for add in reversed(_OPTIONS):
        found = add(found)
    names = {"reading", *(_names(found) - before)}
    return found


def show_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for inputs to show, passed on in ``request`` and as ``show_limit``."""

    @wraps(command)
    def with_inputs(
        show: tuple[Any, ...],
        show_folder: Path | None,
        no_show: bool,
        show_limit: int | None,
        request: Request,
        **given: Any,
    ) -> Any:
        if no_show and (show or show_limit is not None):
            raise click.UsageError("--no-show contradicts --show and --show-limit. Leave one out.")
        folder = None if show_folder is None else str(show_folder)
        reading = replace(request.given["reading"], show=show, show_folder=folder)
        return command(
            request=Request({**request.given, "reading": reading}),
            show_limit=0 if no_show else show_limit,
            **given,
        )

    found: Callable[..., Any] = with_inputs
    for add in reversed(_SHOWN):
        found = add(found)
    return found


def columns_to_show(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the kinds and columns of the values of ``--show``."""
    from evalkit.predictions.inputs import show_spec

    return tuple(dict.fromkeys(map(show_spec, given)))


def _names(command: Callable[..., Any]) -> set[str]:
    """Return the names of the parameters that were added to a command so far."""
    return {each.name for each in vars(command).get("__click_params__", ())}


_OPTIONS = (
    option(
        "Input",
        "--data",
        "spec",
        metavar="SPEC",
        help="Evaluate on this data instead of the data recorded in each model.",
    ),
    target_option,
    trusted_option,
    reading_options,
    metric_option,
    betas_option,
    option(
        "Question",
        "--costs",
        "costs_path",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="CSV matrix with the cost of each error: rows actual, columns predicted.",
    ),
    option(
        "Question",
        "--slice-by",
        "slice_by",
        multiple=True,
        metavar="COLUMN[:EDGE,…]",
        help="Show metrics for each value or bin of a column (repeatable).",
    ),
    option(
        "Question",
        "--slice-depth",
        type=click.IntRange(1, 3),
        default=2,
        show_default=True,
        help="Show also metrics for combinations of up to this many of these columns.",
    ),
    option(
        "Question",
        "--margin",
        type=click.FloatRange(min=0, min_open=True),
        help="Test also that differences in accuracy are smaller than this fraction.",
    ),
    option(
        "Question",
        "--rope",
        type=click.FloatRange(0, 1, max_open=True),
        help="Compute also the posterior probability of differences in accuracy within this "
        "fraction.",
    ),
    confidence_option,
    seed_option,
    option(
        "Resampling",
        "--cluster-by",
        metavar="COLUMN",
        help="Resample groups of samples with equal values, for example of one patient.",
    ),
    option(
        "Resampling",
        "--stratify-by",
        metavar="COLUMN",
        help="Resample within each value, of which the number of samples was fixed in advance.",
    ),
    option(
        "Scale",
        "--engine",
        type=click.Choice(["auto", "arrow", "dask"]),
        help="Count prediction files with this engine, as folders, globs and large files are.",
    ),
    option(
        "Scale",
        "--scheduler",
        metavar="ADDRESS",
        help="Count on the Dask cluster at this address.",
    ),
    option(
        "Scale",
        "--state",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Store counts in this file, so that parts already counted are not read again.",
    ),
    option(
        "Output",
        "--json",
        "json_path",
        type=OutputFile(),
        help="Also write all numbers to this JSON file.",
    ),
)


_SHOWN = (
    option(
        "Output",
        "--show",
        multiple=True,
        metavar="KIND=COLUMN",
        callback=columns_to_show,
        help="Show images, texts or table cells of errors in the page, which then contains them: "
        "image=COLUMN, text=COLUMN or table=COLUMN,COLUMN (repeatable).",
    ),
    option(
        "Prediction files",
        "--show-folder",
        type=click.Path(file_okay=False, exists=True, path_type=Path),
        metavar="FOLDER",
        help="Read images from this folder only, and not from that of the prediction file.",
    ),
    option(
        "Output",
        "--no-show",
        is_flag=True,
        help="Do not show the images of data sets that have images.",
    ),
    option(
        "Output",
        "--show-limit",
        type=click.IntRange(1, 400),
        metavar="N",
        help="Show up to N samples in each list and cell: 12 by default, at most 400 in all.",
    ),
)
