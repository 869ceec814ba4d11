"""Layout of ``--help``: options under headings, then examples, drawn by click's own formatter."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

OptionGroup = Literal[
    "Input",
    "Prediction files",
    "Question",
    "Network",
    "Training",
    "Resampling",
    "Scale",
    "Output",
    "General",
]
GROUPS: tuple[OptionGroup, ...] = get_args(OptionGroup)
"""Headings of ``--help``, from the top down."""
WIDEST = 26
"""Options longer than this are explained on the next line."""
NO_BREAK = "\N{NO-BREAK SPACE}"
_DEFAULTS = re.compile(r"\[[^][]{1,24}\]$")
_METAVARS = {
    "directory": "FOLDER",
    "file": "FILE",
    "float": "NUMBER",
    "float range": "NUMBER",
    "integer": "N",
    "integer range": "N",
    "path": "FILE",
}


class GroupedOption(click.Option):
    """An option that stands under a heading of ``--help``.

    Parameters
    ----------
    group : the heading.
    """

    def __init__(self, *names: Any, group: OptionGroup, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.group = group

    def make_metavar(self, ctx: click.Context) -> str:
        """Return the placeholder of the value: the declared one, or a short word for the type."""
        if self.metavar is None and self.type.name in _METAVARS:
            return _METAVARS[self.type.name]
        return super().make_metavar(ctx)


def option(group: OptionGroup, *names: str, **attributes: Any) -> Decorator:
    """Return the decorator that adds an option under a heading of ``--help``."""
    return partial(click.option, cls=GroupedOption, group=group)(*names, **attributes)


def group_of(parameter: click.Parameter) -> OptionGroup:
    """Return the heading of an option; that of click's own ``--help`` is General."""
    return parameter.group if isinstance(parameter, GroupedOption) else "General"


class GroupedHelp(click.Command):
    """A command whose ``--help`` has options under headings and ends with examples.

    Parameters
    ----------
    examples : command lines that work as they stand.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.examples: tuple[str, ...] = tuple(examples)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002  never cut
        """Return the first sentence of the help, whole."""
        return f"{' '.join((self.help or '').split()).partition('. ')[0].rstrip('.')}."

    def get_help(self, ctx: click.Context) -> str:
        """Return the help, in which defaults are not broken over lines."""
        return super().get_help(ctx).replace(NO_BREAK, " ")

    def option_groups(self, ctx: click.Context) -> dict[OptionGroup, list[tuple[str, str]]]:
        """Return heading → names and help of its options, without headings that have none."""
        groups: dict[OptionGroup, list[tuple[str, str]]] = {name: [] for name in GROUPS}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                names, meaning = record
                meaning = _DEFAULTS.sub(lambda found: found[0].replace(" ", NO_BREAK), meaning)
                groups[group_of(parameter)].append((names, meaning))
        return {name: records for name, records in groups.items() if records}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their headings, all aligned to one column."""
        groups = self.option_groups(ctx)
        lengths = [len(names) for records in groups.values() for names, _ in records]
        width = max((length for length in lengths if length <= WIDEST), default=WIDEST)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(
                    [(names.ljust(width), meaning) for names, meaning in records], col_max=width
                )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


class CommandGroup(GroupedHelp, click.Group):
    """The group of all commands, which its ``--help`` lists before the options."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the names of the commands in the order in which they were added."""
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)
