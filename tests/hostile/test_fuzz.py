"""Run a short coverage-guided fuzzing test; ``python -m tests.hostile.fuzz`` runs longer ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def test_fuzzing_finds_nothing(tmp_path: Path) -> None:
    """800 inputs derived from valid files raise no exception other than evalkit's own."""
    pytest.importorskip("atheris")
    command = [sys.executable, "-m", "tests.hostile.fuzz", str(tmp_path), "-runs=800", "-seed=1"]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
