"""The fixture in a test suite of somebody else, and what it costs those who do not use it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import evalkit

ROOT = Path(evalkit.__file__).resolve().parents[1]
SUITE = """
import evalkit

LABELS = [0, 1] * 200
GOOD = evalkit.evaluate(LABELS, LABELS, name="good")
BAD = evalkit.evaluate(LABELS, [0, 0] * 200, name="bad")

def test_passes(evalkit_gate):
    evalkit_gate.assert_no_regression(GOOD, GOOD, max_drop={"accuracy": 0.05})

def test_fails(evalkit_gate):
    evalkit_gate.assert_no_regression(BAD, GOOD, max_drop={"accuracy": 0.05})
"""


def test_a_regression_fails_a_test_with_the_table(tmp_path: Path) -> None:
    (tmp_path / "test_model.py").write_text(SUITE)
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(tmp_path)]
    if not is_registered():
        command += ["-p", "evalkit.gate.pytest_plugin"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "gate: fail. bad against good" in done.stdout


def is_registered() -> bool:
    """Whether the installed evalkit names its plugin; an older editable install does not."""
    from importlib.metadata import entry_points

    return any(
        entry.value == "evalkit.gate.pytest_plugin" for entry in entry_points(group="pytest11")
    )


def test_the_plugin_is_named_for_pytest() -> None:
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("there is no checkout around the package")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"evalkit": "evalkit.gate.pytest_plugin"}


def test_collecting_loads_nothing_heavy() -> None:
    program = (
        "import evalkit.gate.pytest_plugin, sys\n"
        "print(*sorted(m for m in sys.modules if m.startswith('evalkit.') or m in "
        "('pandas', 'torch', 'jinja2', 'plotly')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"pandas", "torch", "jinja2", "plotly", "evalkit.gate.decide"}
    assert not any(name.startswith(("evalkit.report", "evalkit.models")) for name in loaded)
