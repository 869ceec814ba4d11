"""What commands write: no input is lost, no control character arrives, failures are one line."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import chdir
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import click
import pytest

from evalkit.cli import cli
from evalkit.commands.options import Command, OutputFile

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

HOSTILE = "\x1b]0;own\x07\x1b[2J\x9b\u202e\u2066\u2028\uffff"
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
FORMULA = "=1+1"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of inputs: predictions, costs, rules, a network, and results."""
    from evalkit.cli import main

    folder = tmp_path_factory.mktemp("inputs")
    rows = "".join(f"{i % 2},{i % 2 if i % 7 else 1},{i % 3}\n" for i in range(60))
    (folder / "table.csv").write_text(f"y_true,y_pred,site\n{rows}")
    (folder / "costs.csv").write_text("0,1\n2,0\n")
    (folder / "rules.toml").write_text('[gate]\nrules = ["accuracy >= 0.1"]\n')
    main(["train", "numpy", "--data", "digits", "--epochs", "1", "--output", f"{folder}/net.pkl"])
    rows = "".join(f"{i % 5},{(i * 7) % 11},{i % 2}\n" for i in range(200))
    (folder / "grown.csv").write_text(f"a,b,label\n{rows}")
    words = ["train", "numpy", "--data", "grown.csv", "--target", "label", "--epochs", "1"]
    with chdir(folder):
        main([*words, "--output", "remembers.pkl"])
    shutil.copy(folder / "net.pkl", folder / "net.csv")
    words = ["report", f"{folder}/table.csv", "--output", f"{folder}/page.html"]
    main([*words, "--json", f"{folder}/res.json"])
    return folder


@pytest.fixture
def run(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    inputs: Path,
) -> Run:
    """Run the command line in a folder of inputs."""
    from evalkit.cli import main

    shutil.copytree(inputs, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> tuple[int, str, str]:
        code = 0
        try:
            main([str(word) for word in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capfd.readouterr()
        return code, out, err

    return call


SAME_FILE = (
    ("report", "table.csv", "--output", "table.csv", "--force"),
    ("report", "table.csv", "--output", "./table.csv", "--force"),
    ("report", "table.csv", "--output", "link.csv", "--force"),
    ("report", "link.csv", "--output", "table.csv", "--force"),
    ("report", "hard.csv", "--output", "table.csv", "--force"),
    ("report", "named=table.csv", "--output", "table.csv", "--force"),
    ("report", "--group", "g=t*.csv", "--output", "table.csv", "--force"),
    ("report", "net.pkl", "--output", "net.pkl"),
    ("report", "table.csv", "--json", "table.csv", "--force"),
    ("report", "table.csv", "--costs", "costs.csv", "--output", "costs.csv", "--force"),
    ("report", "table.csv", "--output", "both.html", "--json", "both.html"),
    ("report", "table.csv", "--output", "x", "--state", "x", "--engine", "arrow"),
    ("export", "net.pkl", "--to", "onnx", "--output", "net.pkl"),
    ("predict", "net.csv", "--output", "net.csv"),
    ("predict", "net.pkl", "--data", "table.csv", "--output", "table.csv", "--force"),
    ("report", "remembers.pkl", "--target", "label", "--output", "grown.csv", "--force"),
    ("history", "res.json", "--output", "res.json"),
    ("gate", "res.json", "--rule", "accuracy >= 0.1", "--junit", "res.json"),
    ("gate", "res.json::table", "--rule", "accuracy >= 0.1", "--junit", "res.json"),
    (
        "gate",
        "table.csv",
        "--baseline",
        "res.json",
        "--max-drop",
        "accuracy=1",
        "--junit",
        "res.json",
    ),
    ("gate", "res.json", "--config", "rules.toml", "--markdown", "rules.toml", "--force"),
    ("gate", "res.json", "--rule", "accuracy >= 0.1", "--junit", "x", "--markdown", "x"),
    ("train", "numpy", "--data", "table.csv", "--output", "table.csv", "--force"),
    ("train", "numpy", "--data", "digits", "--resume", "net.pkl", "--output", "net.pkl"),
)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file()
    }


@pytest.mark.parametrize("words", SAME_FILE, ids=" ".join)
def test_no_output_is_an_input_or_another_output(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """One line that names the file; every file as it was, and nothing left behind."""
    (tmp_path / "link.csv").symlink_to("table.csv")
    (tmp_path / "hard.csv").hardlink_to("table.csv")
    before = digests(tmp_path)
    code, out, err = run(*words)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert "is the input" in err or "are the same output file" in err
    assert digests(tmp_path) == before


def test_every_output_option_is_checked() -> None:
    """Every command has the class that checks outputs, and every such option the type of one."""
    for name, command in cli.commands.items():
        assert isinstance(command, Command), name
        for option in command.params:
            if option.name in {"output", "json_path", "junit", "markdown"}:
                assert isinstance(option.type, OutputFile), (name, option.name)


def test_only_one_module_prints() -> None:
    """Commands print through `say` and `show`, which replace control characters."""
    import evalkit

    folder = Path(evalkit.__file__).parent
    printing = {
        path.name
        for path in (*folder.joinpath("commands").glob("*.py"), folder / "cli.py")
        if re.search(r"click\.(echo|secho|style)\(|(?<![.\w>])print\(", path.read_text("utf-8"))
    }
    assert printing == {"terminal.py"}


@pytest.fixture
def hostile(run: Run, tmp_path: Path) -> Run:
    """Names of files, models, classes, columns and slice values that hold escape sequences."""
    names = (f"a{HOSTILE}", f"{FORMULA}{HOSTILE}")
    with (tmp_path / f"h{HOSTILE[1:6]}.jsonl").open("w", encoding="utf-8") as file:
        for i in range(60):
            row = {
                "y_true": names[i % 2],
                "y_pred": names[i % 2 if i % 5 else 0],
                f"site{HOSTILE}": f"v{i % 3}{HOSTILE}",
            }
            file.write(json.dumps(row) + "\n")
    return run


def test_no_escape_sequence_reaches_a_terminal_or_a_file_of_lines(
    hostile: Run, tmp_path: Path
) -> None:
    """Every command and every output, with hostile names of files, classes, columns and slices."""
    (file,) = (path.name for path in tmp_path.glob("h*.jsonl"))
    column = f"site{HOSTILE}"
    model = f"m{HOSTILE}={file}"
    runs: list[tuple[str, ...]] = [
        ("inspect", file),
        *(("evaluate", model, "--format", each) for each in ("table", "json", "markdown", "csv")),
        ("report", model, "table.csv"),
        ("report", f"one={file}", model, "--slice-by", column, "--output", f"o{HOSTILE}.html"),
        *(
            ("report", model, f"two={file}", "--output", f"p-{each}.html", "--format", each)
            for each in ("table", "json", "markdown", "csv")
        ),
        ("report", model, "--slice-by", f"zz{HOSTILE}"),
        ("report", model, "--json", "hostile.json", "--output", "j.html"),
        ("gate", file, "--rule", "recall[*] >= 0.1", "--annotations", "--junit", "j.xml",
         "--markdown", "g.md"),
        ("gate", file, "--rule", f"recall[b{HOSTILE}] >= 0.1"),
        ("history", "hostile.json", "hostile.json", "--output", f"t{HOSTILE}.html"),
        ("predict", "net.pkl", "--output", f"p{HOSTILE}.csv"),
        ("export", "net.pkl", "--to", "safetensors", "--output", f"e{HOSTILE}.safetensors"),
        ("train", "numpy", "--data", "digits", "--epochs", "1", "--output", f"n{HOSTILE}.pkl"),
        ("inspect", f"none{HOSTILE}"),
        (f"none{HOSTILE}",),
        ("report", f"--none{HOSTILE}"),
    ]  # fmt: skip
    for words in runs:
        code, out, err = hostile(*words)
        assert not UNSAFE.search(out), (words, UNSAFE.findall(out))
        assert not UNSAFE.search(err), (words, UNSAFE.findall(err))
        if code == 2:
            assert err.count("\n") == 1, (words, err)
    for name in ("hostile.json", "j.xml", "g.md"):
        written = (tmp_path / name).read_text("utf-8")
        assert not UNSAFE.search(written), (name, UNSAFE.findall(written))
    ET.parse(tmp_path / "j.xml")
    kept = json.loads((tmp_path / "hostile.json").read_text("utf-8"))
    assert sorted(kept["classes"]) == sorted([f"a{HOSTILE}", f"{FORMULA}{HOSTILE}"])


def test_no_cell_of_a_printed_table_is_a_formula(hostile: Run, tmp_path: Path) -> None:
    (file,) = (path.name for path in tmp_path.glob("h*.jsonl"))
    for command in ("evaluate", "report"):
        _, out, _ = hostile(command, f"@SUM(A1)={file}", "--format", "csv")
        cells = [cell for row in csv.reader(io.StringIO(out)) for cell in row]
        assert any(cell.startswith("'=1+1") for cell in cells) or command == "report"
        assert "'@SUM(A1)" in cells
        # Negative numbers are numbers.
        texts = [cell for cell in cells if not re.fullmatch(r"-?[0-9.e-]+", cell)]
        assert not [cell for cell in texts if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


ARGUMENTS = (
    ("report", "table.csv", "--seed", "-1"),
    ("history", "res.json", "--seed", "-1"),
    ("evaluate", f"{'x' * 5000}.csv"),
    ("report", "table.csv", "--output", f"{'x' * 5000}.html"),
    ("gate", "res.json", "--config", "x" * 5000),
    ("predict", "x" * 5000, "--output", "p.csv"),
    ("train", "numpy", "--data", "digits", "--hidden", "1000000000", "--output", "x.pkl"),
    ("train", "numpy", "--data", "digits", "--hidden", f"1{'0' * 4000}", "--output", "x.pkl"),
    ("train", "numpy", "--data", "digits", "--hidden", f"1{'0' * 5000}", "--output", "x.pkl"),
    ("train", "numpy", "--data", "digits", "--seed", "-1", "--output", "x.pkl"),
    ("train", "numpy", "--data", "digits", "--seeds", "1", "--seeds", "1", "--output", "folder"),
    ("evaluate", "table.csv", "--beta", "1e300"),
    ("evaluate", "table.csv", "--beta", "1e-300"),
    ("evaluate", "table.csv", "--beta", "nan"),
    ("evaluate", "table.csv", "--confidence", "nan"),
    ("report", "table.csv", "--factor", "inf"),
    ("report", "table.csv", "--margin", "nan"),
)


@pytest.mark.parametrize("words", ARGUMENTS, ids=lambda words: " ".join(words)[:60])
def test_an_argument_out_of_range_is_one_line(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = digests(tmp_path)
    code, out, err = run(*words)
    assert (code, out, err.count("\n")) == (2, "", 1), (out, err)
    assert digests(tmp_path) == before
    assert not (tmp_path / "folder").exists()


def child(*words: str, **options: object) -> subprocess.Popen[str]:
    """Start the command line in a process of its own."""
    script = "import sys; from evalkit.cli import main; main(sys.argv[1:])"
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-c", script, *words], stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", ["evaluate", "report", "gate", "inspect", "history"])
def test_a_full_standard_output_is_one_line(run: Run, tmp_path: Path, command: str) -> None:
    words = {"gate": ("res.json", "--rule", "accuracy >= 0.1"), "history": ("res.json",)}
    with open("/dev/full", "w") as full:  # noqa: PTH123
        stopped = child(command, *words.get(command, ("table.csv",)), cwd=tmp_path, stdout=full)
        _, err = stopped.communicate()
    assert (stopped.returncode, err.count("\n")) == (2, 1), err
    assert "standard output" in err


def test_a_closed_standard_output_is_one_line(run: Run, tmp_path: Path) -> None:
    """Closed from the beginning, and closed by a reader that has seen enough."""
    closed = child("evaluate", "table.csv", cwd=tmp_path, preexec_fn=lambda: os.close(1))
    _, err = closed.communicate()
    assert (closed.returncode, err.count("\n")) == (2, 1), err
    read, write = os.pipe()
    os.close(read)
    broken = child("evaluate", "table.csv", cwd=tmp_path, stdout=write)
    os.close(write)
    _, err = broken.communicate()
    assert (broken.returncode, err.count("\n")) == (2, 1), err


def test_a_narrow_locale_replaces_characters(run: Run, tmp_path: Path) -> None:
    narrow = child(
        "evaluate",
        "table.csv",
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    out, err = narrow.communicate()
    assert (narrow.returncode, err) == (0, "")
    assert "accuracy" in out


def test_an_interrupt_is_one_line(run: Run, tmp_path: Path) -> None:
    """Exit code 130, no traceback, no empty line, and no half-written file."""
    before = digests(tmp_path)
    reading, writing = os.pipe()
    script = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from evalkit.compare.comparison import Comparison\n"
        "def stop(*_, **__):\n"
        f"    os.write({writing}, b'x')\n"
        "    signal.pause()\n"
        "Comparison.save_html = stop\n"
        "from evalkit.cli import main\n"
        "main(['report', 'table.csv', '--output', 'new.html'])\n"
    )
    stopped = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[writing],
    )
    os.close(writing)
    assert os.read(reading, 1) == b"x", stopped.communicate()
    stopped.send_signal(signal.SIGINT)
    out, err = stopped.communicate()
    assert (stopped.returncode, out) == (130, "")
    assert err == "evalkit: Interrupted. Nothing more was written.\n"
    assert digests(tmp_path) == before
    os.close(reading)


def test_interrupts_do_not_print_through_click() -> None:
    """Click prints an empty line at a KeyboardInterrupt; commands never raise one to it."""

    @click.command(cls=Command)
    def stops() -> None:
        raise KeyboardInterrupt

    from evalkit.commands.options import Interrupted

    with pytest.raises(Interrupted):
        stops.main([], standalone_mode=False)
