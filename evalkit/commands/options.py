"""Options shared by commands, and the two options that take several values after one flag."""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.commands.bars import progress_bars
from evalkit.commands.help import GroupedHelp, option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


class Interrupted(Exception):  # noqa: N818 - not an error
    """The run was interrupted. Click prints an empty line at a KeyboardInterrupt."""


class OutputFile(click.Path):
    """The type of an option that names a file to write.

    Parameters
    ----------
    is_checked : whether `Command` checks it; if not, the command does, with `check_outputs`.
    """

    def __init__(self, *, is_checked: bool = True) -> None:
        super().__init__(dir_okay=not is_checked, path_type=Path)
        self.is_checked = is_checked


class Command(GroupedHelp):
    """A command whose outputs are checked before it runs, with progress bars while it does.

    No output may be an input or another output, and a file that evalkit did not write is replaced
    only with ``--force``. Every value of an option or argument that names an existing file counts
    as an input.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Check the outputs, then run the command."""
        types = {each.name: each.type for each in self.params}
        outputs = [
            value
            for name, value in ctx.params.items()
            if value is not None
            and isinstance(declared := types.get(name), OutputFile)
            and declared.is_checked
        ]
        try:
            check_outputs(ctx, outputs)
            with progress_bars():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted from None


def check_outputs(ctx: click.Context, outputs: Sequence[Path], inputs: Sequence[Path] = ()) -> None:
    """Check that a command may write these files.

    Parameters
    ----------
    ctx : context of the command; its other parameters name the inputs.
    outputs : the files to write.
    inputs : further files that are read.

    Raises
    ------
    OutputError
        If an output is also an input or another output, or may not be replaced.
    """
    from evalkit.writing import check_distinct, may_replace

    types = {each.name: each.type for each in ctx.command.params}
    inputs = [*inputs, *SETTINGS_FILES]
    for name, value in ctx.params.items():
        if isinstance(types.get(name), OutputFile) or name in NO_FILES:
            continue
        values = value if isinstance(value, tuple) else (value,)
        inputs = [*inputs, *(path for each in values for path in _files_named(each))]
    check_distinct(outputs, inputs)
    for path in outputs:
        may_replace(path, force=ctx.meta.get(FORCE, False))


FORCE = "evalkit.force"
NO_FILES = {"title"}
"""Parameters whose text is not the name of a file."""
SETTINGS_FILES = (Path("evalkit.toml"), Path("pyproject.toml"))
"""Files that a command may read without being told."""


def _files_named(value: Any) -> Iterator[Path]:
    """Yield a path, or the existing files that ``NAME=FILE``, ``FILE::MODEL`` or a glob names."""
    if isinstance(value, Path):
        yield value
    if not isinstance(value, str):
        return
    for whole in {value, value.partition("=")[2], value.rpartition("::")[0]} - {""}:
        with suppress(OSError, ValueError):
            path = Path(whole)
            if path.is_file():
                yield path
            elif has_magic(whole):
                yield from map(Path, glob(whole, recursive=True))  # noqa: PTH207  may be absolute


class ModelsCommand(Command):
    """A command whose ``--models`` takes several files after one flag.

    click has no option with a variable number of values. The flag is therefore removed before
    parsing, and its values become trailing arguments in the order given.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remove each ``--models`` that a file follows; click reports the others as errors."""
        kept: list[str] = []
        for i, word in enumerate(args):
            if word == "--":
                kept += args[i:]
                break
            follows_file = i + 1 < len(args) and not args[i + 1].startswith("-")
            if word.startswith("--models="):
                kept.append(word.removeprefix("--models="))
            elif word != "--models" or not follows_file:
                kept.append(word)
        return super().parse_args(ctx, kept)


class SeedsCommand(Command):
    """A command whose ``--seeds`` takes several numbers after one flag."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the flag before each number after ``--seeds``."""
        spread: list[str] = []
        follows_seeds = False
        for word in args:
            if follows_seeds and word.isdecimal() and spread[-1] != "--seeds":
                spread.append("--seeds")
            follows_seeds = word == "--seeds" or (follows_seeds and word.isdecimal())
            spread.append(word)
        return super().parse_args(ctx, spread)


def models_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--models``, which takes several files after one flag; `ModelsCommand` reads it."""
    return option(
        "Input",
        "--models",
        "flagged",
        multiple=True,
        metavar="[NAME=]FILE …",
        help="Model or prediction files, which may also be given without this flag.",
    )(command)


def debug_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--debug``, which `main` reads before the arguments are parsed."""
    return option(
        "General",
        "--debug",
        is_flag=True,
        expose_value=False,
        help="Show the traceback of an error.",
    )(command)


def betas_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the repeatable ``--beta``."""
    return option(
        "Question",
        "--beta",
        "betas",
        type=click.FloatRange(min=0, min_open=True),
        multiple=True,
        default=(0.1, 1.0, 10.0),
        show_default=True,
        help="β of F-β, where precision weighs more below 1 and recall above 1 (repeatable).",
    )(command)


def metric_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--metric``; its default is ``metric`` in the table ``[report]`` of the settings."""
    return option(
        "Question",
        "--metric",
        metavar="NAME",
        callback=_metric_of_settings,
        help="Primary metric, which decides the verdict, for example f1_macro, recall[fraud] or "
        "log_loss.  [default: that of evalkit.toml, else expected_cost with --costs, else "
        "accuracy]",
    )(command)


def _metric_of_settings(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> str | None:
    if given is not None:
        return given
    if not any(path.is_file() for path in SETTINGS_FILES):
        return None
    from evalkit.errors import InputError
    from evalkit.reading.settings_tables import require_known, settings_table

    table, path = settings_table("report")
    require_known(table, ("metric",), path)
    metric = table.get("metric")
    if not isinstance(metric, str | None):
        raise InputError(f"metric in {path} is not a string.")
    if metric is not None:
        from evalkit.metrics.quantities import parse_metric

        try:
            parse_metric(metric)
        except InputError as error:
            raise InputError(f"Invalid metric in {path}: {error}") from error
    return metric


def confidence_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--confidence``."""
    return option(
        "Resampling",
        "--confidence",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.95,
        show_default=True,
        help="Confidence level of intervals, and 1 minus the level of tests.",
    )(command)


def seed_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--seed``."""
    return option(
        "Resampling",
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Seed of all resampling.",
    )(command)


def target_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--target``."""
    return option(
        "Input",
        "--target",
        metavar="COLUMN",
        help="Column of the actual classes in a table of data.",
    )(command)


def force_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--force``, which `check_outputs` reads."""
    return option(
        "Output",
        "--force",
        is_flag=True,
        expose_value=False,
        callback=lambda ctx, _, value: ctx.meta.__setitem__(FORCE, value),
        help="Replace an existing file even if evalkit did not write it.",
    )(command)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for reading prediction files, passed on as one ``reading``."""

    @wraps(command)
    def with_reading(
        columns: dict[str, str],
        rename_path: Path | None,
        truth: Path | None,
        **given: Any,
    ) -> Any:
        from evalkit.predictions.options import ReadOptions, read_renames

        fields = ("fold_case", "strip", "positive", "decimal", "records", "by_position")
        reading = ReadOptions(
            columns=columns,
            renamed={} if rename_path is None else read_renames(rename_path),
            probabilities=not given.pop("no_proba"),
            truth=None if truth is None else str(truth),
            **{field: given.pop(field) for field in fields},
        )
        return command(reading=reading, **given)

    found: Callable[..., Any] = with_reading
    for add in reversed(_READING):
        found = add(found)
    return found


def trusted_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the repeatable ``--trust-pickle``, passed on as ``trusted``."""
    return option(
        "Input",
        "--trust-pickle",
        "trusted",
        multiple=True,
        metavar="FILE",
        help="Load this pickle or joblib file, whose code runs with your permissions (repeatable).",
    )(command)


def show_notes(noted: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Print how files were read on standard error, one line for each guess.

    Parameters
    ----------
    noted : the name of each model, and the notes on its file.
    """
    from evalkit.commands.terminal import say
    from evalkit.reading.source import printable

    named: dict[str, list[str]] = {}
    for name, notes in noted:
        for note in notes:
            named.setdefault(note, []).append(name)
    for note, names in named.items():
        say(printable(f"{', '.join(dict.fromkeys(names))}: {note}"), err=True)


def _mapped_columns(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    columns = {}
    for text in given:
        name, equals, theirs = text.partition("=")
        if not (name and equals and (theirs or name == "id")):
            raise click.BadParameter(
                f"{text!r} is not of the form NAME=COLUMN, for example y_true=label."
            )
        columns[name] = theirs
    return columns


_READING = (
    option(
        "Prediction files",
        "--column",
        "columns",
        multiple=True,
        metavar="NAME=COLUMN",
        callback=_mapped_columns,
        help="Column that holds y_true, y_pred, id (id= for none), sample_weight, y_prob or "
        "proba_<class> (repeatable).",
    ),
    option(
        "Prediction files",
        "--fold-case",
        is_flag=True,
        help="Read labels as equal that differ only in capitals.",
    ),
    option(
        "Prediction files", "--strip", is_flag=True, help="Remove blanks at the ends of labels."
    ),
    option(
        "Prediction files",
        "--map",
        "rename_path",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Rename labels by this CSV file with the columns from,to.",
    ),
    option("Prediction files", "--no-proba", is_flag=True, help="Do not read probabilities."),
    option(
        "Prediction files",
        "--positive",
        metavar="CLASS",
        help="Positive class of the summary and of a single column y_prob.",
    ),
    option(
        "Prediction files",
        "--decimal",
        type=click.Choice([".", ","]),
        default=".",
        show_default=True,
        help="Decimal mark of numbers in text files.",
    ),
    option(
        "Prediction files",
        "--records",
        metavar="PATH",
        help="Path of the records in a JSON document, for example results.samples.",
    ),
    option(
        "Prediction files",
        "--truth",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Read actual labels from this file, matched by id.",
    ),
    option(
        "Prediction files",
        "--by-position",
        is_flag=True,
        help="Match the rows of --truth by their order instead of ids.",
    ),
)
