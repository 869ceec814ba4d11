"""Progress bars: on a terminal alone, on standard error alone, and gone when the work is done."""

from __future__ import annotations

import io
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evalkit.commands.bars import progress_bars
from evalkit.progress import task

if TYPE_CHECKING:
    from collections.abc import Mapping

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
WORK = """
from evalkit.commands import bars
from evalkit.commands.bars import progress_bars
from evalkit.progress import task, track
bars.INTERVAL = 0.0
with progress_bars():
    with task("Counting", 3_000, unit="rows") as advance:
        advance(1_000)
        for _ in track("ab", "Reading"):
            pass
        advance(2_000, note="nearly done")
    print("result")
"""


def in_terminal(
    script: str, *, interrupted_at: str = "", **environment: str
) -> tuple[int, str, str]:
    """Run Python with standard error on a pseudo-terminal: exit code, output, what it showed."""
    ours, theirs = pty.openpty()
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        env={**kept, "TERM": "xterm", "COLUMNS": "80", "LINES": "24", **environment},
    )
    os.close(theirs)
    drawn = b""
    while True:
        try:
            read = os.read(ours, 1 << 16)
        except OSError:  # Linux says so when the other end is closed.
            break
        if not read:
            break
        drawn += read
        if interrupted_at and interrupted_at.encode() in drawn:
            process.send_signal(signal.SIGINT)
            interrupted_at = ""
    out, _ = process.communicate()
    os.close(ours)
    return process.returncode, out, drawn.decode()


def screen(drawn: str) -> list[str]:
    """Return the lines that stand on a screen after these characters."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", drawn):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\r":
            column = 0
        elif part.endswith("A") and part.startswith("\x1b"):
            row -= int(part[2:-1] or 1)
        elif part == "\x1b[2K":
            lines[row] = ""
        elif not part.startswith("\x1b"):
            lines[row] = f"{lines[row][:column]:<{column}}{part}{lines[row][column + len(part) :]}"
            column += len(part)
    return [line.rstrip() for line in lines]


def test_the_screen_is_read_as_a_terminal_draws_it() -> None:
    assert screen("one\r\ntwo\r\x1b[1Aon\r\n\x1b[2Kthree") == ["one", "three"]


def test_a_terminal_shows_bars_and_nothing_remains() -> None:
    code, out, drawn = in_terminal(WORK)
    assert (code, out) == (0, "result\n")
    for part in ("Counting", "Reading", "nearly done", HIDE):
        assert part in drawn
    assert not any(screen(drawn))
    assert drawn.rindex(SHOW) > drawn.rindex(HIDE)


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_bars_can_be_turned_off(variable: Mapping[str, str]) -> None:
    assert in_terminal(WORK, **variable) == (0, "result\n", "")


def test_a_pipe_shows_nothing_and_loads_no_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress_bars(), task("Counting", 3) as advance:
        advance(note="one")
    assert pipe.getvalue() == ""
    done = subprocess.run(
        [sys.executable, "-c", f"{WORK}\nimport sys\nprint('rich' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("result\nFalse\n", "")


def test_an_interrupt_leaves_a_clean_terminal() -> None:
    """The bar is erased, the cursor is back, and one line says what happened."""
    script = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from evalkit.compare import from_files as files
from evalkit.progress import task
def waiting(*_, **__):
    with task("Waiting", 2) as advance:
        advance(note="waits for a signal")
        while True:
            signal.pause()
files.evaluations_from_files = waiting
from evalkit.cli import main
main(["evaluate", "a.csv"])
"""
    code, out, drawn = in_terminal(script, interrupted_at="waits for a signal")
    assert (code, out) == (130, "")
    assert drawn.rindex(SHOW) > drawn.rindex(HIDE)
    assert [line for line in screen(drawn) if line] == [
        "evalkit: Interrupted. Nothing more was written."
    ]


def test_training_is_one_line_on_a_terminal(tmp_path: Path) -> None:
    """Epoch, losses and rate are shown in one line of 80 columns, and erased at the end."""
    script = f"""
from evalkit.cli import main
from evalkit.commands import bars
bars.INTERVAL = 0.0
main(["train", "numpy", "--data", "digits", "--epochs", "12", "--output", "{tmp_path}/n.pkl"])
"""
    code, out, drawn = in_terminal(script)
    assert code == 0
    assert out.startswith(f"{tmp_path}/n.pkl: epoch ")
    plain = re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", drawn)
    shown = re.findall(r"[^\r\n]*epoch \d+/12[^\r\n]*", plain)
    assert shown
    line = re.compile(
        r"(?:\S )?numpy \S+ epoch \d+/12, loss \d\.\d{4}, validation \d\.\d{4}, rate 0\.1 [-\d:]{5}"
    )
    for each in shown:
        assert line.fullmatch(each.strip()), each
        assert len(each.rstrip()) <= 80
    assert not any(screen(drawn))


def test_training_in_a_pipe_is_silent(tmp_path: Path) -> None:
    words = ["train", "numpy", "--data", "digits", "--epochs", "2", "--output", "n.pkl"]
    script = f"from evalkit.cli import main; main({words!r})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.startswith("n.pkl: epoch ")
    assert Path(tmp_path / "n.pkl").exists()


def test_only_the_commands_know_how_progress_is_shown() -> None:
    """Code that works reports to `evalkit.progress`, which imports nothing of evalkit or rich."""
    import evalkit

    folder = Path(evalkit.__file__).parent
    drawing = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if "rich.progress" in path.read_text("utf-8")
    }
    assert drawing == {"commands/bars.py"}
    source = (folder / "progress.py").read_text("utf-8")
    assert not re.search(r"^\s*(?:from|import) (?:rich|evalkit)", source, re.MULTILINE)
