"""Results of runs with known accuracies, as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evalkit

WriteRuns = Callable[..., list[Path]]


@pytest.fixture
def write_runs(tmp_path: Path) -> WriteRuns:
    """Write a results.json a run; each run gives every model's number of right answers of 900."""

    def write(runs: list[dict[str, int]], **options: Any) -> list[Path]:
        actual = np.arange(900) % 3
        files = []
        for place, run in enumerate(runs):
            evaluations = []
            for name, right in run.items():
                predicted = np.where(np.arange(900) < right, actual, (actual + 1) % 3)
                evaluations.append(
                    evalkit.evaluate(actual, predicted, classes=(0, 1, 2), name=name)
                )
            path = tmp_path / f"run-{place:02d}.json"
            evalkit.compare(evaluations, replicates=200, **options).save_json(path)
            files.append(path)
        return files

    return write
