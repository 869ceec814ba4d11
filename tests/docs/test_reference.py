"""The reference leaves nothing out: no command, option, metric or public name."""

from __future__ import annotations

import re

import click
import pytest

import evalkit
from docs._ext.generated import commands, commands_page, filled, metrics_page
from evalkit import gate, history, integrations, loggers, statistics
from tests.docs.pages import DOCS

COMMANDS = list(commands())
API = filled((DOCS / "reference" / "api.md").read_text(encoding="utf-8"))
STATISTICS_API = (DOCS / "reference" / "statistics-api.md").read_text(encoding="utf-8")


def test_every_command_is_there() -> None:
    """A command that is added appears, one inside a group too."""
    assert {name.removeprefix("evalkit ") for name, _ in COMMANDS} >= set(evalkit_commands())
    page = commands_page()
    for name, command in COMMANDS:
        assert f"## {name}\n" in page
        assert command.help, name


def evalkit_commands() -> list[str]:
    from evalkit.cli import cli

    return list(cli.commands)


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_every_option_is_explained(name: str, command: click.Command) -> None:
    """Each option stands in its command's table, with words beside its default."""
    section = re.split(r"^## ", commands_page(), flags=re.MULTILINE)
    table = next(part for part in section if part.startswith(f"{name}\n"))
    for option in command.params:
        if isinstance(option, click.Option):
            assert all(f"{word}" in table for word in option.opts), option.opts
            assert option.help, f"{name} {option.opts[0]} has no help"


def test_every_metric_is_there() -> None:
    """The catalog's metrics, each with its formula, its range and when to use it."""
    page = metrics_page()
    for metric in evalkit.CATALOG.values():
        for part in (metric.label, metric.formula, metric.range, metric.use, metric.undefined):
            assert part in page, (metric.key, part)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (API, set(evalkit.__all__) - {"CATALOG", "EvalkitError", "UndefinedMetricWarning"}),
        (STATISTICS_API, set(statistics.__all__)),
    ],
    ids=["evalkit", "evalkit.statistics"],
)
def test_every_public_name_is_there(page: str, names: set[str]) -> None:
    """What can be imported is documented, and what is documented can be imported."""
    documented = set(
        re.findall(r"\.\. auto(?:function|class):: (\w+)(?:\(\))?$", page, re.MULTILINE)
    )
    modules = {"gate", "history", "integrations", "loggers", "scale", "statistics"}
    assert documented == names - modules - {"SMOOTHING", "__version__"}


def test_what_lives_in_modules_is_there() -> None:
    """Names that are not imported from the top stand under the modules they live in."""
    for module in (evalkit.scale, gate, history, integrations, loggers):
        for name in module.__all__:
            assert f":: {module.__name__}.{name}" in API, (module.__name__, name)
    assert "automodule:: evalkit.errors" in API
    assert "`evalkit.CATALOG`" in API


def test_markers_are_filled() -> None:
    """No page shows a marker that nothing fills."""
    for page in DOCS.rglob("*.md"):
        assert "<!-- generated:" not in filled(page.read_text(encoding="utf-8")), page
