"""scikit-learn's own tests of its classification and ranking metrics, passed by evalkit's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sklearn = pytest.importorskip("sklearn", minversion="1.9")

MODULES = ("sklearn.metrics.tests.test_classification", "sklearn.metrics.tests.test_ranking")


def test_scikit_learns_tests_pass_with_evalkit_in_its_place(tmp_path: Path) -> None:
    """Every test that reaches evalkit passes, or stands in the plugin's list with its reason."""
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\n", encoding="utf-8")
    here = str(Path(__file__).parent)
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--tb=line", "-c", str(settings)),
            *("-p", "no:cacheprovider", "-p", "scikit_learn_suite", "--pyargs", *MODULES),
        ],
        env={**os.environ, "PYTHONPATH": here},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-2000:]
    summary = re.search(r"reached evalkit: (\d+), passed: (\d+), excepted: (\d+)", finished.stdout)
    assert summary is not None
    reached, passed, excepted = map(int, summary.groups())
    assert passed + excepted == reached
    assert passed >= 370
    assert excepted <= 25
