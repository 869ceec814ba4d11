from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

collect_ignore = ["fuzz.py"]  # needs atheris, and instruments what it imports
ROOT = Path(__file__).parents[2]


def run(module: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a module of this folder on the corpus in a separate process."""
    command = [sys.executable, "-m", f"tests.hostile.{module}", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the hostile files, created by ``make_corpus``."""
    folder = tmp_path_factory.mktemp("hostile")
    made = run("make_corpus", folder)
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="session")
def outcomes(corpus: Path) -> dict[str, dict[str, Any]]:
    """Return the outcome of each file, read under an audit hook and limits."""
    watched = run("watched", corpus)
    assert watched.returncode == 0, watched.stderr[-2000:]
    return {line["file"]: line for line in map(json.loads, watched.stdout.splitlines())}
