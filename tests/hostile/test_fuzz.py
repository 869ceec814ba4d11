"""A short guided fuzzing run finds nothing; ``python -m tests.hostile.fuzz`` runs a longer one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def test_fuzzing_finds_nothing(tmp_path: Path) -> None:
    """Some hundred seeded inputs, bred from good files, raise nothing but evalkit's own errors."""
    pytest.importorskip("atheris")
    command = [sys.executable, "-m", "tests.hostile.fuzz", str(tmp_path), "-runs=800", "-seed=1"]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
