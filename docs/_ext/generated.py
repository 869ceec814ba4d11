"""Generate parts of the reference from the code.

The marker ``<!-- generated: NAME -->`` in a page is replaced with the part of that name.
"""

from __future__ import annotations

import json
import re
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli import cli
from evalkit.commands.help import GroupedHelp
from evalkit.metrics.catalog import CATALOG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sphinx.application import Sphinx

    from evalkit.metrics.catalog import Metric

MARKER = re.compile(r"<!-- generated: ([a-z-]+) -->")
NEEDS = {
    "counts": "Metrics of counts",
    "multilabel": "Metrics of several labels per sample",
    "probabilities": "Metrics of probabilities",
}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name; the commands of a group follow the group."""
    yield from _commands("evalkit", cli)


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for child in command.commands.values():
            yield from _commands(f"{name} {child.name}", child)


def commands_page() -> str:
    """Return all commands with their arguments and options, as Markdown."""
    return "\n".join(line for name, command in commands() for line in _command(name, command))


def _command(name: str, command: click.Command) -> Iterator[str]:
    assert isinstance(command, GroupedHelp), name
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    yield from (f"## {name}", "", " ".join((command.help or "").split()), "")
    yield from ("```text", usage, "```", "")
    yield from ("| option | meaning |", "|---|---|")
    for group, options in command.option_groups(context).items():
        yield f"| **{group}** | |"
        yield from (f"| {_code(names)} | {_cell(meaning)} |" for names, meaning in options)
    yield from ("", "```text", *command.examples, "```", "")


def metrics_page() -> str:
    """Return the catalog of metrics as Markdown."""
    lines: list[str] = []
    for needs, title in NEEDS.items():
        lines += [f"## {title}", ""]
        for metric in CATALOG.values():
            if metric.needs == needs:
                lines += _metric(metric)
    return "\n".join(lines)


def _metric(metric: Metric) -> list[str]:
    better = "higher is better" if metric.higher_is_better else "lower is better"
    values = "one per class, and averages" if metric.by_class else "one"
    return [
        f"### {metric.label}",
        "",
        metric.definition,
        "",
        "```text",
        metric.formula,
        "```",
        "",
        f":Key: `{metric.key}`",
        f":Range: {metric.range}, {better}",
        f":Values: {values}",
        f":When to use: {metric.use}",
        f":Undefined: {metric.undefined}",
        "",
    ]


def functions(*needs: str) -> str:
    """Return the autodoc directives of the metrics that need one of these inputs."""
    keys = [key for key, metric in CATALOG.items() if metric.needs in needs]
    return "\n".join(f".. autofunction:: {key}" for key in keys)


def results_page() -> str:
    """Return all records of ``results.json`` with their fields, as Markdown."""
    schema = json.loads(
        resources.files("evalkit.compare").joinpath("results.schema.json").read_text("utf-8")
    )
    records = {"The file": schema, **schema["$defs"]}
    lines: list[str] = []
    for name, record in records.items():
        if "properties" not in record:
            continue
        lines += [f"## {name}", "", record.get("description", ""), ""]
        lines += ["| field | type | meaning |", "|---|---|---|"]
        for key, field in record["properties"].items():
            meaning = field.get("description") or _referred(field, schema)
            lines.append(f"| `{key}` | {_type(field)} | {_cell(meaning)} |")
        lines.append("")
    return "\n".join(lines)


def _referred(field: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return the description of the record that a field refers to."""
    field = field["anyOf"][0] if "anyOf" in field else field
    return str(schema["$defs"][field["$ref"].rsplit("/", 1)[-1]]["description"])


def _type(field: dict[str, Any]) -> str:
    """Return the type of a field in words."""
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"])
    kind = field.get("type", "any")
    if kind == "array":
        return f"array of {_type(field.get('items', {}))}"
    if kind == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"object of {_type(field['additionalProperties'])}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "count-functions": partial(functions, "counts", "multilabel"),
    "probability-functions": partial(functions, "probabilities"),
    "commands": commands_page,
    "metrics": metrics_page,
    "results": results_page,
}


def filled(text: str) -> str:
    """Return the text of a page with its markers replaced."""
    return MARKER.sub(lambda found: PAGES[found[1]](), text)


def setup(app: Sphinx) -> dict[str, Any]:
    """Replace the markers of each page before it is parsed."""

    def fill(_app: Sphinx, _name: str, source: list[str]) -> None:
        source[0] = filled(source[0])

    app.connect("source-read", fill)
    return {"parallel_read_safe": True}
