"""Every block of code in the documentation runs, page by page, and gives what the page shows."""

from __future__ import annotations

import doctest
import io
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import click
import pytest

from evalkit import cli, gate
from tests.docs.pages import DOCS, PAGES, Block, blocks, console_commands

if TYPE_CHECKING:
    from pathlib import Path

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
WITH_CODE = [page for page in PAGES if blocks(page)]
LANGUAGES = {"python", "console", "sh", "text", "toml", "yaml", "json", "csv"}
NOT_OURS = {"pip", "python", "make"}
NUMBER = re.compile(r"\d[\d,.]*")


class Readable(doctest.OutputChecker):
    """Takes a space for a no-break space, which no page shows as such."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return super().check_output(want, got.replace("\N{NO-BREAK SPACE}", " "), optionflags)


def name_of(page: Path) -> str:
    return str(page.relative_to(DOCS))


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_every_block_is_of_a_known_kind(page: Path) -> None:
    """No block escapes the tests by a language that they do not know."""
    assert {block.language for block in blocks(page)} <= LANGUAGES


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_a_page_does_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its Python blocks share their names, its commands an empty folder, as its reader's do."""
    code = [block for block in blocks(page) if not block.skipped]
    if any(
        "torch" in block.text or "evalkit demo" in block.text
        for block in code
        if block.language != "sh"
    ):
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in code:
        where = f"{name_of(page)}, line {block.line}"
        if block.file:
            target = tmp_path / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
            if target.name.startswith("test_"):
                run_tests(block, where)
        elif block.language == "python" and ">>>" in block.text:
            run_examples(block, names, where)
        elif block.language == "python":
            exec(compile(block.text, where, "exec"), names)
        elif block.language == "console":
            run_console(block, where)


def run_tests(block: Block, where: str) -> None:
    """Run the functions of a page's own test file, which may ask for the gate's fixture."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(block.text, where, "exec"), names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests, where
    for test in tests:
        test(gate)


def run_examples(block: Block, names: dict[str, Any], where: str) -> None:
    """Run ``>>>`` examples; names stay for the blocks that follow."""
    test = doctest.DocTestParser().get_doctest(block.text, names, where, where, block.line)
    said = io.StringIO()
    runner = doctest.DocTestRunner(checker=Readable(), optionflags=FLAGS)
    runner.run(test, out=said.write, clear_globs=False)
    names.update(test.globs)
    assert not runner.failures, said.getvalue()


def run_console(block: Block, where: str) -> None:
    """Run evalkit's commands and compare what they say, word for word but not digit for digit.

    Networks trained on another processor have other figures. ``echo $?`` shows the exit code of
    the command before it.
    """
    code: int | str | None = 0
    for command in console_commands(block):
        words = shlex.split(command.line, comments=True)
        if words == ["echo", "$?"]:
            assert str(code) == command.output.strip(), where
            continue
        if words[0] in NOT_OURS:
            continue
        assert words[0] == "evalkit", f"{where}: {command.line} is no command of evalkit's"
        said = io.StringIO()
        code = 0
        with redirect_stdout(said), redirect_stderr(said):
            try:
                cli.main(words[1:])
            except SystemExit as stop:
                code = stop.code or 0
        shown, got = (NUMBER.sub("0", text) for text in (command.output, said.getvalue()))
        if command.output.strip():
            assert Readable().check_output(shown, got, FLAGS), (
                f"{where}: {command.line} says\n{said.getvalue()}"
            )
        else:
            assert code == 0, f"{where}: {command.line} says\n{said.getvalue()}"


@pytest.mark.parametrize("page", WITH_CODE, ids=name_of)
def test_commands_that_are_not_run_are_written_right(page: Path) -> None:
    """Commands that need a cluster, days or a service still name options that there are."""
    for block in blocks(page):
        if block.language == "sh" or (block.language == "console" and block.skipped):
            for line in block.text.replace("\\\n", " ").splitlines():
                alone = re.split(r" (?:\|\||&&|\|) ", line.removeprefix("$ "))[0]
                words = shlex.split(alone, comments=True)
                if words[:1] == ["evalkit"]:
                    assert_parses(words[1:], f"{name_of(page)}, line {block.line}")


def assert_parses(words: list[str], where: str) -> None:
    command: click.Command = cli.cli
    while isinstance(command, click.Group) and words:
        assert words[0] in command.commands, f"{where}: there is no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    try:
        command.make_context(command.name, list(words))
    except click.exceptions.Exit:
        pass
    except click.UsageError as error:
        pytest.fail(f"{where}: {error.format_message()}")
