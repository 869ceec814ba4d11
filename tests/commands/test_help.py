"""Laws of ``--help``: headings, one sentence per option, examples that parse, and its width."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from evalkit.cli import cli
from evalkit.commands.help import GROUPS, GroupedHelp, GroupedOption, group_of

COMMANDS: dict[str, click.Command] = {"": cli, **cli.commands}
EVERY = pytest.mark.parametrize("name", COMMANDS, ids=lambda name: name or "evalkit")
WIDTHS = pytest.mark.parametrize("width", [80, 100])
HEADING = re.compile(r"^([A-Z][a-z ]+):$", re.MULTILINE)


def shown(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the help of a command in a terminal of a width."""
    monkeypatch.setenv("COLUMNS", str(width))
    context = click.Context(cli, info_name="evalkit", **cli.context_settings)
    if name:
        context = click.Context(COMMANDS[name], context, info_name=name)
    return context.command.get_help(context)


@EVERY
def test_every_option_stands_under_a_heading(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each option once, under its own heading; headings in their order, and none is empty."""
    text = shown(name, 80, monkeypatch)
    headings = [each for each in HEADING.findall(text) if each not in ("Commands", "Examples")]
    assert headings == [each for each in GROUPS if each in headings]
    assert "Options" not in headings
    sections = dict(zip(HEADING.findall(text), HEADING.split(text)[2::2], strict=True))
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option):
            assert isinstance(option, GroupedOption) or option.name == "version", option.name
            line = re.compile(rf"^  (?:-\w, )?{re.escape(option.opts[-1])}(?: |$)", re.MULTILINE)
            assert line.search(sections[group_of(option)]), option.opts
            assert len(line.findall(text.partition("Examples:")[0])) == 1, option.opts


@EVERY
def test_every_option_is_one_sentence(name: str) -> None:
    for option in COMMANDS[name].params:
        if isinstance(option, click.Option):
            said = re.sub(r"  \[default: [^]]*\]$", "", option.help or "")
            assert said.endswith("."), option.opts
            assert not re.search(r"[.!?:] [A-Z]", said), (option.opts, said)
            assert said[0].isupper() or said[0] == "β", (option.opts, said)
            if option.multiple:
                assert "(repeatable)" in said or str(option.metavar).endswith("…"), option.opts


@EVERY
@WIDTHS
def test_help_fits_the_terminal(name: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(name, width, monkeypatch).splitlines()
    assert max(map(len, lines)) <= width
    assert not any("\N{NO-BREAK SPACE}" in line for line in lines)


@WIDTHS
def test_the_list_of_commands_is_not_cut(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command with its first sentence, whole and short."""
    text = " ".join(shown("", width, monkeypatch).split())
    assert "..." not in text.removeprefix("Usage: evalkit [OPTIONS] COMMAND [ARGS]...")
    for name, command in cli.commands.items():
        sentence = command.get_short_help_str()
        assert f" {name} {sentence} " in text
        assert (command.help or "").startswith(sentence)
        assert len(sentence) <= 70


@EVERY
def test_examples_parse(name: str) -> None:
    """Two examples, which click parses as arguments and options of this very command."""
    command = COMMANDS[name]
    assert isinstance(command, GroupedHelp)
    assert len(command.examples) == 2
    for example in command.examples:
        program, called, *words = shlex.split(example)
        assert program == "evalkit"
        assert not name or called == name
        context = cli.commands[called].make_context(called, words)
        assert not context.args


@EVERY
def test_examples_are_the_end_of_the_help(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    command = COMMANDS[name]
    assert isinstance(command, GroupedHelp)
    text = shown(name, 80, monkeypatch)
    assert text.endswith("Examples:\n" + "\n".join(f"  {each}" for each in command.examples))


def test_an_option_without_a_heading_is_refused() -> None:
    with pytest.raises(TypeError, match="group"):
        GroupedOption(["--metric"])  # type: ignore[call-arg]


def test_report_and_evaluate_share_their_options() -> None:
    """What `evaluate` takes, `report` takes in the same words; `report` adds only its page."""
    report, evaluate = (
        {p.name: p for p in cli.commands[name].params if isinstance(p, click.Option)}
        for name in ("report", "evaluate")
    )
    assert set(report) - set(evaluate) == {
        "flagged",
        "groups",
        "factor",
        "landscape",
        "output",
        "plotly",
        "title",
        *("show", "show_folder", "no_show", "show_limit"),
    }
    assert not set(evaluate) - set(report)
    for key, option in evaluate.items():
        assert (option.opts, option.help) == (report[key].opts, report[key].help)
