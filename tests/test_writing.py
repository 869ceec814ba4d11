"""Test atomic writing, and the protection of files that evalkit did not write."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalkit.errors import OutputError
from evalkit.writing import may_replace, write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def test_bytes_arrive(tmp_path: Path) -> None:
    """A new file contains the bytes, and no other file is left in the folder."""
    write_atomically(tmp_path / "report.html", b"new")
    assert (tmp_path / "report.html").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_function_writes_to_the_open_file(tmp_path: Path) -> None:
    """The writes of a function are kept in order."""
    write_atomically(tmp_path / "a", lambda file: [file.write(b"one "), file.write(b"two")])
    assert (tmp_path / "a").read_bytes() == b"one two"


def test_failure_leaves_the_old_file(tmp_path: Path) -> None:
    """If the disk is full halfway, the old file is unchanged and no other file is left."""
    target = tmp_path / "report.html"
    target.write_bytes(b"old")

    def fail(file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device"):
        write_atomically(target, fail)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_interruption_leaves_the_old_file(tmp_path: Path) -> None:
    """An interrupt is re-raised unchanged, and no temporary file is left."""
    target = tmp_path / "report.html"
    target.write_bytes(b"old")

    def stop(file: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(target, stop)
    assert target.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_killed_at_random_moments(tmp_path: Path) -> None:
    """A process killed while writing leaves either the old file or the complete new file."""
    program = (
        "import os, signal, sys\n"
        "from evalkit.writing import write_atomically\n"
        "blocks, last = 64, int(sys.argv[2])\n"
        "def content(file):\n"
        "    for i in range(blocks):\n"
        "        if i == last: file.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
        "        file.write(b'n' * 4096)\n"
        "write_atomically(sys.argv[1], content)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    old, new = b"o" * 5000, b"n" * 4096 * 64
    target = tmp_path / "report.html"
    for last in [*np.random.default_rng(0).integers(0, 64, 4).tolist(), 64]:
        target.write_bytes(old)
        killed = subprocess.run([sys.executable, "-c", program, str(target), str(last)])
        assert killed.returncode == -signal.SIGKILL
        assert target.read_bytes() == (new if last == 64 else old)


@pytest.mark.parametrize("name", ["missing/report.html", "file/report.html", "folder"])
def test_places_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    """Writing into a missing folder, below a file or over a folder raises."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for check in (lambda path: write_atomically(path, b""), may_replace):
        with pytest.raises(OutputError) as raised:
            check(tmp_path / name)
        assert "\n" not in str(raised.value)


def test_link_and_permissions_are_kept(tmp_path: Path) -> None:
    """A symbolic link is followed, and the permissions of its target are kept."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    "content",
    [
        b'<!doctype html><meta name="generator" content="evalkit 1.0">',
        json.dumps({"schema": "evalkit.results"}).encode(),
        b"",
    ],
)
def test_own_files_are_replaced(tmp_path: Path, content: bytes) -> None:
    """A file that names evalkit as its generator, or an empty file, may be replaced."""
    (tmp_path / "a").write_bytes(content)
    may_replace(tmp_path / "a")


def test_other_files_need_force(tmp_path: Path) -> None:
    """A page that only mentions evalkit is protected unless `force` is given."""
    page = tmp_path / "notes.html"
    page.write_text("<p>I compared them with evalkit.</p>")
    with pytest.raises(
        OutputError, match=r"notes\.html exists and was not written by evalkit\. .* --force"
    ):
        may_replace(page)
    may_replace(page, force=True)
    may_replace(tmp_path / "free")
    table = tmp_path / "predictions.csv"
    table.write_text("y_true,y_pred\n")
    with pytest.raises(OutputError, match="or is of a format that does not say who wrote it"):
        may_replace(table)
